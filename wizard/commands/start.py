"""`codehub [DIR]`: where a folder stands and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from wizard.commands.common import answers_path, folder_argument
from wizard.commands.status import show_status


@click.command(hidden=True)
@folder_argument
@click.pass_context
def start(context: click.Context, folder: Path) -> None:
    """Show where a setup folder stands; help for a folder that is none."""
    if answers_path(folder).exists():
        show_status(folder, as_json=False)
        return
    parent = context.parent or context
    click.echo(parent.get_help())
