"""`codehub destroy`: end what a setup folder deployed; people's files stay unless they are asked for."""

from __future__ import annotations

from pathlib import Path

import click

from wizard.commands.common import folder_argument, load_setup, quoted
from wizard.errors import ExitCode, UsageError


@click.command()
@folder_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--with-data", is_flag=True, help="Remove people's files and the hub's database too.")
def destroy(folder: Path, *, yes: bool, with_data: bool) -> int:
    """Stop the hub and everybody's editors.

    People's files and the answers stay; `codehub apply` brings it all back. With --with-data the files go too.
    """
    import asyncio
    import shlex
    import sys

    from wizard.run.folder import SetupFolder
    from wizard.shell import note

    setup = load_setup(folder)
    if setup.target.kind != "local":
        helm = ["helm", "uninstall", setup.target.release, "--namespace", setup.target.namespace]
        helm += ["--kube-context", setup.target.context] if setup.target.context else []
        raise UsageError(
            f"codehub destroy does not end the target {setup.target.kind}.",
            why="Only processes on this machine are ended by it.",
            fix=f"Run: {shlex.join(helm)}" if setup.target.kind == "kubernetes" else "",
        )
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("destroy asks before it does anything, and there is nobody to ask.", fix="Add --yes.")
        what = "Stop the hub and remove everybody's files?" if with_data else "Stop the hub and everybody's editors?"
        if not click.confirm(what, err=True):
            note("Nothing was done.")
            return ExitCode.DONE
    from wizard.targets import local

    place = SetupFolder(folder)
    stopped = asyncio.run(local.stop(place))
    note("Stopped." if stopped else "Nothing was running.")
    if with_data:
        local.forget(place)
        note("People's files are removed.")
    else:
        note(f"People's files stay; to remove them too: codehub destroy {quoted(folder)} --with-data")
    return ExitCode.DONE
