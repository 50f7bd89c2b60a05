"""One choice out of a few: arrows choose, Enter goes on; told apart by marks, not by colour."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from wizard.setup.ask import Choice
from wizard.widgets.going_on import GoOn

YES_NO = (Choice("true", "yes"), Choice("false", "no"))


class Choices(Widget, can_focus=True):
    """The choices with their descriptions below each other, or in one line where they have none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,left", "choose(-1)", "Previous choice", show=False, id="choices.previous"),
        Binding("down,right", "choose(1)", "Next choice", show=False, id="choices.next"),
        Binding("space", "choose(1)", "Next choice", show=False, id="choices.change"),
        Binding("enter", "go_on", "Accept and go on", show=False, id="choices.accept"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choices--chosen", "choices--description"}
    DEFAULT_CSS = """
    Choices {
        height: auto;
        width: 1fr;
        & > .choices--chosen { text-style: bold; color: $text-primary; }
        & > .choices--description { color: $text-muted; }
        &:focus > .choices--chosen { text-style: bold reverse; }
    }
    """

    chosen: reactive[str] = reactive("", init=False)

    class Changed(Message):
        """Another choice was made."""

        def __init__(self, choices: Choices, value: str) -> None:
            super().__init__()
            self.choices = choices
            self.value = value

        @property
        def control(self) -> Choices:
            return self.choices

    def __init__(self, choices: Sequence[Choice], chosen: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.choices = tuple(choices)
        self.set_reactive(Choices.chosen, chosen)

    @property
    def _in_one_line(self) -> bool:
        return not any(choice.description for choice in self.choices)

    def watch_chosen(self, value: str) -> None:
        """Tell of another choice."""
        self.post_message(self.Changed(self, value))

    def action_choose(self, step: int) -> None:
        """Choose the next or the previous one, round and round."""
        values = [choice.value for choice in self.choices]
        here = values.index(self.chosen) if self.chosen in values else -max(step, 0)
        self.chosen = values[(here + step) % len(values)]

    def action_go_on(self) -> None:
        """Accept what is chosen."""
        self.post_message(GoOn())

    def on_click(self, event: events.Click) -> None:
        """Choose what is under the pointer."""
        for choice, x, y, width, height in self._places(self.content_size.width):
            if y <= event.y < y + height and x <= event.x < x + width:
                self.chosen = choice.value
                return

    def render(self) -> Content:
        """The choices with a mark before each."""
        blank = " "
        if self._in_one_line:
            return Content("   ").join(self._named(choice) for choice in self.choices)
        column, lines = self._column, []
        for choice in self.choices:
            first, *more = self._described(choice, self.content_size.width)
            style = self.get_visual_style("choices--description")
            name = self._named(choice)
            lines.append(Content.assemble(name, blank * (column - name.cell_length), (first, style)))
            lines += [Content.assemble(blank * column, (line, style)) for line in more]
        return Content("\n").join(lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - textual's
        """Lines that the choices need at a width."""
        return sum(height for *_, height in self._places(width)) if not self._in_one_line else 1

    @property
    def _column(self) -> int:
        return max(len(choice.label) for choice in self.choices) + 6

    def _named(self, choice: Choice) -> Content:
        chosen = choice.value == self.chosen
        style = self.get_visual_style("choices--chosen") if chosen else ""
        return Content.assemble((f"{'(•)' if chosen else '( )'} {choice.label}", style))

    def _described(self, choice: Choice, width: int) -> list[str]:
        return textwrap.wrap(choice.description, max(10, width - self._column)) or [""]

    def _places(self, width: int) -> list[tuple[Choice, int, int, int, int]]:
        """Each choice with the x, y, width and height of where it is shown."""
        places, at = [], 0
        for choice in self.choices:
            if self._in_one_line:
                places.append((choice, at, 0, len(choice.label) + 4, 1))
                at += len(choice.label) + 7
            else:
                height = len(self._described(choice, width))
                places.append((choice, 0, at, width, height))
                at += height
        return places
