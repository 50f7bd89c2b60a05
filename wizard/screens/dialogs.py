"""Small screens above the others: help, questions with a few answers, a terminal too small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Static

MIN_WIDTH, MIN_HEIGHT = 60, 18
"""Columns and rows that the screens need."""


class HelpDialog(ModalScreen[None]):
    """Help as labelled texts."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,enter,q", "dismiss", "Close", id="dialog.close")]

    def __init__(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll():
                for label, text in self._lines:
                    if label:
                        yield Static(label, classes="label", markup=False)
                    yield Static(text, classes="text", markup=False)
        yield Footer(show_command_palette=False)


class Question(ModalScreen[str]):
    """A question with a few answers; the result is the key of one, that of the last for Escape."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_last", "Cancel", id="dialog.cancel"),
        Binding("left,up", "app.focus_previous", "Previous", show=False),
        Binding("right,down", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, title: str, text: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._answers = answers

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="title", markup=False)
            yield Static(self._text, classes="text", markup=False)
            with Horizontal(classes="buttons"):
                for key, label in self._answers:
                    yield Button(Content(label), id=f"answer-{key}", compact=True)
        yield Footer(show_command_palette=False)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss((event.button.id or "").removeprefix("answer-"))

    def action_give_last(self) -> None:
        """Take the last answer, which changes nothing."""
        self.dismiss(self._answers[-1][0])


class TooSmall(ModalScreen[None]):
    """Says what the terminal lacks; it goes by itself when there is room again."""

    CSS_PATH = "dialogs.tcss"

    def compose(self) -> ComposeResult:
        yield Static(
            f"codehub needs a terminal of {MIN_WIDTH} columns and {MIN_HEIGHT} rows. Make this one larger; "
            "your answers stay. Ctrl+Q quits.",
            id="too-small",
            markup=False,
        )
