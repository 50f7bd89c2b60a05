"""What the keys of the run screen do with its current pane."""

from __future__ import annotations

from pathlib import Path

from textual.app import SuspendNotSupported

from wizard.screens.wizard_app import WizardScreen
from wizard.tools.pager import pager_command, show_in_pager
from wizard.widgets.run_board import RunBoard
from wizard.wording import counted


class PaneKeys(WizardScreen):
    """A screen with a RunBoard. Its keys are bound where the screen's others are, in the order of its footer."""

    def redraw(self) -> None:
        """Draw anew what a key changed, beside the board itself."""

    def action_zoom(self) -> None:
        """Show the current pane alone, or all."""
        self.query_one(RunBoard).zoom()
        self.redraw()

    def action_branch(self, number: int) -> None:
        """Go to a pane by its number."""
        board = self.query_one(RunBoard)
        if number <= len(board.panes):
            board.choose(board.panes[number - 1].branch.key, by_hand=True)
            self.redraw()

    def action_follow(self) -> None:
        """Follow the end of the log, or stay where it is."""
        if pane := self.query_one(RunBoard).current:
            pane.toggle_follow()

    def action_search(self) -> None:
        """Search in the log."""
        if pane := self.query_one(RunBoard).current:
            pane.open_search()

    def action_tasks(self) -> None:
        """Show every piece of work in place of the log, or the log again."""
        if pane := self.query_one(RunBoard).current:
            pane.toggle_tasks()
            self.redraw()

    def action_copy(self) -> None:
        """Copy the log of the pane, its end where it is too long."""
        if pane := self.query_one(RunBoard).current:
            text, whole = pane.text_to_copy()
            self.app.copy_to_clipboard(text)
            count = ("" if whole else "The last ") + counted(len(text.splitlines()), "line")
            self.app.notify(f"{count} of “{pane.branch.title}” copied.")

    def action_open_log(self) -> None:
        """Open the log of the pane's step in the pager; without one, say and copy where it is."""
        pane = self.query_one(RunBoard).current
        path = pane.log_file if pane else ""
        if not path:
            self.app.notify("Nothing was logged here yet.")
            return
        command = pager_command(Path(path))
        try:
            if command:
                with self.app.suspend():
                    show_in_pager(command)
                return
        except (SuspendNotSupported, OSError):
            pass
        self.app.copy_to_clipboard(path)
        self.app.notify(path, title="The log is here; the path was copied")
