"""`codehub init`: answers only, from flags or a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import ANSWERS, folder_argument, quoted, require_file, review_or_refuse
from wizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wizard.setup.model import Setup

_STDIN_LIMIT = 256 * 1024


@click.command()
@folder_argument
@click.option("--plain", is_flag=True, help="Ask for the answers, one question after the other.")
@click.option("--yes", is_flag=True, help="Take the default of everything that is not set.")
@click.option(
    "--set",
    "settings",
    metavar="FIELD=VALUE",
    multiple=True,
    help="Set an answer; may be repeated. See: codehub fields",
)
@click.option("--from", "source", metavar="FILE", help="Start from the answers in another codehub.yaml; - is stdin.")
def init(folder: Path, settings: tuple[str, ...], source: str | None, *, plain: bool, yes: bool) -> int:
    """Save the answers of a setup to DIR/codehub.yaml; works anywhere, offline.

    Answers that DIR already has are kept, with their comments; only what is set is changed.
    With --from they are replaced, which needs --yes.

    \b
    codehub init hub --plain
    codehub init hub --yes
    codehub init hub --set target.kind=docker --set hub.auth.users=alice,bob
    """  # noqa: D301 - click's mark for lines to keep is a real \b
    from wizard.files import make_folder

    if plain:
        return _ask(folder, others=bool(settings or source or yes))
    if not (yes or settings or source):
        raise UsageError(
            "There are no answers to save.",
            why="Neither --plain, --yes, --set nor --from was given.",
            fix=f"Be asked with: codehub init {quoted(folder)} --plain, or take the defaults with --yes",
        )
    path = folder / ANSWERS
    if source and path.exists() and not yes:
        raise UsageError(
            f"{path} exists already.",
            why="--from would replace the answers in it.",
            fix="Add --yes to replace them, or name another folder.",
        )
    setup = _answers(path, source, settings)
    review_or_refuse(setup, "The setup")
    make_folder(folder)
    _save(path, setup)
    click.echo(f"{path} is written. Next: codehub plan {quoted(folder)}")
    return ExitCode.DONE


def _ask(folder: Path, *, others: bool) -> int:
    if others:
        raise UsageError(
            "--plain asks for the answers; --yes, --set and --from give them.",
            fix=f"Save what you know first, then: codehub init {quoted(folder)} --plain",
        )
    from wizard.prompts import run_prompts

    return run_prompts(folder)


def _answers(path: Path, source: str | None, settings: tuple[str, ...]) -> Setup:
    from wizard.setup.model import Setup
    from wizard.setup.store import load, parse, with_settings

    if source == "-":
        return parse(_stdin(), "stdin", settings)
    if source:
        return load(Path(source), settings)
    if path.exists():
        require_file(path)
        return load(path, settings)
    return with_settings(Setup(), settings)


def _stdin() -> str:
    """All of stdin; raises UsageError when it is not UTF-8 or far too large for answers."""
    raw = sys.stdin.buffer.read(_STDIN_LIMIT + 1)
    if len(raw) > _STDIN_LIMIT:
        raise UsageError(
            "stdin is too large.", why=f"It has more than {_STDIN_LIMIT:,} bytes.", fix="Send the answers."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("stdin is not UTF-8 text.", why=str(error), fix="Send the answers as UTF-8.") from error


def _save(path: Path, setup: Setup) -> None:
    from wizard.setup.store import save

    save(path, setup)
