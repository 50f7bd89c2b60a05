"""What several commands share: the DIR argument, `--json`, and loading the answers of a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.errors import UsageError

if TYPE_CHECKING:
    from wizard.setup.model import Setup

ANSWERS = "codehub.yaml"

folder_argument = click.argument(
    "folder", metavar="[DIR]", required=False, default=".", type=click.Path(path_type=Path)
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")


def require_setup(folder: Path) -> Path:
    """The codehub.yaml of a setup folder; raises UsageError that says how to make one where there is none."""
    path = answers_path(folder)
    if not path.exists():
        raise UsageError(
            f"{folder} is not a setup folder.",
            why=f"It has no {ANSWERS}.",
            fix=f"Make one with: codehub init {quoted(folder)} --yes",
            address="no-setup",
        )
    require_file(path)
    return path


def require_file(path: Path) -> None:
    """Raises UsageError for a folder, pipe or device in place of a file: reading one could wait for ever."""
    if not path.is_file():
        raise UsageError(f"{path} is not a file.", why="Something else has its name.", fix="Move that away.")


def load_setup(folder: Path) -> Setup:
    """The answers in a setup folder; raises UsageError or InvalidAnswers when they cannot be used."""
    path = require_setup(folder)
    from wizard.setup.store import load

    return load(path)


def review_or_refuse(setup: Setup, where: str) -> None:
    """Say the warnings about answers on stderr; raises InvalidAnswers where there are errors."""
    from wizard.setup.review import require_sound
    from wizard.shell import warn

    for problem in require_sound(setup, where):
        warn(str(problem))


def answers_path(folder: Path) -> Path:
    """Where the answers of a folder are; raises UsageError when there is no such folder."""
    if not folder.is_dir():
        kind = "is not a folder" if folder.exists() else "does not exist"
        raise UsageError(
            f"{folder} {kind}.",
            why="A setup folder is needed, one with a codehub.yaml.",
            fix=f"Check the path, or make one with: codehub init {quoted(folder)} --yes",
            address="no-setup",
        )
    return folder / ANSWERS


def quoted(folder: Path) -> str:
    """A path as a person types it into a shell."""
    import shlex

    return shlex.quote(str(folder))


def print_json(document: object) -> None:
    """Print one JSON document on stdout."""
    from wizard.text import harmless_json

    click.echo(harmless_json(json.dumps(document, indent=2, ensure_ascii=False)))


def say(text: str) -> None:
    """Print a line for a person on stdout; what a terminal would obey in it is left out."""
    from wizard.text import clean

    click.echo(clean(text))
