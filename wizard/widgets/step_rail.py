"""The list of the wizard's steps on the left: which are behind, which is here, which have something to mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

RailState = Literal["done", "here", "problem", "ahead"]
_MARKS: dict[RailState, tuple[str, str]] = {
    "done": ("✓", "$text-success"),
    "here": ("▸", "bold $text-primary"),
    "problem": ("✖", "$text-error"),
    "ahead": ("·", "$text-muted"),
}


@dataclass(frozen=True)
class RailItem:
    """One step as the rail shows it."""

    key: str
    title: str
    state: RailState
    here: bool = False


class StepRail(Widget):
    """Shows the steps; a click goes to one. By keyboard the palette does that."""

    DEFAULT_CSS = """
    StepRail { width: 22; height: 1fr; padding: 1 1; border-right: solid $panel; color: $text; }
    """

    class Chosen(Message):
        """A step was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__()
        self._items: tuple[RailItem, ...] = ()

    def tell(self, items: Sequence[RailItem]) -> None:
        """Show other states."""
        self._items = tuple(items)
        self.refresh()

    def render(self) -> Content:
        """A line for each step."""
        return Content("\n").join(self._line(number, item) for number, item in enumerate(self._items, 1))

    def on_click(self, event: events.Click) -> None:
        """Go to the step that was clicked."""
        if 0 <= event.y - 1 < len(self._items):
            self.post_message(self.Chosen(self._items[event.y - 1].key))

    def _line(self, number: int, item: RailItem) -> Content:
        mark, style = _MARKS[item.state]
        title_style = "bold reverse" if item.here else ("$text-muted" if item.state == "ahead" else "")
        return Content.assemble((f"{mark} ", style), (f"{number} {item.title}".ljust(16), title_style))
