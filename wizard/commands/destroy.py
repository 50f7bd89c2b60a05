"""`codehub destroy`: end what a setup folder deployed; people's files stay unless they are asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wizard.commands.common import folder_argument, load_setup, quoted
from wizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wizard.setup.model import Setup
    from wizard.tools.helm import Release
    from wizard.tools.teardown import Belongings


@click.command()
@folder_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--with-data", "--volumes", is_flag=True, help="Remove people's files and the hub's database too.")
def destroy(folder: Path, *, yes: bool, with_data: bool) -> int:
    """Stop the hub and everybody's editors.

    Shows what goes, and asks. People's files, the hub's database and the answers stay; `codehub apply` brings it all
    back. With --with-data the files and the database go too. What other releases have is never touched.
    """
    setup = load_setup(folder)
    if not yes and not sys.stdin.isatty():
        raise UsageError("destroy asks before it does anything, and there is nobody to ask.", fix="Add --yes.")
    if setup.target.kind == "kubernetes":
        return _in_cluster(setup, folder, yes=yes, with_data=with_data)
    if setup.target.kind == "docker":
        return _on_docker(setup, folder, yes=yes, with_data=with_data)
    return _here(folder, yes=yes, with_data=with_data)


def _here(folder: Path, *, yes: bool, with_data: bool) -> int:
    from wizard.commands.stopping import run_stoppable
    from wizard.run.folder import SetupFolder
    from wizard.shell import note

    what = "Stop the hub and remove everybody's files?" if with_data else "Stop the hub and everybody's editors?"
    if not yes and not click.confirm(what, err=True):
        note("Nothing was done.")
        return ExitCode.DONE
    from wizard.targets import local

    place = SetupFolder(folder)
    stopped = run_stoppable(lambda _stop: local.stop(place))
    note("Stopped." if stopped else "Nothing was running.")
    if with_data:
        local.forget(place)
        note("People's files are removed.")
    else:
        note(f"People's files stay; to remove them too: codehub destroy {quoted(folder)} --with-data")
    return ExitCode.DONE


def _on_docker(setup: Setup, folder: Path, *, yes: bool, with_data: bool) -> int:
    from wizard.commands.reporter import LineReporter
    from wizard.commands.stopping import run_stoppable
    from wizard.run.folder import SetupFolder
    from wizard.run.lock import folder_lock
    from wizard.shell import note
    from wizard.tools import docker_host

    project = setup.target.docker.name
    found = run_stoppable(lambda _stop: docker_host.belongings(project))
    if found.nothing and not (with_data and found.volumes):
        note(f"There are no containers of {project} on this Docker.")
        return ExitCode.DONE
    click.echo(f"On this Docker, of {project}:")
    services = [one.name for one in found.containers if not one.user]
    parts = [
        ("goes ", "hub and proxy", services),
        ("goes ", "the running editors", [one.user for one in found.editors]),
        ("goes " if with_data else "stays", "the hub's database and people's files", found.volumes),
    ]
    for word, what, those in parts:
        if those:
            click.echo(f"  {word}  {what}: {', '.join(those)}")
    if not yes and not click.confirm("Remove this?", err=True):
        note("Nothing was done.")
        return ExitCode.DONE
    with folder_lock(SetupFolder(folder).private):
        run_stoppable(lambda _stop: docker_host.tear_down(found, LineReporter(None), volumes=with_data))
    note("Removed.")
    if found.volumes and not with_data:
        note(f"The volumes stay; to remove them too: codehub destroy {quoted(folder)} --with-data")
    return ExitCode.DONE


def _in_cluster(setup: Setup, folder: Path, *, yes: bool, with_data: bool) -> int:
    from wizard.commands.reporter import LineReporter
    from wizard.commands.stopping import run_stoppable
    from wizard.run.folder import SetupFolder
    from wizard.run.lock import folder_lock
    from wizard.shell import note
    from wizard.targets.releases import release_of
    from wizard.tools.teardown import belongings, tear_down

    target = setup.target

    async def look() -> tuple[Release, Belongings]:
        release = await release_of(setup)
        return release, await belongings(release)

    release, found = run_stoppable(lambda _stop: look())
    volumes = found.database + found.homes
    if found.nothing and not (with_data and volumes):
        note(f"There is no release {target.release} in {target.namespace}, and nothing of it runs.")
        return ExitCode.DONE
    for line in _preview(setup, found, with_data=with_data):
        click.echo(line)
    if not yes and not click.confirm("Remove this?", err=True):
        note("Nothing was done.")
        return ExitCode.DONE
    with folder_lock(SetupFolder(folder).private):
        run_stoppable(lambda _stop: tear_down(release, found, LineReporter(None), volumes=with_data))
    note("Removed.")
    if volumes and not with_data:
        note(f"The volumes stay; to remove them too: codehub destroy {quoted(folder)} --with-data")
    return ExitCode.DONE


def _preview(setup: Setup, found: Belongings, *, with_data: bool) -> list[str]:
    """What goes and what stays, in words."""
    target = setup.target
    where = f"namespace {target.namespace}" + (f" of {target.context}" if target.context else "")
    lines = [f"In the {where}:"]
    if found.revision:
        lines.append(f"  goes   the release {target.release} (revision {found.revision}): {', '.join(found.objects)}")
    if found.servers:
        lines.append(f"  goes   the running editors: {', '.join(found.servers)}")
    if found.pull_secrets:
        lines.append(f"  goes   the registry's login: {', '.join(found.pull_secrets)}")
    word = "goes " if with_data else "stays"
    if found.homes:
        lines.append(f"  {word}  people's files: {', '.join(found.homes)}")
    if found.database:
        goes = with_data or not found.kept
        why = "" if with_data or found.kept else " (its release was deployed without keeping it)"
        lines.append(f"  {'goes ' if goes else 'stays'}  the hub's database: {', '.join(found.database)}{why}")
    return lines
