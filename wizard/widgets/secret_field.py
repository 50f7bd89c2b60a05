"""A field for something secret: typed unseen, kept in memory only."""

from __future__ import annotations

from textual import on
from textual.message import Message
from textual.widgets import Input

from wizard.widgets.answer_input import AnswerInput
from wizard.widgets.field import Field


class SecretField(Field):
    """Posts what is typed; shows nothing of it."""

    class Changed(Message):
        """Something else was typed."""

        def __init__(self, value: str) -> None:
            super().__init__()
            self.value = value

    def make_control(self) -> AnswerInput:
        """A line that shows dots."""
        return AnswerInput(password=True)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))
