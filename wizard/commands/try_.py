"""`codehub try`: JupyterHub with code-server as processes of this user, stopped by Ctrl+C."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from wizard.commands.common import quoted
from wizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from wizard.console import ProgressMode
    from wizard.run.folder import SetupFolder
    from wizard.setup.model import Setup
    from wizard.targets.session import Preparation
    from wizard.tools.local_hub import Running


@click.command("try")
@click.argument("folder", metavar="[DIR]", required=False, default=None, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--keep", is_flag=True, help="Leave it running; `codehub destroy DIR` ends it.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port of this machine; the default is 8000.")
@click.option("--set", "settings", metavar="FIELD=VALUE", multiple=True, help="An answer; `codehub fields` lists them.")
@click.option("--browser/--no-browser", default=True, help="Whether to open a browser where there is one.")
@click.option(
    "--progress", type=click.Choice(["auto", "plain", "json"]), default="auto", show_default=True, help="As for apply."
)
@click.option("-v", "--verbose", is_flag=True, help="Show the raw output of the steps too.")
def try_(
    folder: Path | None,
    settings: tuple[str, ...],
    port: int | None,
    progress: str,
    *,
    yes: bool,
    keep: bool,
    browser: bool,
    verbose: bool,
) -> int:
    """See the result on this machine first: JupyterHub and code-server, without Docker or a cluster.

    What is needed is fetched into a cache folder of yours; nothing is installed system-wide. It is for trying: every
    person's editor runs as your own user. Without DIR everything is thrown away at the end; with DIR, its answers
    are used, and people's files are kept there. Ctrl+C stops it.
    """
    from wizard.commands.apply import carry_out
    from wizard.shell import note
    from wizard.targets.trying import try_answers, try_folder

    place, passing = try_folder(folder)
    chosen = [*settings, *([f"target.expose.port={port}"] if port else [])]
    preparation = _prepare(place, try_answers(place, folder, chosen, passing=passing))
    if not yes and not _agreed(preparation):
        note("Nothing was done.")
        return ExitCode.DONE
    try:
        code = carry_out(preparation, cast("ProgressMode", progress), verbose=verbose)
        if code == ExitCode.DONE:
            tell = partial(_tell, preparation, keep=keep, passing=passing, browser=browser)
            tell() if keep else _wait(place, tell)
    finally:
        if not keep:
            _stop(place, passing=passing)
    return code


def _prepare(place: SetupFolder, setup: Setup) -> Preparation:
    import asyncio

    from wizard.files import make_folder
    from wizard.setup import store
    from wizard.shell import warn
    from wizard.targets.local import run_folder
    from wizard.targets.session import prepare
    from wizard.tools.local_hub import running

    now = running(run_folder(place))
    if now:
        raise UsageError(
            f"It is running already: {now.url}",
            why=f"It was started from {place.path}, process {now.pid}.",
            fix=f"Use it, or end it with: codehub destroy {quoted(place.path)}",
        )
    preparation = asyncio.run(prepare(place, setup=setup))
    for problem in preparation.rendering.warnings:
        warn(str(problem))
    make_folder(place.path, fix="Name another folder.")
    store.save(place.answers, setup)
    return preparation


def _agreed(preparation: Preparation) -> bool:
    """Show what would be fetched and ask; with nobody to ask it is refused."""
    import sys

    from wizard.commands.plan import show_plan

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("try asks before it does anything, and there is nobody to ask.", fix="Add --yes.")
    show_plan(preparation)
    return click.confirm("Do this now?", default=True, err=True)


def _tell(preparation: Preparation, *, keep: bool, passing: bool, browser: bool) -> None:
    """Say where it is and how to log in; the only time that passwords are shown."""
    from wizard.shell import note

    made = preparation.rendering
    setup, secrets, place = made.setup, made.secrets, preparation.folder.path
    port = setup.target.expose.port
    url = f"http://127.0.0.1:{port}/"
    lines = [f"\nJupyterHub with code-server is at {url}"]
    names = {"users": setup.hub.auth.users, "admins": setup.hub.auth.admins}
    for who, password in secrets.logins(setup):
        lines.append(f"Log in as {' or '.join(names.get(who) or [who])} with the password {password}")
    connection = os.environ.get("SSH_CONNECTION", "").split()
    if len(connection) == 4:
        lines.append(f"From your own computer: ssh -L {port}:127.0.0.1:{port} {_me()}@{connection[2]}")
    elif browser:
        _open_browser(url)
    if keep:
        lines.append(f"It goes on running. To end it: codehub destroy {quoted(place)}")
    elif passing:
        lines.append("Ctrl+C stops it and removes all that was made in it; with DIR people's files are kept.")
    else:
        lines.append(f"Ctrl+C stops it; people's files stay in {place / '.codehub' / 'local' / 'home'}.")
    note("\n".join(lines))


def _me() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "you"


def _open_browser(url: str) -> None:
    """Open a graphical browser; one in the terminal would take the terminal away."""
    import sys
    import webbrowser

    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(url)


def _wait(place: SetupFolder, tell: Callable[[], None]) -> None:
    """Say where it is, then wait for Ctrl+C, a closed terminal or `codehub destroy`.

    Raises StepFailed when the hub ends by itself.
    """
    import asyncio

    from wizard.commands.stopping import run_stoppable
    from wizard.errors import StepFailed
    from wizard.shell import note
    from wizard.targets.local import run_folder
    from wizard.tools import local_hub

    folder = run_folder(place)

    async def work(_: Callable[[], None]) -> Running | None:
        tell()
        try:
            while local_hub.running(folder):
                await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            return None
        return local_hub.recorded(folder)

    died = run_stoppable(work)
    if died:
        log = folder / local_hub.LOG
        note("\n".join(local_hub.last_lines(log)))
        raise StepFailed("JupyterHub ended by itself.", why="Its last messages are above.", fix="Try again.")


def _stop(place: SetupFolder, *, passing: bool) -> None:
    import shutil

    from wizard.commands.stopping import run_stoppable
    from wizard.shell import note
    from wizard.targets.local import stop

    async def work(_: Callable[[], None]) -> bool:
        import asyncio

        ending = asyncio.ensure_future(stop(place))
        while not ending.done():
            try:
                await asyncio.shield(ending)
            except asyncio.CancelledError:
                continue
        return ending.result()

    if run_stoppable(work):
        note("Stopped.")
    if passing:
        shutil.rmtree(place.path, ignore_errors=True)
