"""`codehub plan`: what apply would do, and why; also how apply shows it before it asks."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wizard.commands.common import folder_argument, json_option, print_json, require_setup
from wizard.commands.files import changes_as_json, overwrite_option, show_changes
from wizard.commands.findings import show_findings

if TYPE_CHECKING:
    from wizard.targets.session import Overwrite, Preparation


@click.command()
@folder_argument
@overwrite_option
@click.option("--diff", "with_diff", is_flag=True, help="Ask the cluster what would change in its objects.")
@json_option
def plan(folder: Path, overwrite: Overwrite, *, with_diff: bool, as_json: bool) -> None:
    """Show what apply would do: each step run or skip and why, and what changes in the files. Changes nothing.

    With --diff Helm's dry run on the server tells the differences of the cluster's objects too, secrets masked.
    """
    from wizard.commands.stopping import run_stoppable

    preparation = prepared(folder, overwrite=overwrite)
    if as_json:
        document = plan_document(preparation)
        if with_diff:
            document["cluster"] = run_stoppable(lambda _stop: _difference_document(preparation))
        print_json(document)
        return
    show_plan(preparation)
    if with_diff:
        run_stoppable(lambda _stop: _show_difference(preparation))


async def _difference_document(preparation: Preparation) -> dict[str, Any] | None:
    from wizard.targets.kubernetes_diff import can_differ, difference

    if not can_differ(preparation):
        return None
    found = await difference(preparation)
    return {"objects": [dataclasses.asdict(one) for one in found.objects], "notes": list(found.notes)}


async def _show_difference(preparation: Preparation) -> None:
    from wizard.targets.kubernetes_diff import can_differ, difference

    if not can_differ(preparation):
        click.echo("Nothing is deployed to a cluster, so nothing changes there.")
        return
    found = await difference(preparation)
    click.echo(found.summary)
    for one in found.objects:
        click.echo(f"{one.change:<8} {one.title}")
        for line in one.lines if one.change == "changed" else ():
            click.echo(f"    {line}")
    for note in found.notes:
        click.echo(note)


def prepared(folder: Path, *, overwrite: Overwrite = (), start_from: str = "") -> Preparation:
    """The plan for a folder, made from what Docker, the registry and the cluster say now.

    Says the warnings about the answers on stderr. Raises UsageError, InvalidAnswers or MissingError.
    """
    from wizard.commands.stopping import run_stoppable
    from wizard.run.folder import SetupFolder
    from wizard.shell import note, warn
    from wizard.targets.session import prepare

    require_setup(folder)
    if sys.stderr.isatty():
        note("Looking at what is there …")
    preparation = run_stoppable(lambda _stop: prepare(SetupFolder(folder), overwrite=overwrite, start_from=start_from))
    for text in (*preparation.rendering.notices, *map(str, preparation.rendering.warnings)):
        warn(text)
    return preparation


def plan_document(preparation: Preparation) -> dict[str, Any]:
    """The plan as one JSON-ready document, without secrets."""
    made = preparation.rendering
    return {
        "folder": str(preparation.folder.path),
        "target": made.setup.target.kind,
        "to_run": len(preparation.plan.to_run),
        "steps": [
            {
                "id": step.id,
                "title": step.title,
                "branch": step.branch,
                "decision": str(step.decision),
                "why": step.why,
                "needs": list(step.needs),
                "command": step.command,
            }
            for step in preparation.plan.steps
        ],
        "checks": [{**dataclasses.asdict(finding), "blocks": finding.blocks} for finding in preparation.plan.findings],
        "files": changes_as_json(made.changes),
        "warnings": [str(problem) for problem in made.warnings],
    }


def show_plan(preparation: Preparation) -> None:
    """Print the plan for a person: files, then steps with their reasons and commands."""
    from wizard.plan.model import Decision
    from wizard.text import clean
    from wizard.wording import counted

    show_changes(preparation.rendering.changes)
    for step in preparation.plan.steps:
        runs = step.decision is Decision.RUN
        word = click.style(f"{'run' if runs else 'skip':<8}", fg="green" if runs else "bright_black")
        click.echo(f"{word} {clean(f'{step.title} [{step.id}]: {step.why}')}")
        if runs and step.command:
            click.echo(f"             $ {clean(step.command)}")
    show_findings(preparation.plan.findings)
    to_run = len(preparation.plan.to_run)
    if to_run:
        click.echo(f"{counted(to_run, 'step')} of {len(preparation.plan.steps)} to run.")
    else:
        click.echo("No step to run: everything is as it should be.")
