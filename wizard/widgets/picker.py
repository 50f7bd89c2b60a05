"""A list to pick from, above the screen, narrowed by typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option


class Picker(ModalScreen[str]):
    """A list to pick from, narrowed by typing; the result is the value picked, empty for none."""

    DEFAULT_CSS = """
    Picker {
        align: center middle;
        background: $background 60%;
        & > Vertical {
            width: 60; max-width: 96%; height: auto; max-height: 85%;
            padding: 1 2; background: $surface; border: round $primary;
        }
        & .title { text-style: bold; color: $text-primary; margin-bottom: 1; }
        & OptionList { height: auto; max-height: 12; margin-top: 1; }
    }
    """
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
