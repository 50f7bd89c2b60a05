"""`codehub [DIR]`: where a folder stands and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from wizard.commands.common import ANSWERS, answers_path, checked_setup, folder_argument, quoted


@click.command(hidden=True)
@folder_argument
@click.pass_context
def start(context: click.Context, folder: Path) -> None:
    """Show where a setup folder stands; help for a folder that is none."""
    if answers_path(folder).exists():
        setup = checked_setup(folder)
        click.echo(f"{folder / ANSWERS}: code-server {setup.code_server.version} for {setup.target.kind}.")
        click.echo(f"Next: codehub doctor {quoted(folder)}")
        return
    parent = context.parent or context
    click.echo(parent.get_help())
