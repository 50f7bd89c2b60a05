"""`codehub apply`: write the files and carry the plan out."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from wizard.commands.common import folder_argument, print_json, quoted
from wizard.commands.files import overwrite_option
from wizard.commands.plan import plan_document, prepared, show_plan
from wizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wizard.console import ProgressMode
    from wizard.run.events import Emit, RunFinished
    from wizard.targets.session import Overwrite, Preparation


@click.command()
@folder_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@click.option("--repair", is_flag=True, help="Free the release first where a killed Helm left it locked.")
@click.option("--from", "start_from", metavar="STEP", default="", help="Run this step and all that follow from it.")
@click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "json"]),
    default="auto",
    show_default=True,
    help="auto: redrawn on a terminal; json: one event a line on stdout, nothing else.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show the raw output of the steps too.")
@overwrite_option
def apply(
    folder: Path,
    start_from: str,
    progress: str,
    overwrite: Overwrite,
    *,
    yes: bool,
    dry_run: bool,
    repair: bool,
    verbose: bool,
) -> int:
    """Build the images, deliver them and deploy; only what is needed is done.

    Shows the plan and asks first. Ctrl+C stops every running step; the next apply goes on from there.
    """
    return apply_folder(
        folder, start_from, progress, overwrite, yes=yes, dry_run=dry_run, repair=repair, verbose=verbose
    )


def apply_folder(
    folder: Path,
    start_from: str = "",
    progress: str = "auto",
    overwrite: Overwrite = (),
    *,
    yes: bool = False,
    dry_run: bool = False,
    repair: bool = False,
    verbose: bool = False,
) -> int:
    """What `codehub apply` does, also for the prompts that end with it; returns the exit code."""
    from wizard.shell import note
    from wizard.targets.repairing import is_locked
    from wizard.targets.session import require_clear

    as_json = progress == "json"
    if not (yes or dry_run):
        _require_someone_to_ask(folder, as_json=as_json)
    preparation = prepared(folder, overwrite=overwrite, start_from=start_from)
    if dry_run:
        print_json(plan_document(preparation)) if as_json else show_plan(preparation)
        return ExitCode.DONE
    if not yes:
        show_plan(preparation)
    if is_locked(preparation.plan):
        code = _free(preparation, cast("ProgressMode", progress), repair=repair, ask=not yes, verbose=verbose)
        if code is None:
            note("Nothing was done.")
            return ExitCode.DONE
        if code != ExitCode.DONE:
            return code
        preparation = prepared(folder, overwrite=overwrite, start_from=start_from)
    require_clear(preparation.plan)
    if not yes and preparation.plan.to_run and not click.confirm("Do this now?", err=True):
        note("Nothing was done.")
        return ExitCode.DONE
    code = carry_out(preparation, cast("ProgressMode", progress), verbose=verbose)
    made = preparation.rendering
    if code == ExitCode.DONE and preparation.plan.to_run and not as_json and made.secrets.logins(made.setup):
        note(f"The passwords to log in with are in {preparation.folder.secrets}.")
    return code


def _free(preparation: Preparation, progress: ProgressMode, *, repair: bool, ask: bool, verbose: bool) -> int | None:
    """Free a locked release, if that was asked for or somebody agrees to it; returns the exit code, None for a no.

    Raises MissingError, which says how, when it may not be freed, or when something else blocks the run as well.
    """
    from wizard.commands.running import run_and_show
    from wizard.commands.stopping import run_stoppable
    from wizard.errors import StepFailed
    from wizard.shell import note
    from wizard.targets.repairing import free, question, repair_of
    from wizard.targets.session import require_clear
    from wizard.tools.preflight import RELEASE

    plan, setup = preparation.plan, preparation.rendering.setup
    rest = tuple(finding for finding in plan.findings if finding.name != RELEASE)
    require_clear(dataclasses.replace(plan, findings=rest))
    found = run_stoppable(lambda _stop: repair_of(setup))
    if found is None:
        return ExitCode.DONE
    what, why = question(setup, found)
    note(f"The release {setup.target.release} is locked. {why}")
    if not repair:
        if not ask:
            require_clear(plan)
        if not click.confirm(what, err=True):
            return None

    async def work(emit: Emit) -> RunFinished:
        finished = await free(preparation.folder, setup, emit)
        if finished is None:
            raise StepFailed("The release is no longer locked.", fix="Run the same command again.")
        return finished

    return run_and_show(progress, verbose, work)


def _require_someone_to_ask(folder: Path, *, as_json: bool) -> None:
    if sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
        return
    raise UsageError(
        "apply asks before it does anything, and there is nobody to ask.",
        why="--progress json is for programs." if as_json else "This is not a terminal.",
        fix=f"Add --yes: codehub apply {quoted(folder)} --yes",
    )


def carry_out(preparation: Preparation, progress: ProgressMode, *, verbose: bool) -> int:
    """Run the plan, show it, and say on stderr what failed; returns the exit code."""
    from wizard.commands.running import run_and_show
    from wizard.targets.session import apply as apply_plan

    return run_and_show(progress, verbose, lambda emit: apply_plan(preparation, emit))
