"""The release's revisions, what changed with each, and going back to one: release, images, answers and files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from wizard.errors import CodehubError
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
    from wizard.targets.rollback import Past
    from wizard.targets.session import Preparation

_INTRO = "R goes back to the revision you are on: release, images, answers and files together."


class HistoryScreen(WizardScreen):
    """Shows the revisions, newest first; goes back to one after asking."""

    CSS_PATH = "history.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "back_to", "Go back to it", id="history.rollback"),
        Binding("f5", "look", "Look again", id="history.look"),
        Binding("escape", "leave", "Back", key_display="esc", id="history.leave"),
        Binding("f1", "explain", "Help", id="wizard.help"),
    ]

    def __init__(self, folder: SetupFolder) -> None:
        super().__init__()
        self._folder = folder
        self._pasts: tuple[Past, ...] = ()
        self._jobs = Jobs(self.app)

    def compose(self) -> ComposeResult:
        yield TopLine("History", short_path(self._folder.path))
        yield OptionList(markup=False)
        with VerticalScroll(id="changes"):
            yield Static("", id="changes-text")
        yield HelpLine()
        yield Footer()

    def on_mount(self) -> None:
        """Ask Helm at once."""
        self.query_one(OptionList).focus()
        self.action_look()

    def on_unmount(self) -> None:
        """Nobody waits any more."""
        self._jobs.cancel_all()

    def action_look(self) -> None:
        """Ask Helm for the revisions."""
        self.query_one(HelpLine).explain("", _INTRO)
        self._tell([Content("Asking Helm …")])
        self._jobs.start("history", self._find, self._show, self._failed)

    async def _find(self, _job: Job) -> tuple[Past, ...]:
        from wizard.targets.rollback import history

        return await history(self._folder)

    def _show(self, pasts: tuple[Past, ...]) -> None:
        self._pasts = tuple(reversed(pasts))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(_head(past)) for past in self._pasts)
        if self._pasts:
            options.highlighted = 0
        else:
            self._tell([Content("There is no release yet.")])
        self.refresh_bindings()

    def _failed(self, error: Exception) -> None:
        self._tell([Content(clean(sentence(error)))])

    def _tell(self, lines: list[Content]) -> None:
        self.query_one("#changes-text", Static).update(Content("\n").join(lines))
        self.query_one("#changes").scroll_home(animate=False)

    @on(OptionList.OptionHighlighted)
    def _show_changes(self, event: OptionList.OptionHighlighted) -> None:
        self._tell(list(_changes(self._pasts[event.option_index])))
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    def _taken(self) -> None:
        self.action_back_to()

    @property
    def _here(self) -> Past | None:
        place = self.query_one(OptionList).highlighted
        return self._pasts[place] if place is not None and place < len(self._pasts) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to go back to in the newest revision."""
        del parameters
        return action != "back_to" or (self.is_mounted and self._here is not None and not self._here.current)

    def action_back_to(self) -> None:
        """Ask, and go back to the revision of the cursor."""
        from wizard.screens.dialogs import HelpDialog, Question
        from wizard.targets.rollback import target_of, warnings

        here = self._here
        if here is None or here.current:
            return
        oldest_first = tuple(reversed(self._pasts))
        try:
            chosen = target_of(oldest_first, here.revision.number, self._folder)
        except CodehubError as error:
            lines = [("", error.why), ("what to do", error.fix)]
            self.app.push_screen(HelpDialog(error.what, [line for line in lines if line[1]]))
            return
        self.app.push_screen(
            Question(
                f"Go back to revision {chosen.revision.number}?",
                "\n".join(f"- {text}" for text in warnings(oldest_first, chosen)),
                (("back", "Go back to it"), ("stay", "Stay")),
            ),
            partial(self._answered, chosen),
        )

    def _answered(self, chosen: Past, answer: str | None) -> None:
        if answer != "back":
            return
        self.query_one(HelpLine).explain("", "Finding out what is to be done …")
        self._jobs.start("plan", partial(self._plan, chosen), partial(self._begin, chosen), self._no_plan)

    async def _plan(self, chosen: Past, _job: Job) -> Preparation:
        from wizard.targets.session import prepare

        return await prepare(self._folder, setup=chosen.setup)

    def _begin(self, chosen: Past, preparation: Preparation) -> None:
        from wizard.screens.run import RunScreen

        async def carry_out(_preparation: Preparation, emit: Emit) -> RunFinished:
            from wizard.targets.rollback import rollback

            return await rollback(self._folder, chosen, emit)

        async def again(_step: str) -> Preparation:
            return preparation

        self.wizard.show_run(RunScreen(preparation, carry_out=carry_out, again=again))

    def _no_plan(self, error: Exception) -> None:
        self.query_one(HelpLine).explain("", _INTRO)
        self.notify(sentence(error), title="It cannot be rolled back now", severity="error", timeout=20)

    def action_leave(self) -> None:
        """Go back; nothing was changed."""
        self.app.pop_screen()

    def action_explain(self) -> None:
        """Say what a revision is."""
        from wizard.screens.dialogs import HelpDialog

        lines = [
            ("", _INTRO),
            ("revision", "Each deployment makes one; this folder keeps what each was made from."),
            (
                "what cannot go back",
                "The hub's database, once a newer JupyterHub changed it, and home folders.",
            ),
            ("the same", f"codehub rollback {self._folder.path} --to REVISION"),
        ]
        self.app.push_screen(HelpDialog("History", lines))


def _head(past: Past) -> Content:
    revision = past.revision
    version = f", code-server {past.setup.code_server.version}" if past.setup else ""
    when = revision.updated[:16].replace("T", " ")
    mark = "●" if past.current else " "
    return Content.assemble(
        f"{mark} {revision.number:>3}  {when}  ",
        (f"{revision.status:<10}", _style(past)),
        clean(f" {revision.chart}{version}"),
    )


def _style(past: Past) -> str:
    if past.revision.deployed:
        return "$text-success"
    return "" if past.revision.was_good else "$text-error"


def _changes(past: Past) -> Iterator[Content]:
    yield Content.styled(f"What changed with revision {past.revision.number}", "bold $text-accent")
    if past.revision.description:
        yield Content.styled(clean(past.revision.description), "$text-muted")
    if not past.changes:
        yield Content("It is the first one." if past.revision.number == 1 else "Nothing that this folder knows of.")
    for line in past.changes:
        name, _, rest = clean(line).partition(": ")
        yield Content.assemble(f"{name}: ", coloured(rest)) if rest[:1] in "+-" else Content(clean(line))
