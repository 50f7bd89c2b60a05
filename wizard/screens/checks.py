"""What is installed, reachable and new enough: the doctor's checks as they come in, each with what mends it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.screens.base import StepScreen
from wizard.screens.jobs import Job, sentence
from wizard.text import clean
from wizard.widgets.finding_marks import MARKS
from wizard.widgets.help_line import HelpLine

if TYPE_CHECKING:
    from wizard.tools.doctor_model import Finding

_TITLE_WIDTH = 18


class ChecksScreen(StepScreen):
    """The first step: nothing has to be right here to go on; the run needs it, the answers do not."""

    key = "checks"
    intro = "What this machine has for a setup. You can go on and answer the questions whatever is missing."
    CSS_PATH: ClassVar[CSSPathType | None] = ["base.tcss", "checks.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "check", "Check again", id="checks.again"),
        Binding("c", "copy", "Copy command", id="checks.copy"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._findings: dict[str, Finding | None] = {}
        self._titles: dict[str, str] = {}
        self._asked_for = ""

    def body(self) -> ComposeResult:
        yield Static(self.intro, classes="intro", markup=False)
        yield OptionList(id="checks", markup=False)
        yield Static("", id="verdict", markup=False)

    def on_screen_resume(self) -> None:
        """Check when it is first shown, and when the answers name another target since."""
        self.query_one(OptionList).focus()
        if self._asked_for != self._wanted():
            self.action_check()

    def _wanted(self) -> str:
        setup = self.session.draft.setup
        return f"{setup.target.kind} {setup.target.context}"

    def action_check(self) -> None:
        """Ask everything again."""
        self._asked_for = self._wanted()
        self.query_one("#verdict", Static).update("checking …")
        self.jobs.start("checks", self._examine, self._finished, self._failed)

    async def _examine(self, job: Job) -> list[Finding]:
        from wizard.catalog.charts import chart_release
        from wizard.tools.doctor import CHECKS, examine
        from wizard.tools.doctor_model import Scope

        setup = self.session.draft.setup
        release = chart_release(setup.target.chart.version)
        scope = Scope(
            target=setup.target.kind,
            context=setup.target.context,
            folder=self.session.folder.path,
            method=setup.code_server.method,
            min_helm=release.min_helm or "",
            min_kubernetes=release.min_kubernetes or "",
            ca_bundle=setup.build.ca_bundle,
        )
        titles = {check.name: check.title for check in CHECKS if scope.target in check.asked_by}
        job.tell(self._begin, titles)
        found = await examine(scope, on_finding=lambda finding: job.tell(self._found, finding))
        if any(finding.name == "cluster" and finding.state == "ok" for finding in found):
            from wizard.targets.preflight import EARLY, early_check

            job.tell(self._add, EARLY)
            for finding in await early_check(setup):
                job.tell(self._found, finding)
                found.append(finding)
        return found

    def _add(self, titles: Mapping[str, str]) -> None:
        """More checks, of the cluster that answers."""
        self._titles |= titles
        self._findings |= dict.fromkeys(titles)
        self.query_one(OptionList).add_options(Option(self._prompt(name), id=name) for name in titles)

    def _begin(self, titles: dict[str, str]) -> None:
        self._titles = titles
        self._findings = dict.fromkeys(titles)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(self._prompt(name), id=name) for name in titles)
        options.highlighted = 0

    def _found(self, finding: Finding) -> None:
        self._findings[finding.name] = finding
        options = self.query_one(OptionList)
        options.replace_option_prompt(finding.name, self._prompt(finding.name))
        if options.highlighted is not None:
            self._explain(options.get_option_at_index(options.highlighted).id or "")

    def _finished(self, findings: list[Finding]) -> None:
        blocking = [finding.title for finding in findings if finding.blocks]
        warned = [finding.title for finding in findings if finding.state == "warn"]
        target = self.session.draft.setup.target.kind
        text = f"✖ A run for {target} needs: {', '.join(blocking)}." if blocking else f"✓ Ready for {target}."
        if warned and not blocking:
            text += f" Worth a look: {', '.join(warned)}."
        self.query_one("#verdict", Static).update(text)

    def _failed(self, error: Exception) -> None:
        self.query_one("#verdict", Static).update(sentence(error))

    def _prompt(self, name: str) -> Content:
        finding, title = self._findings[name], self._titles[name].ljust(_TITLE_WIDTH)
        if finding is None:
            return Content.assemble(("… ", "$text-muted"), title, ("checking", "$text-muted"))
        mark, style = MARKS[finding.state]
        needed = " (required)" if finding.blocks else ""
        first = Content.assemble((f"{mark} ", style), title, clean(finding.found) or "-", (needed, style))
        if finding.state == "ok":
            return first
        more = [("", finding.why), ("do:  ", finding.fix), ("run: ", finding.command)]
        lines = [line for label, text in more if text for line in self._indented(label, clean(text))]
        return Content("\n").join([first, *lines])

    def _indented(self, label: str, text: str) -> list[Content]:
        width = max(20, self.query_one(OptionList).scrollable_content_region.width - 2)
        wrapped = textwrap.wrap(label + text, width - 2, subsequent_indent=" " * len(label), break_on_hyphens=False)
        return [Content(f"  {line}") for line in wrapped]

    def on_resize(self) -> None:
        """Break the lines anew, once the list has its new width."""
        self.call_after_refresh(self._break_lines)

    def _break_lines(self) -> None:
        options = self.query_one(OptionList)
        for name in self._titles:
            options.replace_option_prompt(name, self._prompt(name))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._explain(event.option_id or "")

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_next()

    def _explain(self, name: str) -> None:
        finding = self._findings.get(name)
        text = finding.why if finding and finding.state == "ok" else "r checks again once it is mended."
        self.query_one(HelpLine).explain(self._titles.get(name, ""), text if finding else "")
        self.refresh_bindings()

    @property
    def _command(self) -> str:
        options = self.query_one(OptionList)
        if options.highlighted is None:
            return ""
        finding = self._findings.get(options.get_option_at_index(options.highlighted).id or "")
        return finding.command if finding else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A command can be copied where there is one."""
        del parameters
        return bool(self._command) if action == "copy" and self.is_mounted else True

    def action_copy(self) -> None:
        """Copy the command that mends what is highlighted."""
        self.app.copy_to_clipboard(self._command)
        self.notify(self._command, title="Copied")
