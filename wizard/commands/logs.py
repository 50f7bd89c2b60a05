"""`codehub logs`: the logs of the last runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wizard.commands.common import answers_path, folder_argument, quoted
from wizard.errors import UsageError


@click.command()
@folder_argument
@click.option("--step", default="", metavar="STEP", help="Print this step's log.")
@click.option("--run", "run_name", default="", metavar="RUN", help="Of this run; by default the last one.")
@click.option("--path", "only_path", is_flag=True, help="Print only where the log is.")
def logs(folder: Path, step: str, run_name: str, *, only_path: bool) -> None:
    """List the logs of the last run, or print one step's."""
    answers_path(folder)
    run = _run_folder(folder, run_name)
    found = {path.stem: path for path in sorted(run.glob("*.log"), key=lambda path: path.stat().st_mtime)}
    if step:
        if step not in found:
            raise UsageError(
                f"The run {run.name} has no log of a step {step!r}.",
                why=f"It has: {', '.join(found) or 'none'}.",
                fix=f"See: codehub logs {quoted(folder)}",
            )
        click.echo(str(found[step])) if only_path else _print(found[step])
    elif only_path:
        click.echo(str(run))
    else:
        _list(run, found)


def _run_folder(folder: Path, name: str) -> Path:
    from wizard.run.folder import SetupFolder

    logs_folder = SetupFolder(folder).logs
    runs = {path.name: path for path in sorted(logs_folder.glob("*")) if path.is_dir()}
    if not runs:
        raise UsageError(
            f"There are no logs in {folder}.", why="Nothing was run yet.", fix=f"Run: codehub apply {quoted(folder)}"
        )
    if name and name not in runs:
        raise UsageError(
            f"There is no run {name!r}.",
            why=f"There are: {', '.join(runs)}.",
            fix="Name one of them, or leave out --run.",
        )
    return runs[name] if name else list(runs.values())[-1]


def _list(run: Path, found: dict[str, Path]) -> None:
    from wizard.wording import size

    click.echo(f"{run}")
    width = max(map(len, found), default=0)
    for step, path in found.items():
        click.echo(f"  {step:<{width}}  {size(path.stat().st_size):>8}  {path}")
    if not found:
        click.echo("  No step was run.")


def _print(path: Path) -> None:
    """The log as it is for a pipe; without control characters for a terminal, which they could take over."""
    from wizard.text import clean

    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            sys.stdout.write(clean(line.rstrip("\n")) + "\n" if sys.stdout.isatty() else line)
