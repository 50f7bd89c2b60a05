"""`codehub pin`: let builds use exactly what was looked at, whatever happens to tags and downloads later."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import folder_argument, load_setup, quoted
from wizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wizard.targets.pinning import Pinned


@click.command()
@folder_argument
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if something is not pinned to what there is now.")
@click.option("--remove", is_flag=True, help="Take the pins out again.")
def pin(folder: Path, *, check: bool, remove: bool) -> int:
    """Pin base images by digest and code-server's release by its checksum, in DIR/codehub.yaml.

    Builds then use just these. Pin again to take what is newer; an upgrade leaves pins of other versions behind. The
    registries are asked by the Docker daemon; a release is fetched once to know its checksum.
    """
    from wizard.commands.reporter import LineReporter
    from wizard.commands.stopping import run_stoppable
    from wizard.run.folder import SetupFolder
    from wizard.run.lock import folder_lock
    from wizard.setup.store import save
    from wizard.targets import pinning

    if check and remove:
        raise UsageError("--check and --remove do not go together.", fix="Use one of them.")
    setup = load_setup(folder)
    place = SetupFolder(folder)
    if remove:
        with folder_lock(place.private):
            save(place.answers, pinning.unpinned(setup))
        click.echo("Nothing is pinned any more.")
        return ExitCode.DONE
    if not setup.builds_images:
        raise UsageError(
            f"The target {setup.target.kind} builds no images.",
            why="There is nothing to pin.",
            fix="Choose another target first: codehub init --set target.kind=kubernetes",
        )
    reporter = LineReporter(sys.stderr)
    found = run_stoppable(lambda _stop: pinning.pin(setup, folder, reporter))
    _show(found)
    if check:
        return ExitCode.STEP_FAILED if found.setup != setup else ExitCode.DONE
    if found.setup != setup:
        with folder_lock(place.private):
            save(place.answers, found.setup)
        click.echo(f"{place.answers} is written; the next step: codehub apply {quoted(folder)}")
    return ExitCode.DONE


def _show(found: Pinned) -> None:
    for one in found.pins:
        state = "pinned " if one.before == "" else ("newer  " if one.changed else "same   ")
        click.echo(f"{state} {one.what}: {one.name}\n        {one.pin}")
        if one.before and one.changed:
            click.echo(f"        was {one.before}")
    for text in found.left:
        click.echo(f"free    {text}")
