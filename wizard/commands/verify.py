"""`codehub verify`: prove that what is deployed works, at the address that people use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import folder_argument, load_setup, print_json
from wizard.errors import ExitCode

if TYPE_CHECKING:
    from wizard.setup.model import Setup
    from wizard.tools.verify_hub import Verified


@click.command()
@folder_argument
@click.option(
    "--user/--hub",
    "user",
    default=None,
    help="Start a throw-away user's server and try it, or only ask the hub; by default as target.verify says.",
)
@click.option("--wait", default=30.0, show_default=True, metavar="SECONDS", help="How long the hub may take to answer.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")
def verify(folder: Path, wait: float, *, user: bool | None, as_json: bool) -> int:
    """See whether the hub answers, and with --user whether somebody gets an editor that nobody else can reach.

    What it makes for that is removed again. The exit code is 1 when something does not work.
    """
    from wizard.commands.stopping import run_stoppable

    setup = load_setup(folder)
    # The question is not asked for this target, whose hub can always be tried.
    chosen = setup.has_verify_service if user is None else user
    found = run_stoppable(lambda _stop: _verify(setup, folder, user=chosen, patience=wait, quiet=as_json))
    if as_json:
        print_json(
            {
                "url": f"{found.access.url}/",
                "jupyterhub": found.version,
                "user": chosen,
                "editor_seconds": found.editor_seconds,
            }
        )
    elif chosen:
        click.echo(f"It works: the editor of a throw-away user opened in {found.editor_seconds:g} seconds.")
    else:
        click.echo("It answers. With --user a throw-away user's editor is tried too.")
    return ExitCode.DONE


async def _verify(setup: Setup, folder: Path, *, user: bool, patience: float, quiet: bool) -> Verified:
    from wizard.commands.reporter import LineReporter

    reporter = LineReporter(None if quiet else sys.stdout)
    if setup.target.kind == "local":
        from wizard.run.folder import SetupFolder
        from wizard.targets.local_verify import verify as prove_here

        return await prove_here(SetupFolder(folder), reporter, user=user, patience=patience)
    if setup.target.kind == "docker":
        from wizard.run.folder import SetupFolder
        from wizard.targets.docker_verify import verify as prove_on_docker

        place = SetupFolder(folder)
        return await prove_on_docker(setup, place, place.load_secrets(), reporter, user=user, patience=patience)
    from wizard.targets.kubernetes_verify import verify as prove

    return await prove(setup, reporter, user=user, patience=patience)
