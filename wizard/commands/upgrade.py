"""`codehub upgrade`: newer versions for a setup, shown before they are agreed to, and taken back if they fail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from wizard.commands.columns import compared_document, show_comparison
from wizard.commands.common import folder_argument, print_json, quoted, require_setup
from wizard.commands.files import overwrite_option
from wizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wizard.console import ProgressMode
    from wizard.targets.session import Overwrite
    from wizard.targets.upgrading import Look
    from wizard.upgrade.proposal import Proposal


@click.command()
@folder_argument
@click.option("--code-server", metavar="TAG", default="", help="Go to this code-server; the chart stays, unless named.")
@click.option("--chart", metavar="VERSION", default="", help="Go to this chart; code-server stays, unless named.")
@click.option("--no-backup", is_flag=True, help="Do not save the hub's database before a new JupyterHub major.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would be done and stop.")
@click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "json"]),
    default="auto",
    show_default=True,
    help="auto: redrawn on a terminal; json: one event a line on stdout, nothing else.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show the raw output of the steps too.")
@overwrite_option
def upgrade(  # noqa: PLR0913 - its options
    folder: Path,
    code_server: str,
    chart: str,
    progress: str,
    overwrite: Overwrite,
    *,
    no_backup: bool,
    yes: bool,
    dry_run: bool,
    verbose: bool,
) -> int:
    """Bring the setup in DIR to newer versions: by default the newest code-server and chart that go together.

    Shows what changes, what happens to users, and what to know of the chart's versions on the way; images get new
    tags. When it does not work, the release, the answers and the files go back to what they were.
    """
    from wizard.commands.running import run_and_show
    from wizard.commands.stopping import run_stoppable
    from wizard.run.folder import SetupFolder
    from wizard.shell import note
    from wizard.targets.comparing import compare
    from wizard.targets.upgrading import look
    from wizard.targets.upgrading import upgrade as carry_out
    from wizard.upgrade.choose import Wanted

    require_setup(folder)
    as_json = progress == "json"
    if not (yes or dry_run) and (as_json or not (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError(
            "upgrade asks before it does anything, and there is nobody to ask.",
            why="--progress json is for programs." if as_json else "This is not a terminal.",
            fix=f"Look at it with --dry-run, and add --yes: codehub upgrade {quoted(folder)} --yes",
        )
    place = SetupFolder(folder)
    if sys.stderr.isatty():
        note("Looking at what there is …")
    found = run_stoppable(lambda _stop: look(place, Wanted(code_server, chart)))
    if not as_json or dry_run:
        compared = run_stoppable(lambda _stop: compare(place, found.proposal.before, found.known))
    if dry_run and as_json:
        print_json(_document(found) | compared_document(compared))
        return ExitCode.DONE
    if not as_json:
        show_comparison(compared)
        _show(folder, found)
    if found.proposal.nothing or dry_run:
        return ExitCode.DONE
    if not yes and not click.confirm("Do this now?", err=True):
        note("Nothing was done.")
        return ExitCode.DONE
    code = run_and_show(
        cast("ProgressMode", progress),
        verbose,
        lambda emit: carry_out(
            place,
            found.proposal,
            emit,
            overwrite=overwrite,
            save_database=not no_backup,
            on_plan=_warn_of_kept_files,
        ),
    )
    if code != ExitCode.DONE:
        note("The answers and files are as they were before.")
    return code


def _warn_of_kept_files(preparation: Any) -> None:  # noqa: ANN401 - a Preparation, not imported for --help's sake
    from wizard.shell import warn

    kept = [change.path for change in preparation.rendering.changes if change.kind == "edited"]
    overwrite = preparation.rendering.overwrite
    for path in kept:
        if overwrite != "all" and path not in overwrite:
            warn(f"{path} is kept: you changed it, and codehub has something new too. See: codehub plan")


def _document(found: Look) -> dict[str, Any]:
    proposal = found.proposal
    backup = proposal.backup
    return {
        "nothing": proposal.nothing,
        "changes": [vars(change) for change in proposal.changes],
        "rebuilt": sorted(proposal.rebuilt),
        "effects": list(proposal.effects),
        "advice": [{"version": one.version, "text": one.text, "migrated": one.migrated} for one in proposal.advice],
        "notes": list(proposal.notes),
        "values_extra_diff": proposal.extra_diff,
        "backup": {"file": backup.file, "restore": list(backup.restore)} if backup else None,
        "sources": list(found.sources),
    }


def _show(folder: Path, found: Look) -> None:
    from wizard.text import clean

    proposal = found.proposal
    for line in _lines(folder, proposal):
        click.echo(clean(line))
    for text in found.sources:
        click.echo(click.style(f"({clean(text)})", dim=True))


def _lines(folder: Path, proposal: Proposal) -> list[str]:
    lines = [f"note: {note}" for note in proposal.notes]
    if proposal.nothing:
        return [*lines, "Everything is as new as it can be here."]
    width = max((len(change.path) for change in proposal.changes), default=0)
    lines += [f"{change.path:<{width}}  {change.before} -> {change.after or '(empty)'}" for change in proposal.changes]
    sections = (
        ("What happens to users:", proposal.effects),
        ("What to know before:", [str(one) for one in proposal.advice]),
    )
    for title, texts in sections:
        if texts:
            lines += ["", title, *(f"  - {text}" for text in texts)]
    if proposal.extra_diff:
        lines += ["", *proposal.extra_diff.splitlines()]
    if proposal.backup:
        lines += ["", f"The hub's database, which cannot go back, is saved first to {proposal.backup.file}"]
        lines += ["To go back to it later, put it in place and roll back at once:"]
        lines += [f"  $ {command}" for command in proposal.backup.restore]
        lines += [f"  $ codehub rollback {quoted(folder)}"]
    return [*lines, ""]
