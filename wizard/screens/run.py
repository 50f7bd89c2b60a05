"""A run as it goes on: a pane for each branch, what to do when it fails, and stopping it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Footer, ProgressBar

from wizard.recent import short_path
from wizard.run.events import Emit, RunFinished
from wizard.run.progress import RunProgress
from wizard.screens.dialogs import HelpDialog, Question
from wizard.screens.engine import TICK, RunEngine
from wizard.screens.jobs import Jobs, sentence
from wizard.screens.pane_keys import PaneKeys
from wizard.screens.repair import offer_repair
from wizard.screens.run_words import HELP, REPAIR, Ending, ending, overall
from wizard.targets.repairing import is_locked
from wizard.targets.session import Preparation, apply, prepare
from wizard.widgets.outcome_panel import OutcomePanel
from wizard.widgets.run_board import RunBoard
from wizard.widgets.run_rows import RunRows
from wizard.widgets.top_line import TopLine

REDRAW, TIMERS = 0.2, 1.0
"""Seconds between two drawings of steps and bars while something happens, and while only time passes.

Logs are added to with every tick.
"""

RUN = "run"
"""The name under which the screen is installed while it has a run."""

CarryOut = Callable[[Preparation, Emit], Awaitable[RunFinished]]
"""Runs a preparation to its end and says what happens by events."""

Again = Callable[[str], Coroutine[Any, Any, Preparation]]
"""Prepares the run once more, from the named step on; from where it stands for an empty name."""


class RunScreen(PaneKeys):
    """Carries a preparation out and shows it. The run goes on when the screen is left, and ends with the app."""

    CSS_PATH = "run.tcss"
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "stop", "Stop", id="run.stop"),
        Binding("ctrl+c", "interrupt", "Stop", show=False, id="run.interrupt"),
        Binding("z", "zoom", "Zoom", id="run.zoom"),
        Binding("f", "follow", "Follow", id="run.follow"),
        Binding("slash", "search", "Find", key_display="/", id="run.search"),
        Binding("t", "tasks", "Tasks", id="run.tasks"),
        Binding("y", "copy", "Copy", id="run.copy"),
        Binding("l", "open_log", "Log", id="run.log"),
        Binding("escape", "leave", "Back", key_display="esc", id="run.leave"),
        Binding("f1", "explain", "Help", id="wizard.help"),
        *(Binding(str(n), f"branch({n})", f"Pane {n}", show=False, id=f"run.branch-{n}") for n in range(1, 10)),
    ]

    def __init__(
        self,
        preparation: Preparation,
        *,
        carry_out: CarryOut = apply,
        again: Again | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._carry_out = carry_out
        self._clock = clock
        self._preparation = preparation
        self._again = again or partial(_prepared_again, preparation)
        self._engine: RunEngine | None = None
        self._jobs: Jobs | None = None
        self._drawn = 0.0
        self._news = False
        self._ending: Ending | None = None

    @property
    def progress(self) -> RunProgress:
        """How far the run is."""
        return self._engine.progress if self._engine else RunProgress()

    @property
    def _in_sight(self) -> bool:
        return self in self.app.screen_stack

    def compose(self) -> ComposeResult:
        yield TopLine("Run", short_path(self._preparation.folder.path))
        with Horizontal(id="overall"):
            yield RunRows()
            yield ProgressBar(100, show_eta=False)
        yield RunBoard()
        yield OutcomePanel()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Begin the run."""
        self._jobs = Jobs(self.app)
        if self.wizard.has_session:
            count = len(self.wizard.steps)
            self.query_one(TopLine).tell(f"{count} of {count} · Run", short_path(self._preparation.folder.path))
        self._begin(self._preparation)
        self.set_interval(TICK, self._tick)

    def on_unmount(self) -> None:
        """Nobody waits for a new plan any more."""
        if self._jobs:
            self._jobs.cancel_all()

    def on_resize(self) -> None:
        """Show one pane or all of them, as there is room."""
        self.query_one(RunBoard).lay_out()

    def _begin(self, preparation: Preparation) -> None:
        self._preparation, self._ending = preparation, None
        self._engine = self.wizard.engine = RunEngine(partial(self._carry_out, preparation), now=self._clock)
        self.remove_class("-ended")
        if not self.app.is_screen_installed(self):
            self.app.install_screen(self, RUN)  # so it is still there when it was left
        self._engine.begin()
        self.refresh_bindings()

    async def _tick(self) -> None:
        engine = self._engine
        if engine is None:
            return
        running = engine.running
        news, now = engine.pump(), self._clock()
        board = self.query_one(RunBoard)
        if engine.progress.branches and not board.shows(engine.progress):
            await board.begin(engine.progress)
        if self._in_sight:
            since = time.monotonic() - self._drawn
            if since >= TIMERS or (since >= REDRAW and (news or self._news)):
                self._show(now)
                self._news = False
            elif news:
                board.show_logs()
                self._news = True
        if not running and self._ending is None:
            self._ending = ending(engine.progress, engine.error, locked=is_locked(self._preparation.plan))
            await self._end(self._ending)

    def _show(self, now: float) -> None:
        self._drawn = time.monotonic()
        stopping = bool(self._engine and self._engine.stopping)
        self.query_one("#overall RunRows", RunRows).tell([overall(self.progress, now, stopping=stopping)])
        self.query_one("#overall ProgressBar", ProgressBar).update(progress=round(100 * self.progress.fraction))
        self.query_one(RunBoard).show_run(now)

    async def _end(self, said: Ending) -> None:
        """The run is over: go on to what came of it, or say why not and what to do."""
        if not self._in_sight:
            self.app.notify(said.title, title="The run has ended", severity="error" if said.bad else "information")
        if not said.well:
            if said.branch:
                self.query_one(RunBoard).choose(said.branch, by_hand=False)
            self.add_class("-ended")
            await self.query_one(OutcomePanel).tell(said.title, said.texts, said.choices, bad=said.bad)
        elif self._in_sight:
            from wizard.screens.done import DoneScreen

            self.app.push_screen(DoneScreen(self._preparation.folder))
        self._show(self._clock())
        self.refresh_bindings()

    @on(OutcomePanel.Chosen)
    def _chosen(self, event: OutcomePanel.Chosen) -> None:
        if event.key == "back":
            self._leave()
        elif event.key == "quit":
            self.app.exit(self._ending.exit_code if self._ending else 0)
        elif event.key == REPAIR and self._jobs is not None:
            self._free_choices(free=False, doing="Asking Helm …")
            offer_repair(self.app, self._jobs, self._preparation, self._repaired, self._cannot_restart)
        elif self._jobs is not None:
            step = event.key.removeprefix("retry-") if event.key.startswith("retry-") else ""
            self._free_choices(free=False)
            self._jobs.start("prepare", lambda _job: self._again(step), self._restart, self._cannot_restart)

    def _repaired(self, *, done: bool) -> None:
        self._free_choices(free=True)
        if done:
            self.post_message(OutcomePanel.Chosen("again"))

    def _restart(self, preparation: Preparation) -> None:
        self._free_choices(free=True)
        self._begin(preparation)

    def _cannot_restart(self, error: Exception) -> None:
        self._free_choices(free=True)
        self.app.notify(sentence(error), title="It cannot be tried again yet", severity="error", timeout=20)

    def _free_choices(self, *, free: bool, doing: str = "Looking at what is to be done …") -> None:
        panel = self.query_one(OutcomePanel)
        panel.disabled = not free
        if free:
            panel.focus_first()
        panel.border_title = "" if free else doing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to stop once the run has ended."""
        del parameters
        return action != "stop" or (self._engine is not None and self._engine.running)

    def action_stop(self) -> None:
        """Ask, then end everything that the run started."""
        engine = self._engine
        if engine is None or not engine.running or engine.stopping:
            return
        self.app.push_screen(
            Question(
                "Stop the run?",
                "What runs is ended, with everything that it started. The next run goes on from the first step that "
                "is not done.",
                (("stop", "Stop it"), ("stay", "Let it run")),
            ),
            self._stop_answered,
        )

    def action_interrupt(self) -> None:
        """Ctrl+C: copy what is selected, else stop."""
        if self.get_selected_text():
            self.action_copy_text()
        else:
            self.action_stop()

    def _stop_answered(self, answer: str | None) -> None:
        if answer == "stop" and self._engine is not None:
            self._engine.cancel()
            self._show(self._clock())
        elif answer == "leave":
            self._leave()

    def action_leave(self) -> None:
        """Go back; while the run goes on, ask what becomes of it."""
        if self._engine is None or not self._engine.running:
            self._leave()
            return
        self.app.push_screen(
            Question(
                "The run goes on.",
                "You can look at the answers meanwhile; Ctrl+P, “Go to Run” brings you back here.",
                (("leave", "Look at the answers"), ("stop", "Stop the run"), ("stay", "Stay here")),
            ),
            self._stop_answered,
        )

    def _leave(self) -> None:
        self.app.pop_screen()
        if self._engine is None or not self._engine.running:
            self.app.uninstall_screen(self)

    def redraw(self) -> None:
        """Draw anew what a key changed."""
        self._show(self._clock())

    def action_explain(self) -> None:
        """Say what the keys do."""
        self.app.push_screen(HelpDialog("Run", HELP))


def _prepared_again(preparation: Preparation, step: str) -> Coroutine[Any, Any, Preparation]:
    made = preparation.rendering
    return prepare(preparation.folder, setup=made.setup, overwrite=made.overwrite, start_from=step)
