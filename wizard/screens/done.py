"""Where a setup stands: after a run, and for one that is there already."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from wizard.errors import CodehubError
from wizard.recent import short_path
from wizard.run.events import Outcome
from wizard.run.folder import SetupFolder
from wizard.screens import done_words as words
from wizard.screens.dialogs import HelpDialog
from wizard.screens.forwarding import keep_forward, needs_forward
from wizard.screens.jobs import Jobs, sentence
from wizard.targets.docker_standing import OnDocker, on_docker
from wizard.targets.local import LocalStanding
from wizard.targets.local import standing as on_this_machine
from wizard.targets.standing import Live, Standing, live, standing
from wizard.widgets.fact_line import FactLine
from wizard.widgets.run_rows import MARKS
from wizard.widgets.top_line import TopLine


class DoneScreen(Screen[None]):
    """Address, logins, what was seen to work, and what to do next; what the cluster says comes when it answers."""

    CSS_PATH = "done.tcss"
    AUTO_FOCUS = "FactLine"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "reveal", "Reveal secrets", id="done.reveal"),
        Binding("f5", "look", "Ask again", id="done.look"),
        Binding("v", "versions", "Versions", id="done.versions"),
        Binding("h", "history", "History", id="done.history"),
        Binding("escape", "leave", "Back", key_display="esc", id="done.leave"),
        Binding("f1", "explain", "Help", id="wizard.help"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="done.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="done.page-down"),
    ]

    def __init__(self, folder: SetupFolder) -> None:
        super().__init__()
        self._folder = folder
        self._standing: Standing | None = None
        self._jobs: Jobs | None = None
        self._forwards = False

    def compose(self) -> ComposeResult:
        yield TopLine("Done", short_path(self._folder.path))
        yield Static("", id="verdict", markup=False)
        with VerticalScroll(id="facts", can_focus=False):
            try:
                self._standing = standing(self._folder)
                yield from self._sections(self._standing)
            except CodehubError as error:
                yield Static(Content("\n".join(error.lines())), classes="fact")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Say how it stands, and ask the cluster."""
        if not self.query("#verdict"):  # the app ends right now
            return
        self._jobs = Jobs(self.app)
        self.query_one("#verdict", Static).update(words.verdict(self._standing))
        self.action_look()
        self.call_after_refresh(self.query_one("#facts").scroll_home, animate=False)

    def on_unmount(self) -> None:
        """Nobody waits for the cluster's answer any more."""
        if self._jobs:
            self._jobs.cancel_all()

    def _sections(self, found: Standing) -> Iterator[Widget]:
        yield _group("Address")
        with_url = [FactLine("", found.address.url)] if found.address.url else []
        note = [Static(found.address.note, classes="fact", markup=False)] if found.address.note else []
        command = [FactLine("", found.address.command)] if found.address.command else []
        yield Vertical(*with_url, *note, *command, id="address")
        yield _group("Logins")
        yield from (FactLine(f"{who}:", password, secret=True) for who, password in found.logins)
        yield Static(words.logins_note(found), classes="fact muted", markup=False)
        yield _group("What was done and seen")
        yield from _lines(words.step_lines(found))
        yield Static(words.NO_LOGIN_TRIED, classes="fact muted", markup=False)
        yield _group(words.LIVE[found.setup.target.kind])
        yield Vertical(id="live")
        yield _group("Next")
        yield from (FactLine(f"{purpose}:", command) for purpose, command in words.commands(self._folder, found))
        yield _group("Saved files")
        yield Static(words.files(self._folder, found), classes="fact", markup=False)

    def action_look(self) -> None:
        """Ask the cluster how the release is."""
        found = self._standing
        if found is None or self._jobs is None:
            return
        if found.setup.target.kind == "docker":
            self._tell_live([("·", "Asking Docker …")])
            asked = found.setup
            self._jobs.start("live", lambda _job: on_docker(asked), self._seen_on_docker, self._not_seen)
            return
        if found.setup.target.kind == "local":
            self._tell_live([("·", "Looking …")])
            here = self._folder
            self._jobs.start(
                "live", lambda _job: asyncio.to_thread(on_this_machine, here), self._seen_here, self._not_seen
            )
            return
        self._tell_live([("·", "Asking the cluster …")])
        self._jobs.start("live", lambda _job: live(found.setup), self._seen, self._not_seen)

    def _seen(self, found: Live) -> None:
        self._tell_live(words.live_lines(found))
        here = self._standing
        if found.revision and here and self._jobs and needs_forward(here.setup) and not self._forwards:
            self._forwards = True
            keep_forward(self._jobs, here.setup, self._forward_opened, self._forward_ended)
        if not found.addresses:
            return
        box = self.query_one("#address", Vertical)
        known = {line.value for line in box.query(FactLine)}
        fresh = [FactLine("", url) for url in found.addresses if url not in known]
        if fresh:
            box.mount(*fresh, before=0)

    def _seen_here(self, found: LocalStanding) -> None:
        self._tell_live([(MARKS[Outcome.DONE if found.url else Outcome.CANCELLED][0], found.said)])

    def _seen_on_docker(self, found: OnDocker) -> None:
        self._tell_live(words.docker_lines(found))

    def _forward_opened(self, url: str) -> None:
        text = "Open now, and for as long as this screen is:"
        self.query_one("#address", Vertical).mount(
            Static(text, classes="fact", markup=False), FactLine("", url), before=0
        )

    def _forward_ended(self, error: Exception) -> None:
        self._forwards = False
        self.notify(sentence(error), title="The hub cannot be opened from here", severity="warning", timeout=20)

    def _not_seen(self, error: Exception) -> None:
        self._tell_live([(MARKS[Outcome.CANCELLED][0], f"It could not be asked. {sentence(error)}")])

    def _tell_live(self, lines: Iterable[tuple[str, str]]) -> None:
        for box in self.query("#live"):  # none any more, when the app ends right now
            box.remove_children()
            box.mount(*_lines(lines))

    def action_reveal(self) -> None:
        """Show the passwords, or mask them again."""
        secrets = [line for line in self.query(FactLine) if line.secret]
        on_now = not any(line.revealed for line in secrets)
        for line in secrets:
            line.reveal(on=on_now)

    @on(FactLine.Copied)
    def _copy(self, event: FactLine.Copied) -> None:
        self.app.copy_to_clipboard(event.value)
        self.notify(f"{event.label.rstrip(':') or 'It'} was copied, if your terminal allows it.".capitalize())

    def action_page(self, direction: int) -> None:
        """Scroll by a page."""
        facts = self.query_one("#facts", VerticalScroll)
        facts.scroll_page_down() if direction > 0 else facts.scroll_page_up()

    def action_versions(self) -> None:
        """Compare what is deployed with the files and the newest."""
        from wizard.screens.versions import VersionsScreen

        self.app.push_screen(VersionsScreen(self._folder))

    def action_history(self) -> None:
        """Show the revisions, and the way back to one."""
        from wizard.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen(self._folder))

    def action_leave(self) -> None:
        """Back to where this was opened from."""
        self.app.pop_screen()

    def action_explain(self) -> None:
        """Say what the keys do."""
        self.app.push_screen(HelpDialog("Done", words.HELP))


def _group(title: str) -> Static:
    return Static(title, classes="group", markup=False)


def _lines(lines: Iterable[tuple[str, str]]) -> Iterator[Static]:
    styles = dict(MARKS.values())
    for mark, text in lines:
        yield Static(Content.assemble((f"{mark} ", styles.get(mark, "")), text), classes="fact")
