"""One question with its answer, which goes into the draft as it is typed."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.message import Message
from textual.widgets import Input

from wizard.setup.draft import Draft
from wizard.setup.problems import Problem
from wizard.setup.questions import Question
from wizard.widgets.answer_input import AnswerInput
from wizard.widgets.choices import YES_NO, Choices
from wizard.widgets.field import Field
from wizard.widgets.picker import Picker


def field_id(path: str) -> str:
    """The widget id of the field of a dotted path."""
    return "field-" + path.replace(".", "-")


class AnswerField(Field):
    """The form of one question; every change goes into the draft at once, valid or not."""

    class Changed(Message):
        """An answer was changed in the draft."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, question: Question, draft: Draft) -> None:
        super().__init__(question.ask.label, id=field_id(question.path), stacked=bool(question.ask.choices))
        self.question = question
        self.draft = draft
        self._offers: tuple[tuple[str, str], ...] = ()

    def make_control(self) -> Choices | AnswerInput:
        """A line to type into, or choices."""
        ask, shown = self.question.ask, self.draft.shown(self.question.path)
        if ask.choices:
            return Choices(ask.choices, shown)
        if self.question.kind == "bool":
            return Choices(YES_NO, shown)
        return AnswerInput(shown, example=ask.example, several=self.question.kind in {"list", "map"})

    @property
    def control(self) -> Choices | AnswerInput:
        """What is focused and typed into."""
        for choices in self.query(Choices):
            return choices
        return self.query_one(AnswerInput)

    def show_answer(self) -> None:
        """Bring the control to what the draft has, as after a change made elsewhere."""
        shown, control = self.draft.shown(self.question.path), self.control
        if isinstance(control, Choices):
            with control.prevent(Choices.Changed):
                control.chosen = shown
        elif control.value != shown:
            with control.prevent(Input.Changed):
                control.value = shown

    def offer(self, values: Sequence[tuple[str, str]]) -> None:
        """Values with a note each that can be picked with the arrow down; any other can still be typed."""
        self._offers = tuple(values)

    def show_hint(self, problem: Problem | None) -> None:
        """Below the control: what is wrong, or the line of the file or command that the answer becomes."""
        if problem is None:
            empty = self.question.show(self.draft.setup) == ""
            picks = f"   (↓ {len(self._offers)} to pick from)" if self._offers else ""
            self.say(("→ left out" if empty else f"→ {self.question.becomes(self.draft.setup)}") + picks)
            return
        sentence = problem.rule[:1].upper() + problem.rule[1:]
        self.say(f"{sentence.rstrip('.')}. {problem.fix}".rstrip(), problem.level)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._take(event.value)

    @on(Choices.Changed)
    def _chosen(self, event: Choices.Changed) -> None:
        event.stop()
        self._take(event.value)

    @on(AnswerInput.Pick)
    def _pick(self, event: AnswerInput.Pick) -> None:
        event.stop()
        if self._offers:
            self.app.push_screen(Picker(self.question.ask.label, self._offers), self._picked)

    def _picked(self, value: str | None) -> None:
        if value:
            self.query_one(AnswerInput).value = value

    def _take(self, text: str) -> None:
        if text != self.draft.shown(self.question.path):
            self.draft.enter(self.question.path, text)
            self.post_message(self.Changed(self.question.path))
