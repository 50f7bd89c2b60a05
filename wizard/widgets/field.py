"""The frame of a field: its label, its control, and a hint below that says what the answer becomes or what is wrong."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalGroup
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Label, Static

HintLevel = Literal["", "error", "warning"]


class Field(VerticalGroup):
    """Base of all fields; a subclass makes the control."""

    DEFAULT_CSS = """
    Field {
        margin-bottom: 1;
        padding-left: 1;
        border-left: blank;
        & > .row { height: auto; layout: horizontal; }
        & > .row > .label { width: 25; padding-right: 1; color: $text; }
        & > .hint { height: auto; padding-left: 25; color: $text-muted; }
        & > .hint.-error { color: $text-error; }
        & > .hint.-warning { color: $text-warning; }
        & Input { width: 1fr; background: $surface; }
        & Input:focus { background: $panel; }
        &.-stacked > .row { layout: vertical; }
        &.-stacked > .row > .label { width: 1fr; }
        &.-stacked > .hint { padding-left: 4; }
        &:focus-within { border-left: outer $primary; }
        &:focus-within > .row > .label { text-style: bold; color: $text-primary; }
    }
    """

    def __init__(self, label: str, *, id: str, stacked: bool = False) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self._label = label
        self.set_class(stacked, "-stacked")

    def compose(self) -> ComposeResult:
        with Vertical(classes="row"):
            yield Label(self._label, classes="label", markup=False)
            yield self.make_control()
        yield Static(classes="hint", markup=False)

    @abstractmethod
    def make_control(self) -> Widget:
        """The widget that is focused and typed into."""

    def say(self, text: str, level: HintLevel = "") -> None:
        """Show a hint below the control."""
        hint = self.query_one(".hint", Static)
        hint.set_class(level == "error", "-error")
        hint.set_class(level == "warning", "-warning")
        hint.update(Content({"error": "✖ ", "warning": "! ", "": ""}[level] + text))
