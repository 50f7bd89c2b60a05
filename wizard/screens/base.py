"""What every step of the wizard has: the line at the top, the rail, the help line, and the keys to go on and back."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.types import CSSPathType
from textual.widgets import Footer

from wizard.recent import short_path
from wizard.run.wizard_session import WizardSession
from wizard.screens.jobs import Jobs
from wizard.screens.wizard_app import WizardScreen
from wizard.widgets.help_line import HelpLine
from wizard.widgets.step_rail import RailItem, RailState, StepRail
from wizard.widgets.top_line import TopLine


class StepScreen(WizardScreen):
    """One step; a subclass gives `key`, `intro` and the `body`."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["base.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n,alt+right", "next", "Next", id="wizard.next", key_display="^n"),
        Binding("escape,alt+left", "back", "Back", id="wizard.back", key_display="esc"),
        Binding("f1", "explain", "Help", id="wizard.help"),
    ]

    key: ClassVar[str]
    intro: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.jobs = Jobs(self.app)

    def on_unmount(self) -> None:
        """Let go of what is still under way."""
        self.jobs.cancel_all()

    @property
    def session(self) -> WizardSession:
        """The folder and its answers."""
        return self.wizard.session

    def compose(self) -> ComposeResult:
        yield TopLine()
        with Horizontal(id="frame"):
            yield StepRail()
            with Vertical(id="main"):
                yield from self.body()
        yield HelpLine()
        yield Footer()

    def body(self) -> ComposeResult:
        """The widgets of the step itself; each step has its own."""
        yield from ()

    def on_screen_resume(self) -> None:
        """Bring the frame up to date; answers may have changed on another screen."""
        self.show_frame()

    def show_frame(self) -> None:
        """The line at the top and the rail."""
        steps = self.wizard.steps
        titles = {step.key: step.title for step in steps}
        number = next((index for index, step in enumerate(steps, 1) if step.key == self.key), 0)
        place = f"{number} of {len(steps)} · {titles.get(self.key, '')}"
        self.query_one(TopLine).tell(place, short_path(self.session.folder.path))
        errors = [problem.field for problem in self.session.problems() if problem.level == "error"]
        items = []
        for index, step in enumerate(steps, 1):
            wrong = any(path.startswith(section) for path in errors for section in step.sections)
            state: RailState = "problem" if wrong and (index <= number or self.session.saved) else "ahead"
            if state == "ahead" and index <= number:
                state = "here" if index == number else "done"
            items.append(RailItem(step.key, step.title, state, here=index == number))
        self.query_one(StepRail).tell(items)

    def action_next(self) -> None:
        """Go to the next step."""
        self.wizard.go_next(self.key)

    def action_back(self) -> None:
        """Go to the step before; every answer stays."""
        self.wizard.go_back(self.key)

    def action_explain(self) -> None:
        """Open the help of this step."""
        from wizard.screens.dialogs import HelpDialog

        self.app.push_screen(HelpDialog(self.help_title, self.help_lines))

    @property
    def help_title(self) -> str:
        """Heading of the help."""
        return self.query_one(TopLine).where

    @property
    def help_lines(self) -> list[tuple[str, str]]:
        """Help as pairs of a label and a text."""
        return [("", self.intro)]

    def show_field(self, path: str) -> None:
        """Bring a field into view and focus it; a screen without fields has nothing to show."""

    @on(StepRail.Chosen)
    def _rail_chosen(self, event: StepRail.Chosen) -> None:
        self.wizard.go_to(event.key)
