"""What is deployed, what the files say and what is newest, side by side; one key upgrades one thing or all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from wizard.recent import short_path
from wizard.run.folder import SetupFolder
from wizard.screens.jobs import Job, Jobs, sentence
from wizard.text import clean
from wizard.widgets.help_line import HelpLine
from wizard.widgets.top_line import TopLine

if TYPE_CHECKING:
    from wizard.targets.comparing import Comparison
    from wizard.targets.upgrading import Look
    from wizard.upgrade.choose import Wanted
    from wizard.upgrade.columns import Row

_INTRO = "Enter upgrades the row you are on, A everything; you see what it does before anything is changed."
_HEADS = ("", "deployed", "files", "newest")
_NAMES = 14
"""Cells of the first column."""
_CODE_SERVER = ("code-server", "VS Code")
_CHART = ("chart", "JupyterHub", "hub image")


@dataclass(frozen=True)
class Found:
    """What was looked up for the screen."""

    look: Look
    compared: Comparison


def wanted_for(row: Row, look: Look) -> Wanted | None:
    """What is to be upgraded for a row; None where an upgrade does not change it."""
    from wizard.upgrade.choose import Wanted

    after = look.proposal.after
    if row.name in _CODE_SERVER and row.outdated:
        return Wanted(code_server=after.code_server.version)
    if row.name in _CHART and row.outdated:
        return Wanted(chart=after.target.chart.version)
    return None


class VersionsScreen(Screen[None]):
    """The three columns, and what was changed without codehub; asks, and changes nothing."""

    CSS_PATH = "versions.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "one", "Upgrade this", id="versions.one"),
        Binding("a", "all", "Upgrade all", id="versions.all"),
        Binding("h", "history", "History", id="versions.history"),
        Binding("f5", "look", "Look again", id="versions.look"),
        Binding("escape", "leave", "Back", key_display="esc", id="versions.leave"),
        Binding("f1", "explain", "Help", id="wizard.help"),
    ]

    def __init__(self, folder: SetupFolder) -> None:
        super().__init__()
        self._folder = folder
        self._found: Found | None = None
        self._stale = False
        self._jobs = Jobs(self.app)

    def compose(self) -> ComposeResult:
        yield TopLine("Versions", short_path(self._folder.path))
        yield Static("", id="state")
        yield DataTable(cursor_type="row")
        with VerticalScroll(id="drift", can_focus=False):
            yield Static("", id="drift-text")
        yield HelpLine()
        yield Footer()

    def on_mount(self) -> None:
        """Look at once."""
        self.query_one(DataTable).focus()
        self.action_look()

    def on_screen_resume(self) -> None:
        """Look again after an upgrade or a roll-back may have been run."""
        if self._stale:
            self._stale = False
            self.action_look()

    def on_unmount(self) -> None:
        """Nobody waits any more."""
        self._jobs.cancel_all()

    def on_resize(self) -> None:
        """The columns share the width."""
        if self._found:
            self._show_rows(self._found.compared.rows)

    def action_look(self) -> None:
        """Ask the folder, the cluster, Docker and the lists of versions."""
        self._say("Looking at what there is …")
        self.query_one(HelpLine).explain("", _INTRO)
        self._jobs.start("look", self._find, self._show, self._failed)

    async def _find(self, _job: Job) -> Found:
        from wizard.targets.comparing import compare
        from wizard.targets.upgrading import look
        from wizard.upgrade.choose import Wanted

        looked = await look(self._folder, Wanted())
        return Found(looked, await compare(self._folder, looked.proposal.before, looked.known))

    def _show(self, found: Found) -> None:
        self._found = found
        rows = found.compared.rows
        old, pending = sum(row.outdated for row in rows), any(row.pending for row in rows)
        said = "There is something newer: +" if old else "✓ Everything is as new as it can be here."
        self._say(said + ("  Not deployed yet: *" if pending else ""))
        drift = [Content.styled(f"! {clean(text)}", "$text-warning") for text in found.compared.drift]
        self.query_one("#drift-text", Static).update(Content("\n").join(drift))
        self._show_rows(rows)
        self.refresh_bindings()

    def _show_rows(self, rows: tuple[Row, ...]) -> None:
        table = self.query_one(DataTable)
        here = table.cursor_row
        table.clear(columns=True)
        width = max(10, (self.size.width - _NAMES - 12) // 3)
        for number, head in enumerate(_HEADS):
            table.add_column(head, width=width if number else _NAMES)
        for row in rows:
            cells = (row.deployed or "-", row.files + (" *" if row.pending else ""), row.newest or "-")
            newest = "bold $text-success" if row.outdated else ""
            texts = [shortened(clean(cell), width) for cell in cells]
            if row.outdated:
                texts[2] = shortened(clean(row.newest), width - 2) + " +"
            table.add_row(
                Content(row.name),
                Content(texts[0]),
                Content.styled(texts[1], "$text-warning" if row.pending else ""),
                Content.styled(texts[2], newest),
            )
        table.move_cursor(row=here, animate=False)

    def _failed(self, error: Exception) -> None:
        self._say(sentence(error))

    def _say(self, text: str) -> None:
        self.query_one("#state", Static).update(Content(clean(text)))

    @property
    def _row(self) -> Row | None:
        rows = self._found.compared.rows if self._found else ()
        place = self.query_one(DataTable).cursor_row
        return rows[place] if 0 <= place < len(rows) else None

    @on(DataTable.RowHighlighted)
    def _explain_row(self) -> None:
        row = self._row
        if row is not None:
            full = f"deployed {row.deployed or '-'}, files {row.files or '-'}, newest {row.newest or '-'}."
            if self._found and wanted_for(row, self._found.look):
                full += " Enter upgrades it alone."
            self.query_one(HelpLine).explain(row.name, clean(full))

    @on(DataTable.RowSelected)
    def _row_taken(self) -> None:
        self.action_one()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to upgrade only where something is newer."""
        del parameters
        if action == "all":
            return self._found is not None and not self._found.look.proposal.nothing
        return True

    def action_one(self) -> None:
        """Review the upgrade of the row's thing alone."""
        row = self._row
        if row is None or self._found is None:
            return
        wanted = wanted_for(row, self._found.look)
        if wanted is not None:
            self._review(wanted)
        elif row.outdated:
            self.notify("A newer base image comes in by itself when the setup is run again.", title=row.name)
        else:
            self.notify("There is nothing newer for it.", title=row.name)

    def action_all(self) -> None:
        """Review the upgrade of everything."""
        from wizard.upgrade.choose import Wanted

        self._review(Wanted())

    def _review(self, wanted: Wanted) -> None:
        from wizard.screens.upgrade import UpgradeScreen

        self._stale = True
        self.app.push_screen(UpgradeScreen(self._folder, wanted))

    def action_history(self) -> None:
        """Show the revisions."""
        from wizard.screens.history import HistoryScreen

        self._stale = True
        self.app.push_screen(HistoryScreen(self._folder))

    def action_leave(self) -> None:
        """Go back; nothing was changed."""
        self.app.pop_screen()

    def action_explain(self) -> None:
        """Say what the columns are."""
        from wizard.screens.dialogs import HelpDialog

        where = self._folder.path
        lines = [
            ("", _INTRO),
            ("deployed", "What runs now, as far as it answers: ? where it does not."),
            ("files", "What codehub.yaml says; * marks what is not deployed yet."),
            ("newest", "What goes with this setup and its cluster; + marks what is newer than the files."),
            ("changed without codehub", "Below the table: by Helm, by hand, or images that have gone."),
            ("the same", f"codehub upgrade {where} --dry-run"),
        ]
        self.app.push_screen(HelpDialog("Versions", lines))


def shortened(text: str, width: int) -> str:
    """A text of at most `width` cells: the middle goes, for the end of an image's name is its tag."""
    width = max(width, 1)
    if len(text) <= width:
        return text
    end = (width - 1) * 2 // 3
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"
