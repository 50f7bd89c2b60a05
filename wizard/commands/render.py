"""`codehub render`: write the files of a setup folder, or say what would be written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import folder_argument, quoted, require_setup
from wizard.commands.files import grouped, overwrite_option, show_changes
from wizard.errors import ExitCode

if TYPE_CHECKING:
    from wizard.run.folder import Written
    from wizard.targets.session import Overwrite, Rendering


@click.command()
@folder_argument
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if files would change, and show how.")
@overwrite_option
def render(folder: Path, overwrite: Overwrite, *, check: bool) -> int:
    """Write the files that the answers in DIR/codehub.yaml become; works anywhere, offline.

    A file that you changed is kept, and said so, unless --overwrite names it. Secrets are made once and kept.
    """
    from wizard.run.folder import SetupFolder
    from wizard.run.lock import folder_lock
    from wizard.targets.session import rendering

    require_setup(folder)
    place = SetupFolder(folder)
    if check:
        made = rendering(place, overwrite=overwrite)
        _say_warnings(made)
        show_changes(made.changes)
        due = any(change.differs or change.is_due(overwrite) for change in made.changes)
        return ExitCode.STEP_FAILED if due else ExitCode.DONE
    with folder_lock(place.private):
        made = rendering(place, overwrite=overwrite)
        _say_warnings(made)
        written = place.write(made.files, made.state, overwrite)
    _show(folder, made, written)
    return ExitCode.DONE


def _say_warnings(made: Rendering) -> None:
    from wizard.shell import warn

    for text in (*made.notices, *map(str, made.warnings)):
        warn(text)


def _show(folder: Path, made: Rendering, written: Written) -> None:
    from wizard.shell import note

    edited = [change.path for change in made.changes if change.kind == "edited" and change.path in written.kept]
    for path in grouped(written.written):
        click.echo(f"written  {path}")
    for path in grouped(written.removed):
        click.echo(f"removed  {path}")
    if not written.written and not written.removed:
        click.echo("Nothing to write: the files are as they should be.")
    for path in edited:
        again = f"codehub render {quoted(folder)} --overwrite {path}"
        note(f"{folder / path} is kept: you changed it. To take codehub's: {again}")
