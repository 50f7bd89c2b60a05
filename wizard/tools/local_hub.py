"""A JupyterHub as processes of this user: started, asked, and ended with everything that it started.

All of them carry a mark in their environment, so that none is left behind, whoever its parent is by then. Source of
what the hub does on a signal: `jupyterhub.app.JupyterHub.shutdown_cancel_tasks` and `cleanup`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import urllib.request
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from wizard.errors import CodehubError, StepFailed, UsageError
from wizard.files import write_atomically
from wizard.foreign import load_json
from wizard.reporting import Reporter
from wizard.tools.ports import bind
from wizard.wording import counted

MARK = "CODEHUB_LOCAL_RUN"
"""Environment variable with the id of the run that a process belongs to."""

RECORD = "running.json"
LOG = "jupyterhub.log"
START_PATIENCE = 90.0
"""Seconds that the hub may take to answer; 3 are usual, a machine at its limits takes many more."""

_STOP_PATIENCE = 10.0
_LAST_WORDS = 15


@dataclass(frozen=True)
class Running:
    """A hub that was started: its process, by number and time of birth, its mark and its address."""

    pid: int
    born: float
    mark: str
    url: str
    port: int

    def alive(self) -> bool:
        """Whether that very process is still there."""
        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.born) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


def recorded(folder: Path) -> Running | None:
    """What the folder says was started last, whether or not it still runs; None when it says nothing usable."""
    try:
        return Running(**load_json((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def running(folder: Path) -> Running | None:
    """The hub of this folder if it runs now."""
    found = recorded(folder)
    return found if found and found.alive() else None


def held_ports(folder: Path) -> set[int]:
    """The front door's port if the folder's hub, or something that outlived it, may have it."""
    found = recorded(folder)
    return {found.port} if found and _members(found.mark) else set()


def require_free(port: int) -> None:
    """Raise UsageError when somebody listens on this port of loopback already, or it may not be had."""
    try:
        bind("127.0.0.1", port)
    except OSError as error:
        raise UsageError(
            f"Port {port} of this machine cannot be used.",
            why=f"{error.strerror or error}.",
            fix="Name another one: --port with `codehub try`, else the answer target.expose.port.",
            address="local-port",
        ) from error


def new_mark() -> str:
    """A mark for the processes of one run."""
    return uuid.uuid4().hex


async def start(
    command: Sequence[str], folder: Path, mark: str, port: int, env: Mapping[str, str], reporter: Reporter
) -> Running:
    """Start the hub in a session of its own and wait until it answers at its front door.

    Its output goes to LOG in `folder`. Raises StepFailed with its last lines when it ends or does not answer in
    time; then, and when this is cancelled, nothing of it is left.
    """
    log = folder / LOG
    environment = {**os.environ, **env, MARK: mark}
    with log.open("wb") as output:
        try:
            child = subprocess.Popen(  # noqa: ASYNC220 - it only forks; and it has to outlive this loop
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, cwd=folder,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise StepFailed(
                "JupyterHub could not be started.",
                why=f"{command[0]}: {error.strerror}",
                fix="Remove codehub's cache folder and run the same command again.",
                address="local-hub",
            ) from error
    url = f"http://127.0.0.1:{port}/"
    found = Running(child.pid, psutil.Process(child.pid).create_time(), mark, url, port)
    write_atomically(folder / RECORD, json.dumps(asdict(found)), mode=0o600)
    try:
        await _until_it_answers(child, url, log, reporter)
    except BaseException:
        await asyncio.shield(stop(folder, patience=2.0))
        raise
    return found


async def _until_it_answers(child: subprocess.Popen[bytes], url: str, log: Path, reporter: Reporter) -> None:
    end = asyncio.get_running_loop().time() + START_PATIENCE
    while not await asyncio.to_thread(answers, url):
        late = asyncio.get_running_loop().time() > end
        if child.poll() is not None or late:
            last = last_lines(log)
            reporter.lines(last)
            raise StepFailed(
                "JupyterHub did not start.",
                why=f"It did not answer within {START_PATIENCE:g} s."
                if late
                else f"It ended with exit code {child.returncode}.",
                fix=f"Its own messages are in {log}.",
                address="local-hub",
            )
        await asyncio.sleep(0.2)


def answers(url: str) -> bool:
    """Whether a hub is reached through its front door."""
    # No proxy of the environment may stand between this machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}hub/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def last_lines(log: Path) -> list[str]:
    """The end of a log, for a person."""
    try:
        with log.open(encoding="utf-8", errors="replace") as lines:
            return [line.rstrip("\n") for line in deque(lines, maxlen=_LAST_WORDS)]
    except OSError:
        return []


async def stop(folder: Path, *, patience: float = _STOP_PATIENCE) -> bool:
    """End the folder's hub and all that belongs to its run; returns whether anything was running.

    The hub gets SIGTERM and `patience` seconds to stop people's servers itself; what is left is then ended one by
    one. Raises CodehubError if something outlives even that.
    """
    found = recorded(folder)
    if found is None:
        return False
    members = await asyncio.to_thread(_members, found.mark)
    if found.alive():
        with contextlib.suppress(psutil.Error):
            psutil.Process(found.pid).terminate()
        end = asyncio.get_running_loop().time() + patience
        while found.alive() and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.1)
    left = await asyncio.to_thread(_sweep, found.mark)
    if left:
        raise CodehubError(
            f"{counted(len(left), 'process')} of the local hub could not be ended.",
            why=f"Their numbers are {', '.join(map(str, left))}.",
            fix="End them by hand (kill), or log out.",
        )
    (folder / RECORD).unlink(missing_ok=True)
    return bool(members)


def _members(mark: str) -> list[psutil.Process]:
    """This user's processes that carry the mark."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == mark:
                found.append(process)
    return found


def _sweep(mark: str) -> list[int]:
    """End what carries the mark, gently and then not; twice, as a dying parent may still have started a child."""
    for _ in range(3):
        members = _members(mark)
        if not members:
            return []
        for process in members:
            with contextlib.suppress(psutil.Error):
                process.terminate()
        _, alive = psutil.wait_procs(members, timeout=2)
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(alive, timeout=2)
    return [process.pid for process in _members(mark)]
