"""Small screens above the others: help, questions with a few answers, a list to pick from, a terminal too small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

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


class Picker(ModalScreen[str]):
    """A list to pick from, narrowed by typing; the result is the value picked, empty for none."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "none", "Cancel", id="dialog.cancel"),
        Binding("down", "to_list", "To the list", show=False),
    ]

    def __init__(self, title: str, values: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._values = values

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="title", markup=False)
            yield Input(placeholder="type to narrow down", compact=True)
            yield OptionList(*self._options(""), markup=False)
        yield Footer(show_command_palette=False)

    def _options(self, words: str) -> list[Option]:
        wanted = words.lower().split()
        return [
            Option(Content.assemble(value, (f"  {note}" if note else "", "dim")), id=str(index))
            for index, (value, note) in enumerate(self._values)
            if all(word in f"{value} {note}".lower() for word in wanted)
        ]

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(self._options(event.value[:200]))
        options.highlighted = 0 if options.option_count else None

    @on(Input.Submitted)
    def _take_first(self) -> None:
        options = self.query_one(OptionList)
        if options.option_count:
            index = options.highlighted or 0
            self._take(options.get_option_at_index(index))

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        self._take(event.option)

    def _take(self, option: Option) -> None:
        self.dismiss(self._values[int(option.id or 0)][0])

    def action_to_list(self) -> None:
        """Leave the line of text for the list."""
        self.query_one(OptionList).focus()

    def action_none(self) -> None:
        """Pick nothing."""
        self.dismiss("")


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
