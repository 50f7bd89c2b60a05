"""The app as its screens know it: the session, going from step to step, and keeping the draft."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App
from textual.screen import Screen
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from wizard.errors import CodehubError
from wizard.screens.steps import STEPS, WizardStep, step_of_field, steps_for

if TYPE_CHECKING:
    from wizard.run.wizard_session import WizardSession
    from wizard.screens.base import StepScreen
    from wizard.screens.engine import RunEngine
    from wizard.screens.run import RunScreen

KEEP_AFTER = 0.5
"""Seconds without a change after which the draft is written to the disk."""


class WizardApp(App[int]):
    """Holds the session and the screens of its steps; a screen is made when it is first gone to."""

    session: WizardSession

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder.absolute()
        self.engine: RunEngine | None = None
        self._screens: dict[str, StepScreen] = {}
        self._keeping: Timer | None = None
        self._cannot_keep = ""

    @property
    def has_session(self) -> bool:
        """Whether a folder has been opened."""
        return hasattr(self, "session")

    @property
    def run_goes_on(self) -> bool:
        """Whether a run is at work, whichever screen is shown."""
        return self.engine is not None and self.engine.running

    def on_unmount(self) -> None:
        """The app ends: so does everything that a run started."""
        if self.engine is not None:
            self.engine.stop()

    def begin(self, session: WizardSession, at: str = "checks") -> None:
        """Go to a step with a session; the screens of an earlier one are forgotten."""
        for key in self._screens:
            self.uninstall_screen(key)
        self._screens = {}
        self.session = session
        self.push_screen(self._screen(next(step for step in STEPS if step.key == at)))

    @property
    def steps(self) -> tuple[WizardStep, ...]:
        """The steps that apply to the answers so far."""
        return steps_for(self.session.draft.setup)

    def go_to(self, key: str) -> None:
        """Go to a step; those above it, such as a run that ended, are left. To the run only while there is one."""
        if key == "run":
            if self.run_goes_on and self.is_screen_installed(key) and self.get_screen(key) not in self.screen_stack:
                self.push_screen(key)
            return
        step = next((step for step in self.steps if step.key == key and step.place), None)
        if step is None:
            return
        while not self._is_step(self.screen):
            if len(self.screen_stack) == 1:
                self.push_screen(self._screen(step))
                return
            self.pop_screen()
        target = self._screen(step)
        if target is not self.screen:
            self.switch_screen(target)

    def show_run(self, screen: RunScreen) -> None:
        """Show a new run in place of this screen; an earlier one that has ended goes, with what was opened from it."""
        if self.run_goes_on:
            self.notify("It can begin when that one is over.", title="A run goes on", severity="warning")
            return
        self.pop_screen()
        while self.is_screen_installed("run") and self.get_screen("run") in self.screen_stack:
            self.pop_screen()
        if self.is_screen_installed("run"):
            self.uninstall_screen("run")
        self.push_screen(screen)

    def go_next(self, key: str) -> None:
        """Go to the step after one."""
        self._go_beside(key, 1)

    def go_back(self, key: str) -> None:
        """Go to the step before one; before the first is the start screen."""
        self._go_beside(key, -1)

    def go_to_field(self, path: str) -> None:
        """Go to the field of a problem."""
        step = step_of_field(path)
        if step is not None:
            self.go_to(step.key)
            screen = self._screen(step)
            screen.call_after_refresh(screen.show_field, path)

    def keep_draft(self) -> None:
        """Have the draft written soon; called after each change."""
        if self._keeping is not None:
            self._keeping.stop()
        self._keeping = self.set_timer(KEEP_AFTER, self._keep)

    def keep_draft_now(self) -> None:
        """Have a draft that waits to be written, written before anything else reads the folder."""
        if self._keeping is not None:
            self._keeping.stop()
            self._keeping = None
            with contextlib.suppress(CodehubError):  # said when it was typed
                self.session.keep_draft()

    def _keep(self) -> None:
        self._keeping = None
        self.run_worker(self.session.keep_draft, group="draft", thread=True, exit_on_error=False, name="draft")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say once when the draft cannot be kept."""
        if event.worker.name != "draft" or event.state is not WorkerState.ERROR:
            return
        error = event.worker.error
        text = str(error) if isinstance(error, CodehubError) else f"The draft could not be kept: {error}"
        if text != self._cannot_keep:
            self._cannot_keep = text
            self.notify(text, title="Your answers are not kept on the disk", severity="warning", timeout=15)

    def _go_beside(self, key: str, by: int) -> None:
        keys = [step.key for step in self.steps]
        order = [step.key for step in STEPS]
        # The step itself may no longer apply after an answer on it: then its place in the whole order counts.
        before = [other for other in keys if order.index(other) < order.index(key)]
        after = [other for other in keys if order.index(other) > order.index(key)]
        there = after[:1] if by > 0 else before[-1:]
        if there:
            self.go_to(there[0])
        elif by < 0:
            self.pop_screen()

    def _screen(self, step: WizardStep) -> StepScreen:
        if step.key not in self._screens:
            screen = self._screens[step.key] = step.make()
            self.install_screen(screen, step.key)
        return self._screens[step.key]

    def _is_step(self, screen: object) -> bool:
        return any(screen is one for one in self._screens.values())


class WizardScreen(Screen[None]):
    """A screen that is only ever shown by the wizard's app."""

    @property
    def wizard(self) -> WizardApp:
        """The app."""
        app = self.app
        if not isinstance(app, WizardApp):
            raise TypeError(f"{type(app).__name__} is not the wizard")
        return app
