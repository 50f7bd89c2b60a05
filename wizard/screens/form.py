"""A step that is a form: a field for each question that applies, checked as one types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from wizard.screens.base import StepScreen
from wizard.setup.ask import Choice
from wizard.setup.model import Setup
from wizard.setup.problems import Problem
from wizard.setup.questions import Question, questions
from wizard.widgets.answer_field import AnswerField, field_id
from wizard.widgets.choices import Choices
from wizard.widgets.going_on import GoOn
from wizard.widgets.help_line import HelpLine
from wizard.wording import counted


@dataclass(frozen=True)
class Group:
    """Questions under one heading: those whose fields begin with one of `prefixes`."""

    title: str
    prefixes: tuple[str, ...]

    def questions(self) -> list[Question]:
        """In the order of the prefixes, then of their declaration."""
        return [one for prefix in self.prefixes for one in questions() if one.path.startswith(prefix)]


class FormScreen(StepScreen):
    """Shows `groups` of questions; a subclass may put widgets of its own around them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "advanced", "All questions", id="wizard.advanced"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="wizard.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="wizard.page-down"),
    ]
    groups: ClassVar[tuple[Group, ...]] = ()

    def body(self) -> ComposeResult:
        with VerticalScroll(id="form", can_focus=False):
            yield Static(self.intro, classes="intro", markup=False)
            for index, group in enumerate(self.groups):
                yield Static(group.title, classes="group", id=f"group-{index}", markup=False)
                yield from self.before(group)
                for question in group.questions():
                    yield AnswerField(question, self.session.draft)
                yield from self.after(group)
            yield Static("", classes="intro", id="more", markup=False)

    def before(self, group: Group) -> Iterator[Widget]:
        """Widgets of the screen's own that stand before a group's fields."""
        del group
        yield from ()

    def after(self, group: Group) -> Iterator[Widget]:
        """Widgets of the screen's own that stand after a group's fields."""
        del group
        yield from ()

    def on_mount(self) -> None:
        """Begin at the first field."""
        self.show_fields()
        self.call_after_refresh(self._focus_first)

    def on_screen_resume(self) -> None:
        """Show what was changed elsewhere."""
        for field in self.query(AnswerField):
            field.draft = self.session.draft
            field.show_answer()
        self.show_fields()

    def asked(self, question: Question, setup: Setup) -> bool:
        """Whether a question is asked at all, given the answers so far."""
        return question.applies(setup)

    def show_fields(self) -> None:
        """Show the fields that apply, each with its problem or the line that it becomes."""
        setup = self.session.draft.setup
        problems = self._by_field()
        hidden = 0
        for field in self.query(AnswerField):
            question, problem = field.question, problems.get(field.question.path)
            asked = self.asked(question, setup)
            wanted = not question.ask.advanced or self.session.advanced or self._deserves(question, problem)
            field.display = asked and wanted
            hidden += asked and not wanted
            if field.display:
                field.show_hint(problem)
        self._show_headings(hidden)
        self.refresh_bindings()

    def _deserves(self, question: Question, problem: Problem | None) -> bool:
        """An advanced question that has an answer of its own, or something wrong, is shown all the same."""
        return problem is not None or question.show(self.session.draft.setup) != question.show(Setup())

    def _by_field(self) -> dict[str, Problem]:
        found: dict[str, Problem] = {}
        for problem in self.session.problems():
            path = next((one.path for one in questions() if f"{problem.field}.".startswith(f"{one.path}.")), "")
            found.setdefault(path or problem.field, problem)
        return found

    def _show_headings(self, hidden: int) -> None:
        for index, group in enumerate(self.groups):
            shown = any(self.query_one(f"#{field_id(one.path)}").display for one in group.questions())
            self.query_one(f"#group-{index}").display = shown and bool(group.title)
        more = self.query_one("#more", Static)
        more.display = hidden > 0
        more.update(f"{counted(hidden, 'more question')} with sensible answers already: Ctrl+T")

    @on(AnswerField.Changed)
    def _answer_changed(self, event: AnswerField.Changed) -> None:
        self.answer_changed(event.path)

    def answer_changed(self, path: str) -> None:
        """An answer of this screen is another one now."""
        del path
        self.show_fields()
        self.show_frame()
        self.explain_focus()
        self.wizard.keep_draft()

    @on(GoOn)
    def _go_on(self, event: GoOn) -> None:
        event.stop()
        before = self.focused
        chain = [widget for widget in self.focus_chain if widget in self.query("#form *")]
        if before in chain and before is not chain[-1]:
            self.set_focus(chain[chain.index(before) + 1])
        else:
            self.action_next()

    def action_next(self) -> None:
        """Go on, unless something that was typed here cannot be used."""
        for field in self.query(AnswerField):
            if field.display and field.question.path in self.session.draft.typed:
                self.set_focus(field.control)
                problem = self._by_field().get(field.question.path)
                self.notify(str(problem.rule if problem else "cannot be used"), title=field.question.ask.label)
                return
        super().action_next()

    def action_advanced(self) -> None:
        """Show all questions, or only the usual ones."""
        self.session.advanced = not self.session.advanced
        self.show_fields()
        if self.focused is None or not self.focused.is_on_screen:
            self._focus_first()

    def action_page(self, by: int) -> None:
        """Scroll the form by a page."""
        form = self.query_one("#form")
        form.scroll_page_down() if by > 0 else form.scroll_page_up()

    def _focus_first(self) -> None:
        chain = [widget for widget in self.focus_chain if widget in self.query("#form *")]
        if chain and (self.focused is None or self.focused not in chain):
            self.set_focus(chain[0], scroll_visible=False)

    def field(self, path: str) -> AnswerField:
        """The field of a dotted path of this screen."""
        return self.query_one(f"#{field_id(path)}", AnswerField)

    def show_field(self, path: str) -> None:
        """Bring a field into view and focus it; raises nothing for a field that is not here."""
        for field in self.query(AnswerField):
            if f"{path}.".startswith(f"{field.question.path}."):
                self.session.advanced = self.session.advanced or not field.display
                self.show_fields()
                self.set_focus(field.control)
                field.scroll_visible(animate=False)

    @property
    def focused_field(self) -> AnswerField | None:
        """The field that has the focus."""
        here = self.focused
        return next((node for node in here.ancestors if isinstance(node, AnswerField)), None) if here else None

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Explain what has the focus now."""
        del event
        self.explain_focus()

    def explain_focus(self) -> None:
        """Say at the bottom what the focused field is for."""
        field = self.focused_field
        if field is None:
            self.query_one(HelpLine).explain("", self.intro)
            return
        self.query_one(HelpLine).explain(field.question.ask.label, field.question.ask.help)

    @property
    def help_lines(self) -> list[tuple[str, str]]:
        """All that there is to say about the focused field."""
        field = self.focused_field
        if field is None:
            return super().help_lines
        question = field.question
        value, choices = question.show(self.session.draft.setup), question.ask.choices
        return [
            ("", question.ask.help),
            *([("choices", "\n".join(_described(choice) for choice in choices))] if choices else []),
            *([("example", question.ask.example)] if question.ask.example else []),
            ("becomes", question.becomes(self.session.draft.setup)),
            ("in codehub.yaml", question.path),
            ("by command", f"codehub init --set {question.path}={value or '…'}"),
        ]

    @property
    def help_title(self) -> str:
        """The label of the focused field."""
        field = self.focused_field
        return field.question.ask.label if field else super().help_title

    @on(Choices.Changed)
    def _any_choice(self) -> None:
        self.explain_focus()


def _described(choice: Choice) -> str:
    return f"{choice.label}: {choice.description}" if choice.description else choice.label
