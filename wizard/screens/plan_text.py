"""A plan as text: each step with whether it runs, why, and the command that it comes to."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from wizard.plan.model import Decision, Plan
from wizard.wording import counted


def plan_lines(plan: Plan, notices: Iterable[str]) -> list[Content]:
    """A line for the whole, then two or three for each step."""
    to_run = len(plan.to_run)
    skipped = len(plan.steps) - to_run
    if to_run:
        head = f"{counted(to_run, 'step')} to run" + (f", {skipped} skipped" if skipped else "")
    else:
        head = "Nothing to do: everything is as the answers want it"
    lines = [Content.styled(f"{head}.", "bold"), *(Content.styled(f"! {text}", "$text-warning") for text in notices)]
    for step in plan.steps:
        runs = step.decision is Decision.RUN
        mark, style = ("▶ run ", "bold $text-primary") if runs else ("» skip", "$text-muted")
        lines.append(Content(""))
        lines.append(Content.assemble((f"{mark}  ", style), (step.title, "bold")))
        lines.append(Content.assemble("        ", ("because ", "$text-muted"), step.why))
        if step.command:
            lines.append(Content.styled(f"        {step.command}", "$text-muted"))
    return lines
