"""How a run ended when it did not end well: the cause, the last lines, the log, and what to do now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static


class OutcomePanel(Vertical):
    """Says it in labelled texts, with a button for each choice."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]

    class Chosen(Message):
        """A choice was made; `key` is its key."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__(id="outcome")

    def compose(self) -> ComposeResult:
        yield Static("", classes="title", markup=False)
        with VerticalScroll(classes="texts"):
            yield Static("", classes="text", markup=False)
        yield Horizontal(classes="buttons")

    async def tell(
        self, title: str, texts: Sequence[tuple[str, str]], choices: Sequence[tuple[str, str]], *, bad: bool
    ) -> None:
        """Show texts (pairs of a label and a text; empty ones are left out) and choices (key and label)."""
        self.set_class(bad, "-bad")
        self.query_one(".title", Static).update(Content(title))
        said = [Content.assemble((f"{label}  ", "$text-muted"), text) for label, text in texts if text]
        self.query_one(".text", Static).update(Content("\n").join(said))
        self.query_one(".texts").scroll_home(animate=False)
        row = self.query_one(".buttons", Horizontal)
        await row.remove_children()
        await row.mount(*(Button(Content(label), id=f"choice-{key}", compact=True) for key, label in choices))
        self.focus_first()

    def focus_first(self) -> None:
        """Begin at the first choice; while the app ends there may be none any more."""
        for button in self.query(Button)[:1]:
            button.focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Chosen((event.button.id or "").removeprefix("choice-")))
