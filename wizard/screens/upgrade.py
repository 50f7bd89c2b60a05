"""The review of an upgrade: what would change, what happens to users, what to know before; then the run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Static

from wizard.recent import short_path
from wizard.run.events import Emit, RunFinished
from wizard.run.folder import SetupFolder
from wizard.screens.jobs import Job, Jobs, sentence
from wizard.screens.wizard_app import WizardScreen
from wizard.text import clean
from wizard.widgets.diff_view import coloured
from wizard.widgets.help_line import HelpLine
from wizard.widgets.top_line import TopLine

if TYPE_CHECKING:
    from wizard.targets.session import Preparation
    from wizard.targets.upgrading import Look
    from wizard.upgrade.choose import Wanted
    from wizard.upgrade.proposal import Proposal

_INTRO = "Ctrl+R does all this. What does not work is taken back wholly: release, answers and files."


class UpgradeScreen(WizardScreen):
    """Shows a proposal; writes nothing before it is told to."""

    CSS_PATH = "upgrade.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run", "Upgrade", id="upgrade.run"),
        Binding("escape", "leave", "Back", key_display="esc", id="upgrade.leave"),
        Binding("f1", "explain", "Help", id="wizard.help"),
    ]

    def __init__(self, folder: SetupFolder, wanted: Wanted) -> None:
        super().__init__()
        self._folder = folder
        self._wanted = wanted
        self._look: Look | None = None
        self._jobs = Jobs(self.app)

    def compose(self) -> ComposeResult:
        yield TopLine("Upgrade", short_path(self._folder.path))
        with VerticalScroll(id="proposal"):
            yield Static("Looking at what there is …", id="text")
        yield HelpLine()
        yield Footer()

    def on_mount(self) -> None:
        """Find out what there is."""
        self.query_one("#proposal").focus()
        self.query_one(HelpLine).explain("", _INTRO)
        self._jobs.start("look", self._find, self._show, self._failed)

    def on_unmount(self) -> None:
        """Nobody waits any more."""
        self._jobs.cancel_all()

    async def _find(self, _job: Job) -> Look:
        from wizard.targets.upgrading import look

        return await look(self._folder, self._wanted)

    def _show(self, found: Look) -> None:
        self._look = found
        lines = [
            *_lines(found.proposal),
            Content(""),
            *(Content.styled(clean(one), "$text-muted") for one in found.sources),
        ]
        self.query_one("#text", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    def _failed(self, error: Exception) -> None:
        self.query_one("#text", Static).update(Content(sentence(error)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to run only where something is newer."""
        del parameters
        return action != "run" or (self._look is not None and not self._look.proposal.nothing)

    def action_run(self) -> None:
        """Plan with the new answers, and carry that out."""
        if self._look is None:
            return
        proposal = self._look.proposal

        async def plan(_job: Job) -> Preparation:
            from wizard.targets.upgrading import planned

            return await planned(self._folder, proposal)

        self.query_one(HelpLine).explain("", "Finding out what is to be done …")
        self._jobs.start("plan", plan, partial(self._begin, proposal), self._no_plan)

    def _begin(self, proposal: Proposal, preparation: Preparation) -> None:
        from wizard.screens.run import RunScreen

        async def carry_out(_preparation: Preparation, emit: Emit) -> RunFinished:
            from wizard.targets.upgrading import upgrade

            return await upgrade(self._folder, proposal, emit)

        async def again(_step: str) -> Preparation:
            from wizard.targets.upgrading import planned

            return await planned(self._folder, proposal)

        self.wizard.show_run(RunScreen(preparation, carry_out=carry_out, again=again))

    def _no_plan(self, error: Exception) -> None:
        self.query_one(HelpLine).explain("", _INTRO)
        self.notify(sentence(error), title="It cannot be upgraded now", severity="error", timeout=20)

    def action_leave(self) -> None:
        """Go back; nothing was changed."""
        self.app.pop_screen()

    def action_explain(self) -> None:
        """Say what an upgrade is."""
        from wizard.screens.dialogs import HelpDialog

        command = f"codehub upgrade {self._folder.path}"
        lines = [
            ("", _INTRO),
            ("other versions", f"{command} --code-server TAG --chart VERSION"),
            ("the same", command),
        ]
        self.app.push_screen(HelpDialog("Upgrade", lines))


def _lines(proposal: Proposal) -> Iterator[Content]:
    yield from (Content.styled(f"! {clean(note)}", "$text-warning") for note in proposal.notes)
    if proposal.nothing:
        yield Content.styled("✓ Everything is as new as it can be here.", "bold")
        return
    width = max((len(change.path) for change in proposal.changes), default=0)
    for change in proposal.changes:
        after = clean(change.after) or "(empty)"
        yield Content.assemble(f"{change.path:<{width}}  {clean(change.before)} → ", (after, "bold $text-primary"))
    sections = (
        ("What happens to users", proposal.effects),
        ("What to know before", [str(one) for one in proposal.advice]),
        ("Changes in values.extra.yaml", proposal.extra_diff.splitlines()),
        ("The hub's database, which cannot go back, is saved first", _backup_lines(proposal)),
    )
    for title, texts in sections:
        if texts:
            yield Content("")
            yield Content.styled(title, "bold $text-accent")
            style = coloured if "Changes" in title else Content
            yield from (Content.assemble("  ", style(clean(text))) for text in texts)


def _backup_lines(proposal: Proposal) -> list[str]:
    kept = proposal.backup
    return [f"to {kept.file}", "The step's log says by which command it is put back."] if kept else []
