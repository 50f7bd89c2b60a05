"""`codehub render`: write the files of a setup folder, or say what would be written."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from wizard.commands.common import folder_argument, load_setup, quoted, require_setup
from wizard.commands.files import grouped, overwrite_option, show_changes
from wizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wizard.run.folder import Written
    from wizard.targets.session import Overwrite, Rendering

_SECRET_LIMIT = 4096


@click.command()
@folder_argument
@click.option(
    "--client-secret",
    metavar="FILE",
    type=click.File("r", encoding="utf-8"),
    help="Put the login provider's client secret from this file into secrets.yaml; - is stdin.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if files would change, and show how.")
@overwrite_option
def render(folder: Path, overwrite: Overwrite, client_secret: IO[str] | None, *, check: bool) -> int:
    """Write the files that the answers in DIR/codehub.yaml become; works anywhere, offline.

    A file that you changed is kept, and said so, unless --overwrite names it. Secrets are made once and kept.
    """
    from wizard.run.folder import SetupFolder
    from wizard.run.lock import folder_lock
    from wizard.targets.session import rendering

    require_setup(folder)
    place = SetupFolder(folder)
    secret = _read(client_secret) if client_secret else ""
    if secret:
        # Refused here where the login uses none, which those who answer by screens can change their minds about.
        place.load_secrets().with_client_secret(load_setup(folder), secret)
    if check:
        made = rendering(place, overwrite=overwrite, client_secret=secret)
        _say_warnings(made)
        show_changes(made.changes)
        due = any(change.differs or change.is_due(overwrite) for change in made.changes)
        return ExitCode.STEP_FAILED if due else ExitCode.DONE
    with folder_lock(place.private):
        made = rendering(place, overwrite=overwrite, client_secret=secret)
        _say_warnings(made)
        written = place.write(made.files, made.state, overwrite)
    _show(folder, made, written)
    return ExitCode.DONE


def _read(source: IO[str]) -> str:
    """The secret in a file or on stdin, one line of it; raises UsageError for anything else, without showing it."""
    try:
        lines = source.read(_SECRET_LIMIT + 1).strip().splitlines()
    except UnicodeDecodeError:
        lines = []
    if len(lines) == 1 and len(lines[0]) <= _SECRET_LIMIT:
        return lines[0]
    raise UsageError(
        f"{source.name} does not have a client secret.",
        why="One line of text is needed: the secret alone.",
        fix="Take it from the provider's page for this app.",
    )


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
