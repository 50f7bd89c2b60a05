"""`codehub logs`: the logs of the last runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wizard.commands.common import answers_path, folder_argument, load_setup, quoted
from wizard.errors import UsageError


@click.command()
@folder_argument
@click.option("--step", default="", metavar="STEP", help="Print this step's log.")
@click.option("--run", "run_name", default="", metavar="RUN", help="Only of this run, such as 20260131T120000000000Z.")
@click.option("--path", "only_path", is_flag=True, help="Print only where logs are.")
@click.option(
    "--of", "container", default="", metavar="WHOSE", help="What a container says now: hub, proxy, or a user's name."
)
@click.option("--lines", default=200, show_default=True, help="How many lines of a container.")
def logs(folder: Path, step: str, run_name: str, container: str, lines: int, *, only_path: bool) -> None:
    """List the last log of each step, or print one; with --of, on a Docker host, what a container says."""
    answers_path(folder)
    if container:
        _container(folder, container, lines)
        return
    found = _logs(folder, run_name)
    if not step:
        _list(found, only_path=only_path)
    elif step not in found:
        raise UsageError(
            f"There is no log of a step {step!r}.",
            why=f"There are: {', '.join(found) or 'none'}.",
            fix=f"See: codehub logs {quoted(folder)}",
        )
    elif only_path:
        click.echo(str(found[step]))
    else:
        _print(found[step])


def _container(folder: Path, whose: str, lines: int) -> None:
    import asyncio

    from wizard.text import clean
    from wizard.tools import docker_host

    setup = load_setup(folder)
    if setup.target.kind != "docker":
        raise UsageError(
            f"--of is for Docker hosts, and the target is {setup.target.kind}.",
            why="Containers are asked by it.",
            fix="`codehub status` names what runs.",
        )
    found = asyncio.run(docker_host.belongings(setup.target.docker.name))
    one = next((one for one in found.containers if whose in {one.service, one.user, one.name}), None)
    if one is None:
        there = [one.service or one.user for one in found.containers]
        raise UsageError(
            f"There is no container of {whose}.",
            why=f"There are: {', '.join(there) or 'none'}.",
            fix=f"See: codehub status {quoted(folder)}",
        )
    for line in asyncio.run(docker_host.logs(one.name, lines=lines)).splitlines():
        click.echo(clean(line))


def _logs(folder: Path, run_name: str) -> dict[str, Path]:
    """The newest log of each step, by its id, oldest run first; only those of one run where it is named."""
    from wizard.run.folder import SetupFolder

    runs = {path.name: path for path in sorted(SetupFolder(folder).logs.glob("*")) if path.is_dir()}
    if not runs:
        raise UsageError(
            f"There are no logs in {folder}.", why="Nothing was run yet.", fix=f"Run: codehub apply {quoted(folder)}"
        )
    if run_name and run_name not in runs:
        raise UsageError(
            f"There is no run {run_name!r}.",
            why=f"There are: {', '.join(runs)}.",
            fix="Name one of them, or leave out --run.",
        )
    chosen = [runs[run_name]] if run_name else runs.values()
    newest = {path.stem: path for run in chosen for path in run.glob("*.log")}
    return dict(sorted(newest.items(), key=lambda item: (item[1].parent.name, item[1].stat().st_mtime)))


def _list(found: dict[str, Path], *, only_path: bool) -> None:
    from wizard.wording import size

    width = max(map(len, found), default=0)
    for step, path in found.items():
        click.echo(str(path) if only_path else f"{step:<{width}}  {size(path.stat().st_size):>8}  {path}")
    if not found:
        click.echo("No step was run.")


def _print(path: Path) -> None:
    """The log as it is for a pipe; without control characters for a terminal, which they could take over."""
    from wizard.text import clean

    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            sys.stdout.write(clean(line.rstrip("\n")) + "\n" if sys.stdout.isatty() else line)
