"""A plan: each step with whether it runs, why, and the command that it comes to."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from wizard.plan.model import Decision, Plan, Step
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
    }
    """

    def say(self, text: str) -> None:
        """Show a text in place of a plan."""
        self._fill([Static(text, markup=False)])

    def show(self, plan: Plan, notices: Iterable[str]) -> None:
        """Show a plan; notices are what a person should know besides."""
        lines = [Static(f"! {text}", markup=False) for text in notices]
        steps = [line for step in plan.steps for line in _step(step)]
        self._fill([Static(_head(plan), classes="head", markup=False), *lines, *steps])

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


def _step(step: Step) -> list[Static]:
    runs = step.decision is Decision.RUN
    mark, style = ("▶ run ", "bold $text-primary") if runs else ("» skip", "$text-muted")
    lines = [
        Static(Content.assemble((f"{mark}  ", style), (step.title, "bold")), classes="step"),
        Static(f"because {step.why}", classes="why", markup=False),
    ]
    return [*lines, Static(step.command, classes="command", markup=False)] if step.command else lines
