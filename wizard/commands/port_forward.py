"""`codehub port-forward`: a port of this machine that leads to the hub in the cluster, until Ctrl+C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import folder_argument, load_setup
from wizard.errors import ExitCode

if TYPE_CHECKING:
    from wizard.setup.model import Setup


@click.command("port-forward")
@folder_argument
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port of this machine; by default that of the answers, or a free one where it is taken. 0: a free one.",
)
def port_forward(folder: Path, port: int | None) -> int:
    """Open the hub of DIR on a port of this machine, and keep it open until Ctrl+C.

    Needs neither kubectl nor an ingress, and goes on when the hub's pods are replaced. Only this machine can use it.
    """
    from wizard.commands.stopping import run_stoppable

    setup = load_setup(folder)
    run_stoppable(lambda _stop: _hold(setup, port))
    return ExitCode.DONE


async def _hold(setup: Setup, port: int | None) -> None:
    import asyncio

    from wizard.shell import note, warn
    from wizard.targets.forwarding import forwarded

    async with forwarded(
        setup, port=port, on_pod=lambda name: note(f"Forwarding to the pod {name}."), on_trouble=warn
    ) as url:
        click.echo(url)
        note("Ctrl+C ends it.")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            note("Ended.")
