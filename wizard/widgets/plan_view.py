"""A plan: each step with whether it runs, why, and the command that it comes to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from wizard.plan.model import Decision, Plan, Step
from wizard.text import clean
from wizard.tools.doctor_model import Finding
from wizard.widgets.diff_view import MOST_LINES, coloured
from wizard.widgets.finding_marks import MARKS
from wizard.wording import counted


class PlanView(VerticalScroll, can_focus=True):
    """Shows a plan, or why there is none."""

    DEFAULT_CSS = """
    PlanView {
        padding: 0 1; scrollbar-size-vertical: 1;
        &:focus { background: $surface; }
        & > .head { text-style: bold; margin-bottom: 1; }
        & > .why { padding-left: 8; }
        & > .command { padding-left: 8; color: $text-muted; }
        & > .step { margin-top: 1; }
        & > .part { text-style: bold; margin-top: 1; }
    }
    """

    def say(self, text: str) -> None:
        """Show a text in place of a plan."""
        self._fill([Static(text, markup=False)])

    def show(self, plan: Plan, notices: Iterable[str]) -> None:
        """Show a plan; notices are what a person should know besides."""
        lines = [Static(f"! {text}", markup=False) for text in notices]
        steps = [line for step in plan.steps for line in _step(step)]
        checks = [_finding(finding) for finding in plan.findings]
        if checks:
            checks.insert(0, Static("Checked beforehand", classes="part", markup=False))
        self._fill([Static(_head(plan), classes="head", markup=False), *lines, *steps, *checks])

    def add(self, title: str, blocks: Iterable[tuple[str, Iterable[str]]], notes: Iterable[str] = ()) -> None:
        """Add a part below the plan: blocks of a heading and the lines of a diff, and notes."""
        shown = [Static(title, classes="part", markup=False)]
        for heading, lines in blocks:
            kept = list(islice(lines, MOST_LINES))
            shown.append(Static(heading, classes="step", markup=False))
            if kept:
                shown.append(Static(Content("\n").join(map(coloured, kept)), classes="why"))
        shown += [Static(text, classes="why", markup=False) for text in notes]
        self.mount_all(shown)

    def replace_last(self, title: str, blocks: Iterable[tuple[str, Iterable[str]]], notes: Iterable[str] = ()) -> None:
        """Put another part in place of what `add` added last; the view stays where it was scrolled to."""
        last = self.query_children(".part").last()
        last.remove()
        self.add(title, blocks, notes)

    def _fill(self, lines: list[Static]) -> None:
        self.remove_children()
        self.mount_all(lines)
        self.scroll_home(animate=False)


def _head(plan: Plan) -> str:
    to_run = len(plan.to_run)
    skipped = len(plan.steps) - to_run
    if not to_run:
        return "Nothing to do: everything is as the answers want it."
    return f"{counted(to_run, 'step')} to run" + (f", {skipped} skipped." if skipped else ".")


def _finding(finding: Finding) -> Static:
    mark, style = MARKS[finding.state]
    first = Content.assemble((f"{mark} ", style), (f"{finding.title}: ", "bold"), clean(finding.found))
    if finding.state == "ok":
        return Static(first)
    more = [finding.why, finding.fix, f"$ {finding.command}" if finding.command else ""]
    return Static(Content("\n").join([first, *(Content(f"  {clean(text)}") for text in more if text)]))


def _step(step: Step) -> list[Static]:
    runs = step.decision is Decision.RUN
    mark, style = ("▶ run ", "bold $text-primary") if runs else ("» skip", "$text-muted")
    lines = [
        Static(Content.assemble((f"{mark}  ", style), (step.title, "bold")), classes="step"),
        Static(f"because {step.why}", classes="why", markup=False),
    ]
    return [*lines, Static(step.command, classes="command", markup=False)] if step.command else lines
