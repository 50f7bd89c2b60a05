"""The line that an answer is typed into."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from wizard.setup.draft import MAX_TYPED
from wizard.widgets.going_on import GoOn


class AnswerInput(Input):
    """A line of text; a paste of several lines becomes a list, one far too long is cut."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Accept and go on", show=False, id="input.accept"),
        Binding("down", "pick", "Pick from a list", show=False, id="input.pick"),
    ]

    class Pick(Message):
        """A list to pick from is wanted."""

    def __init__(
        self,
        value: str = "",
        *,
        example: str = "",
        id: str | None = None,  # noqa: A002 - textual's name
        password: bool = False,
        several: bool = False,
    ) -> None:
        super().__init__(
            value,
            placeholder=f"for example {example}" if example else "",
            id=id,
            password=password,
            compact=True,
            max_length=MAX_TYPED,
            select_on_focus=False,
        )
        self._several = several

    def action_go_on(self) -> None:
        """Accept what is typed."""
        self.post_message(GoOn())

    def action_pick(self) -> None:
        """Ask for a list to pick from."""
        self.post_message(self.Pick())

    def _on_paste(self, event: events.Paste) -> None:
        # Textual's own handler takes the first line only, and is slow with megabytes.
        event.prevent_default()
        event.stop()
        lines = [line.strip() for line in event.text[:MAX_TYPED].splitlines() if line.strip()]
        text = (", " if self._several else " ").join(lines)
        room = MAX_TYPED - len(self.value) + len(self.selected_text)
        self.replace(text[: max(0, room)], *sorted(self.selection))
        if len(event.text) > MAX_TYPED:
            self.app.notify(f"Only the first {MAX_TYPED:,} characters were taken.", severity="warning")
