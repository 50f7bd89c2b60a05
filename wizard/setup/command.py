"""The commands that do what was answered: for a script, or for a colleague. Pure; quoted exactly for a POSIX shell."""

from __future__ import annotations

import shlex
from pathlib import Path

from wizard.setup.model import Setup
from wizard.setup.questions import get, questions


def init_arguments(folder: Path, setup: Setup) -> list[str]:
    """The words after `codehub` that give a new folder these answers: those that differ from the defaults."""
    usual = Setup()
    given = [f"{one.path}={one.show(setup)}" for one in questions() if get(setup, one.path) != get(usual, one.path)]
    words = [word for setting in given for word in ("--set", setting)]
    return ["init", _as_operand(folder), *(words or ["--yes"])]


def init_command(folder: Path, setup: Setup) -> str:
    """`codehub init` with every answer that differs from the default."""
    return shlex.join(["codehub", *init_arguments(folder, setup)])


def apply_command(folder: Path) -> str:
    """`codehub apply` without questions."""
    return shlex.join(["codehub", "apply", _as_operand(folder), "--yes"])


def _as_operand(folder: Path) -> str:
    """A path that no option parser takes for an option."""
    text = str(folder)
    return f"./{text}" if text.startswith("-") else text
