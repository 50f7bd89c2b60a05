"""Everything before anything happens: the files, the plan, what is wrong, and a picture of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import OptionList, Static, Tab, TabbedContent, TabPane
from textual.widgets.option_list import Option

from wizard.errors import CodehubError
from wizard.render.picture import picture
from wizard.run.wizard_session import CLIENT_SECRET
from wizard.screens import cluster_diff
from wizard.screens.base import StepScreen
from wizard.screens.jobs import Job, sentence
from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers, Problem
from wizard.setup.questions import question
from wizard.widgets.diff_view import DiffView
from wizard.widgets.file_tree import MARKS, FileTree
from wizard.widgets.help_line import HelpLine
from wizard.widgets.plan_view import PlanView
from wizard.wording import counted

if TYPE_CHECKING:
    from wizard.run.changes import FileChange
    from wizard.targets.session import Preparation

_ABOUT = {
    "files": "What would be written. 1 to 4 or the arrows change the tab.",
    "plan": "What a run would do now, and why. Ctrl+R saves and runs.",
    "problems": "What is wrong with the answers. A warning keeps nobody from running.",
    "picture": "What will exist, as the answers have it.",
}
_PLANNING = "finding out what is there already …"


class ReviewScreen(StepScreen):
    """Looks, and writes nothing before it is told to."""

    key = "review"
    intro = "What would be written and done. Nothing has happened yet."
    CSS_PATH: ClassVar[CSSPathType | None] = ["base.tcss", "review.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run", "Run", id="review.run"),
        Binding("ctrl+s", "save", "Save only", id="review.save"),
        Binding("ctrl+y", "commands", "Commands", id="review.copy"),
        Binding("o", "overwrite", "Keep/overwrite", id="review.overwrite"),
        *(
            Binding(str(number), f"tab('{name}')", name, show=False, id=f"review.{name}")
            for number, name in enumerate(("files", "plan", "problems", "picture"), 1)
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._preparation: Preparation | None = None
        self._problems: list[Problem] = []
        self._refused: Exception | None = None
        self._run_when_planned = False

    def body(self) -> ComposeResult:
        # Set from the beginning: what is set while the tabs are being made is lost.
        broken = any(problem.level == "error" for problem in self.session.problems())
        with TabbedContent(id="tabs", initial="problems" if broken else "files"):
            with TabPane("1 Files", id="files"):
                yield Static("", id="files-summary", markup=False)
                with Horizontal(id="files-split"):
                    yield FileTree()
                    yield DiffView(id="diff")
            with TabPane("2 Plan", id="plan"):
                yield PlanView()
            with TabPane("3 Problems", id="problems"), Vertical():
                yield Static("", id="problems-summary", markup=False)
                yield OptionList(id="problem-list", markup=False)
            with TabPane("4 Picture", id="picture"), VerticalScroll(id="picture-scroll"):
                yield Static("", id="picture-text", markup=False)

    def on_screen_resume(self) -> None:
        """Look anew each time: the answers, the files or the cluster may be others now."""
        self.call_after_refresh(self.look)

    def look(self) -> None:
        """Show what the answers come to; files and plan follow when they are known."""
        self._preparation = self._refused = None
        self.jobs.cancel(cluster_diff.JOB)
        self._run_when_planned = False
        self._problems = self.session.problems()
        errors = [problem for problem in self._problems if problem.level == "error"]
        self._show_problems()
        self.query_one("#picture-text", Static).update(Content("\n".join(picture(self.session.draft.setup))))
        self.query_one(PlanView).say(_PLANNING)
        if errors:
            self._refuse(InvalidAnswers(str(self.session.folder.answers), errors))
            self.action_tab("problems")
            return
        if self.query_one(TabbedContent).active == "problems" and not self._problems:
            self.action_tab("files")
        self.jobs.start("plan", self._prepare, self._show_plan, self._refuse)

    async def _prepare(self, job: Job) -> Preparation:
        from wizard.targets.session import prepare, rendering

        session = self.session
        setup, overwrite, secret = session.draft.setup, sorted(session.overwrite), session.client_secret
        made = rendering(session.folder, setup=setup, overwrite=overwrite, client_secret=secret)
        job.tell(self._show_files, (session.answers_change(setup), *made.changes))
        return await prepare(session.folder, setup=setup, overwrite=overwrite, client_secret=secret)

    def _show_files(self, changes: Sequence[FileChange]) -> None:
        self.query_one(FileTree).tell(changes, self.session.overwrite)
        counts = {kind: sum(change.kind == kind for change in changes) for kind in MARKS}
        parts = [f"{MARKS[kind][0]} {count} {MARKS[kind][2]}" for kind, count in counts.items() if count]
        self.query_one("#files-summary", Static).update(" · ".join(parts))

    def _show_plan(self, preparation: Preparation) -> None:
        self._preparation = preparation
        if self._run_when_planned:
            self.action_run()
        self.query_one(PlanView).show(preparation.plan, preparation.rendering.notices)
        cluster_diff.ask_cluster(self.query_one(PlanView), self.jobs, preparation)
        self.refresh_bindings()

    def _refuse(self, error: Exception) -> None:
        """There is no plan; say why. The answers can be saved all the same where they are sound."""
        self._refused, self._run_when_planned = error, False
        text = sentence(error)
        if isinstance(error, CodehubError):
            text = "\n\n".join(part for part in (error.what, error.why, error.fix) if part)
        self.query_one(PlanView).say(f"There is no plan yet.\n\n{text}")
        self.refresh_bindings()

    def _show_problems(self) -> None:
        errors = sum(problem.level == "error" for problem in self._problems)
        warnings = len(self._problems) - errors
        parts = [counted(errors, "problem")] * bool(errors) + [counted(warnings, "warning")] * bool(warnings)
        summary = (
            " and ".join(parts) + "; Enter goes to the field." if parts else "✓ Nothing is wrong with the answers."
        )
        self.query_one("#problems-summary", Static).update(summary)
        tab = self.query_one(TabbedContent).get_tab("problems")
        tab.label = f"3 Problems ({len(self._problems)})" if parts else "3 Problems"
        # Textual draws the line below an active tab before the new label has its width; once more afterwards.
        self.call_after_refresh(tab.post_message, Tab.Relabelled(tab))
        options = self.query_one("#problem-list", OptionList)
        options.display = bool(parts)
        options.clear_options()
        options.add_options(_problem_line(problem) for problem in self._problems)

    @on(OptionList.OptionSelected, "#problem-list")
    def _jump(self, event: OptionList.OptionSelected) -> None:
        self.wizard.go_to_field(self._problems[event.option_index].field)

    @on(FileTree.Shown)
    def _file_shown(self, event: FileTree.Shown) -> None:
        change = event.change
        words = "will be overwritten" if change.path in self.session.overwrite else MARKS[change.kind][2]
        self.query_one("#diff", DiffView).show(f"{change.path}: {words}", change.diff)
        asks = " o chooses whether to keep yours or to overwrite it." if change.asks else ""
        self.query_one(HelpLine).explain(change.path, f"{words}.{asks}")
        self.refresh_bindings()

    @property
    def _change(self) -> FileChange | None:
        if self.query_one(TabbedContent).active != "files":
            return None
        return self.query_one(FileTree).change_here

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done now."""
        del parameters
        if not self.is_mounted:
            return True
        if action == "overwrite":
            change = self._change
            return change is not None and change.asks
        return action != "next"

    def action_tab(self, name: str) -> None:
        """Show another tab."""
        self.query_one(TabbedContent).active = name

    @on(TabbedContent.TabActivated)
    def _tab_shown(self, event: TabbedContent.TabActivated) -> None:
        if event.pane.id != self.query_one(TabbedContent).active:
            return  # another one was asked for since; to focus in this one would bring it back
        if event.pane.id == "problems":
            self.query_one("#problem-list").focus()
        elif event.pane.id == "files":
            self.query_one(FileTree).focus()
        elif event.pane.id == "plan":
            self.query_one(PlanView).focus()
        else:
            self.query_one("#picture-scroll").focus()
        self.query_one(HelpLine).explain("", _ABOUT[str(event.pane.id)])
        self.refresh_bindings()

    def action_overwrite(self) -> None:
        """Keep the person's version of a file, or give it up."""
        change = self._change
        if change is not None and change.asks:
            self.session.overwrite ^= {change.path}
            self.look()

    def action_save(self) -> None:
        """Write the files and do nothing else."""
        if self._sound():
            self.jobs.start("save", self._write_all, self._saved, self._not_saved)

    async def _write_all(self, _job: Job) -> Setup:
        from wizard.run.lock import folder_lock
        from wizard.targets.session import rendering, write

        session = self.session
        setup, overwrite, secret = session.draft.setup, sorted(session.overwrite), session.client_secret
        made = rendering(session.folder, setup=setup, overwrite=overwrite, client_secret=secret)
        session.write_answers(setup)
        with folder_lock(session.folder.private):
            write(session.folder, made)
        return setup

    def _saved(self, setup: Setup) -> None:
        from wizard.setup.command import apply_command

        self.session.saved_as(setup)
        self.session.overwrite.clear()
        folder = self.session.folder.path
        self.notify(f"Run it any day with: {apply_command(folder)}", title=f"Saved in {folder}", timeout=10)
        self.look()

    def _not_saved(self, error: Exception) -> None:
        self.notify(sentence(error), title="Not saved", severity="error", timeout=15)

    def _sound(self) -> bool:
        """Whether the answers can be saved; shows the problems where they cannot."""
        if any(problem.level == "error" for problem in self._problems):
            self.action_tab("problems")
            self.notify("Mend the problems first; Enter goes to the field.", severity="warning")
            return False
        return True

    def action_run(self) -> None:
        """Save the answers and carry the plan out."""
        if self.wizard.run_goes_on:
            self.wizard.go_to("run")
            return
        if not self._sound():
            return
        preparation = self._preparation
        if preparation is None:
            self.action_tab("plan")
            self._run_when_planned = self._refused is None
            text = sentence(self._refused) if self._refused else "The run begins as soon as the plan is known."
            self.notify(text, title="There is no plan yet", severity="warning" if self._refused else "information")
            return

        async def save(_job: Job) -> Preparation:
            self.session.write_answers(preparation.rendering.setup)
            return preparation

        self.jobs.start("save", save, self._begin_run, self._not_saved)

    def _begin_run(self, preparation: Preparation) -> None:
        from wizard.screens.run import RunScreen

        self.session.saved_as(preparation.rendering.setup)
        self.app.push_screen(RunScreen(preparation))

    def action_next(self) -> None:
        """The run is the next step."""
        self.action_run()

    def action_commands(self) -> None:
        """Show the commands that do the same, and copy them."""
        from wizard.screens.dialogs import HelpDialog
        from wizard.setup.command import apply_command, init_command

        folder = self.session.folder.path.absolute()
        codehub = [init_command(folder, self.session.draft.setup), apply_command(folder)]
        steps = [step.command for step in self._preparation.plan.steps if step.command] if self._preparation else []
        self.app.copy_to_clipboard("\n".join(codehub))
        lines = [("by codehub, copied", "\n".join(codehub)), ("what it runs", "\n".join(steps))]
        self.app.push_screen(HelpDialog("The same by commands", [line for line in lines if line[1]]))


def _problem_line(problem: Problem) -> Option:
    mark, style = ("✖", "$text-error") if problem.level == "error" else ("!", "$text-warning")
    found = question(problem.field)
    label = "Client secret" if problem.field == CLIENT_SECRET else found.ask.label if found else problem.field
    value = f" ({problem.value})" if problem.value else ""
    first = Content.assemble((f"{mark} ", style), (label, "bold"), f"{value}: {problem.rule}.")
    more = [Content.styled(f"  {problem.fix}", "$text-muted")] if problem.fix else []
    return Option(Content("\n").join([first, *more]))
