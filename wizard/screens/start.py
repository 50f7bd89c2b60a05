"""Where the wizard begins: a new setup, one that is there already, or the draft of one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from wizard.errors import CodehubError
from wizard.recent import is_setup, recall, remember, short_path
from wizard.screens.wizard_app import WizardScreen
from wizard.widgets.help_line import HelpLine
from wizard.widgets.top_line import TopLine

if TYPE_CHECKING:
    from wizard.run.wizard_session import WizardSession

_INTRO = (
    "VS Code in the browser for your team, one private copy per person, behind a JupyterHub login. "
    "Answer a few questions; nothing is built or changed before you have seen the plan."
)
_IDS = "wizard.next, wizard.back, wizard.help, wizard.advanced, wizard.quit, review.run, review.save, review.copy"
_TRY = "JupyterHub and code-server without Docker or a cluster; you see the plan first"
_DRAFT = Path(".codehub") / "draft.yaml"


@dataclass(frozen=True)
class Entry:
    """One line of the start screen: what it does, and on which folder."""

    key: str
    title: str
    note: str
    folder: Path


class StartScreen(WizardScreen):
    """Offers what there is to do with the folder, and other folders."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "Open a folder", id="start.open"),
        Binding("f1", "explain", "Help", id="wizard.help"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[Entry, ...] = ()

    def compose(self) -> ComposeResult:
        yield TopLine("Start")
        with Vertical(id="start"):
            yield Static(_INTRO, id="intro", markup=False)
            yield OptionList(id="entries", markup=False)
        yield HelpLine()
        yield Footer()

    def on_screen_resume(self) -> None:
        """Look again: a step may have saved a setup or left a draft."""
        self.wizard.keep_draft_now()
        self._entries = tuple(entries(self.wizard.folder))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(
            Option(Content.assemble((entry.title, "bold"), "\n", (entry.note, "$text-muted")), id=str(index))
            for index, entry in enumerate(self._entries)
        )
        options.highlighted = 0
        options.focus()

    @on(OptionList.OptionHighlighted)
    def _explain(self, event: OptionList.OptionHighlighted) -> None:
        entry = self._entries[event.option_index]
        self.query_one(HelpLine).explain("", f"Enter: {entry.title[:1].lower()}{entry.title[1:]}")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        entry = self._entries[event.option_index]
        match entry.key:
            case "open":
                self.action_open()
            case "status":
                self._show_status(entry.folder)
            case "upgrade":
                self._upgrade(entry.folder)
            case "history":
                self._history(entry.folder)
            case "try":
                self._begin(entry.folder, with_draft=False, trying=True)
            case _:
                self._begin(entry.folder, with_draft=entry.key != "afresh")

    def action_open(self) -> None:
        """Ask for another folder."""
        from wizard.screens.folder_dialog import FolderDialog

        self.app.push_screen(FolderDialog(self.wizard.folder), self._folder_named)

    def action_explain(self) -> None:
        """Help about the keys."""
        from wizard.screens.dialogs import HelpDialog
        from wizard.screens.keymap import keymap_file

        self.app.push_screen(
            HelpDialog(
                "How the wizard works",
                [
                    ("", _INTRO),
                    ("going on", "Enter accepts an answer and goes to the next; Ctrl+N goes to the next step."),
                    ("going back", "Esc; every answer stays, also over a lost connection."),
                    ("anywhere", "F1 explains the field you are in, Ctrl+P finds every command, Ctrl+Q quits."),
                    ("your own keys", f"{keymap_file()} with lines such as `wizard.next: f8`. The ids: {_IDS}."),
                ],
            )
        )

    def _folder_named(self, folder: Path | None) -> None:
        if folder is not None:
            self.wizard.folder = folder.absolute()
            self._begin(folder.absolute(), with_draft=True)

    def _begin(self, folder: Path, *, with_draft: bool, trying: bool = False) -> None:
        if with_draft and self._goes_on(folder):
            self.wizard.go_to("checks")
            return
        self.query_one(HelpLine).explain("", "Opening …")
        self._open(folder, with_draft=with_draft, trying=trying)

    def _goes_on(self, folder: Path) -> bool:
        """Whether the folder is open already, with something that only this sitting knows."""
        if not self.wizard.has_session or self.wizard.session.folder.path != folder:
            return False
        return self.wizard.session.unsaved or bool(self.wizard.session.client_secret)

    @work(thread=True, exclusive=True, group="open", exit_on_error=False)
    def _open(self, folder: Path, *, with_draft: bool, trying: bool) -> None:
        """Read the folder in a thread: its disk may be slow, and the engine's modules take a moment to load."""
        from wizard.run.wizard_session import WizardSession

        try:
            session = _session_to_try(folder) if trying else WizardSession.open(folder, with_draft=with_draft)
            session.problems()
        except CodehubError as error:
            self.app.call_from_thread(self._refuse, error)
            return
        self.app.call_from_thread(self._opened, session, trying)

    def _opened(self, session: WizardSession, trying: bool) -> None:
        if not trying:
            remember(recall().with_folder(session.folder.path))
            self.wizard.folder = session.folder.path
        self.wizard.begin(session, at="review" if trying else "checks")

    def _refuse(self, error: CodehubError) -> None:
        from wizard.screens.dialogs import HelpDialog

        self.query_one(HelpLine).explain("", "")
        lines = [("", error.why), ("what to do", error.fix)]
        self.app.push_screen(HelpDialog(error.what, [line for line in lines if line[1]]))

    def _upgrade(self, folder: Path) -> None:
        from wizard.run.folder import SetupFolder
        from wizard.screens.versions import VersionsScreen

        self.app.push_screen(VersionsScreen(SetupFolder(folder)))

    def _history(self, folder: Path) -> None:
        from wizard.run.folder import SetupFolder
        from wizard.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen(SetupFolder(folder)))

    def _show_status(self, folder: Path) -> None:
        from wizard.run.folder import SetupFolder
        from wizard.screens.done import DoneScreen

        self.app.push_screen(DoneScreen(SetupFolder(folder)))


def _session_to_try(folder: Path) -> WizardSession:
    """A session whose answers run on this machine; those of the folder itself are left alone."""
    from wizard.run.wizard_session import WizardSession
    from wizard.setup.draft import Draft
    from wizard.targets.trying import try_answers, try_folder

    asked = folder if is_setup(folder) else None
    place, passing = try_folder(asked)
    session = WizardSession.open(place.path, with_draft=False)
    session.saved = try_answers(place, asked, passing=passing)  # nothing of a person's own that could be lost
    session.draft = Draft(session.saved)
    return session


def entries(folder: Path) -> list[Entry]:
    """What there is to do, given the folder that codehub was started in."""
    here = short_path(folder)
    found = []
    draft = (folder / _DRAFT).is_file()
    if is_setup(folder):
        if draft:
            found.append(Entry("draft", "Go on with your answers", f"They are not saved yet; {here}", folder))
        key = "afresh" if draft else "change"
        found.append(Entry(key, "Change or run this setup", f"The answers in {here}", folder))
        found.append(Entry("upgrade", "Versions and upgrade", "What is deployed, in the files and newest", folder))
        found.append(Entry("try", "Try it on this machine", _TRY, folder))
        found.append(Entry("history", "History and rollback", "What changed with each revision", folder))
        found.append(Entry("status", "Show its status", "Address, logins, what was verified", folder))
    elif draft:
        found.append(Entry("draft", "Go on with your answers", f"They are not saved yet; {here}", folder))
        found.append(Entry("afresh", "Begin a new setup", f"With the usual answers; {here}", folder))
    else:
        found.append(Entry("new", "Begin a new setup", f"In {here}", folder))
        found.append(Entry("try", "Try it on this machine", _TRY, folder))
    found.append(Entry("open", "Open another folder", "A setup that is there, or a place for a new one", folder))
    found += [
        Entry("recent", short_path(path), "Opened before", path)
        for path in recall().existing()
        if path != folder.absolute()
    ]
    return found
