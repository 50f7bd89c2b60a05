"""`codehub rollback`: back to an earlier revision, with its images, answers and files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from wizard.commands.common import folder_argument, json_option, print_json, quoted, require_setup
from wizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wizard.console import ProgressMode
    from wizard.targets.rollback import Past

_MOST_LINES = 12
"""Of one revision's changes that are listed."""


@click.command()
@folder_argument
@click.option("--to", "number", metavar="REVISION", type=click.IntRange(min=1), help="By default the one before.")
@click.option("--list", "only_list", is_flag=True, help="Show the revisions and what changed with each, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "json"]),
    default="auto",
    show_default=True,
    help="auto: redrawn on a terminal; json: one event a line on stdout, nothing else.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show the raw output of the steps too.")
@json_option
def rollback(
    folder: Path, number: int | None, progress: str, *, only_list: bool, yes: bool, verbose: bool, as_json: bool
) -> int:
    """Go back to an earlier revision of the release in DIR; images, answers and files go back together.

    Shows the revisions, what changed with each, and what cannot go back. --json is for --list.
    """
    from wizard.commands.running import run_and_show
    from wizard.commands.stopping import run_stoppable
    from wizard.run.folder import SetupFolder
    from wizard.shell import note
    from wizard.targets.rollback import history, target_of, warnings
    from wizard.targets.rollback import rollback as carry_out

    require_setup(folder)
    if as_json and not only_list:
        raise UsageError("--json is for --list.", fix="Add --list, or use --progress json.")
    for_programs = progress == "json"
    if not (yes or only_list) and (for_programs or not (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError(
            "rollback asks before it does anything, and there is nobody to ask.",
            why="--progress json is for programs." if for_programs else "This is not a terminal.",
            fix=f"Look at it with --list, and add --yes: codehub rollback {quoted(folder)} --yes",
        )
    place = SetupFolder(folder)
    pasts = run_stoppable(lambda _stop: history(place))
    if only_list:
        print_json([_document(past) for past in pasts]) if as_json else _show(pasts)
        return ExitCode.DONE
    chosen = target_of(pasts, number or 0, place)
    if not for_programs:
        _show(pasts)
        click.echo(f"Going back to revision {chosen.revision.number} ({chosen.revision.chart}).")
    for text in warnings(pasts, chosen):
        note(f"  - {text}")
    if not yes and not click.confirm("Do this now?", err=True):
        note("Nothing was done.")
        return ExitCode.DONE
    code = run_and_show(cast("ProgressMode", progress), verbose, lambda emit: carry_out(place, chosen, emit))
    if code != ExitCode.DONE:
        note("The answers and files are as they were before.")
    return code


def _document(past: Past) -> dict[str, Any]:
    revision = past.revision
    return {
        "revision": revision.number,
        "status": revision.status,
        "chart": revision.chart,
        "updated": revision.updated,
        "description": revision.description,
        "known": past.setup is not None,
        "code_server": past.setup.code_server.version if past.setup else None,
        "notebook": past.setup.notebook_reference if past.setup else None,
        "changes": list(past.changes),
    }


def _show(pasts: tuple[Past, ...]) -> None:
    from wizard.text import clean

    if not pasts:
        click.echo("There is no release yet.")
    for past in pasts:
        revision = past.revision
        version = f", code-server {past.setup.code_server.version}" if past.setup else ""
        head = f"{revision.number:>3}  {revision.updated[:19]}  {revision.status:<11} {revision.chart}{version}"
        click.echo(clean(head))
        for line in past.changes[:_MOST_LINES]:
            click.echo(f"       {clean(line)}")
        if len(past.changes) > _MOST_LINES:
            click.echo(f"       … and {len(past.changes) - _MOST_LINES} more lines")
