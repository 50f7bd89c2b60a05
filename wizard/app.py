"""The Textual app: themes, keys, signals; the wizard itself is in wizard/screens."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme

from wizard.errors import ExitCode, UsageError
from wizard.recent import recall, remember, short_path
from wizard.screens.dialogs import MIN_HEIGHT, MIN_WIDTH, Question, TooSmall
from wizard.screens.keymap import keymap_file, load_keymap
from wizard.screens.start import StartScreen
from wizard.screens.themes import DARK, THEMES
from wizard.screens.wizard_app import WizardApp


class CodehubApp(WizardApp):
    """`codehub [DIR]` on a terminal."""

    TITLE = "codehub"
    CSS_PATH = Path(__file__).parent / "screens" / "start.tcss"  # Textual reads the default screen's no other way
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's own annotation
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "Quit", id="wizard.quit", priority=True),
    ]

    def __init__(self, folder: Path, *, theme: str = "") -> None:
        super().__init__(folder)
        for own in THEMES:
            self.register_theme(own)
        wanted = theme or os.environ.get("CODEHUB_THEME", "") or recall().theme
        self.theme = wanted if wanted in self.available_themes else DARK.name
        self._too_small: TooSmall | None = None

    def get_default_screen(self) -> Screen[None]:
        """Begin with the start screen."""
        return StartScreen()

    def on_mount(self) -> None:
        """Heed signals and the user's keys; remember a theme that is chosen."""
        loop = asyncio.get_running_loop()
        if not self.is_headless:
            for number in (signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self._signalled, number)
        try:
            self.set_keymap(load_keymap(keymap_file()))
        except UsageError as error:
            self.notify(str(error), title="Your keys are not used", severity="warning", timeout=15)
        self.theme_changed_signal.subscribe(self, self._theme_changed)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers besides: the steps of the wizard."""
        yield from super().get_system_commands(screen)
        if self.has_session:
            for step in self.steps:
                if step.place or (step.key == "run" and self.run_goes_on):
                    yield SystemCommand(
                        f"Go to {step.title}", "A step of the wizard", lambda key=step.key: self.go_to(key)
                    )

    def action_leave(self) -> None:
        """Quit; with answers that are not saved, or a run that goes on, only after asking."""
        if isinstance(self.screen, Question):
            return
        if self.run_goes_on:
            self.push_screen(
                Question(
                    "Quit and stop the run?",
                    "What runs is ended, with everything that it started. The next run goes on from the first step "
                    "that is not done.",
                    (("quit", "Stop it and quit"), ("stay", "Stay")),
                ),
                self._stop_answered,
            )
            return
        self._leave()

    def _stop_answered(self, answer: str | None) -> None:
        if answer == "quit":
            self._leave()

    def _leave(self) -> None:
        """Quit, asking first when there are answers that are not saved."""
        if self.has_session and self.session.unsaved:
            where = short_path(self.session.folder.path)
            self.push_screen(
                Question(
                    "Quit with answers that are not saved?",
                    f"They are kept as a draft in {where} and offered the next time.",
                    (("quit", "Quit, keep the draft"), ("forget", "Quit and forget them"), ("stay", "Stay")),
                ),
                self._leave_answered,
            )
            return
        self.exit(ExitCode.DONE)

    def _leave_answered(self, answer: str | None) -> None:
        if answer == "quit":
            self.session.keep_draft()
        elif answer == "forget":
            self.session.forget_draft()
        else:
            return
        self.exit(ExitCode.DONE)

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the terminal is too small to show anything, and go on when it is not any more."""
        small = event.size.width < MIN_WIDTH or event.size.height < MIN_HEIGHT
        if small and self._too_small is None:
            self._too_small = TooSmall()
            self.push_screen(self._too_small)
        elif not small and self._too_small is not None:
            gone, self._too_small = self._too_small, None
            gone.dismiss()

    def _signalled(self, number: signal.Signals) -> None:
        """Leave at once: the terminal is restored, a run is stopped, the draft is on the disk."""
        if self.has_session:
            self.session.keep_draft()
        self.exit(return_code=128 + number)

    def _theme_changed(self, theme: Theme) -> None:
        remembered = recall()
        if remembered.theme != theme.name:
            from dataclasses import replace

            remember(replace(remembered, theme=theme.name))

    def _fatal_error(self) -> None:
        """Leave without Textual's traceback: `run_app` hands the error to `wizard.shell`, which keeps it in a log."""
        self._close_messages_no_wait()


def run_app(folder: Path) -> int:
    """Run the wizard on this terminal until its user leaves; returns the exit code.

    An error that nobody foresaw is raised again once the terminal is as it was, for `wizard.shell.guarded`.
    """
    app = CodehubApp(folder)
    result = app.run()
    if app._exception is not None:  # noqa: SLF001 - Textual has no public way to ask
        raise app._exception  # noqa: SLF001
    return result if isinstance(result, int) else (app.return_code or ExitCode.DONE)
