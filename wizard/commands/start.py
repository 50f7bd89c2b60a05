"""`codehub [DIR]`: the wizard; without a terminal, where the folder stands and what to do next."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from wizard.commands.common import answers_path, folder_argument
from wizard.commands.status import show_status


@click.command(hidden=True)
@folder_argument
@click.pass_context
def start(context: click.Context, folder: Path) -> int | None:
    """Open the wizard in a folder; plain questions on a terminal that cannot draw, the folder's state without one."""
    if someone_answers():
        if _can_draw():
            from wizard.app import run_app

            _refuse_other_files(folder)
            return run_app(folder)
        from wizard.prompts import run_prompts

        return run_prompts(folder)
    if answers_path(folder).exists():
        show_status(folder, as_json=False)
        return None
    parent = context.parent or context
    click.echo(parent.get_help())
    return None


def _refuse_other_files(folder: Path) -> None:
    """A folder that does not exist yet can be made; anything else in its place cannot. Raises UsageError."""
    if folder.exists():
        answers_path(folder)


def someone_answers() -> bool:
    """Whether a person is at both ends: stdin and stdout are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout is not None and sys.stdout.isatty()


def _can_draw() -> bool:
    """The wizard draws on stderr, by moving the cursor."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}
