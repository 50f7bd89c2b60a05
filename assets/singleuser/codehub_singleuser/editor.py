"""code-server as our child: started, watched, started again when it dies, ended with us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from codehub_singleuser.errors import Refused

log = logging.getLogger("codehub.editor")

FIRST_TRIES = 3
LONGEST_PAUSE = 30.0
_STEADY = 60.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def pause_before(failures: int) -> float:
    """Seconds to wait before code-server is started again, after so many short lives in a row: 0, 1, 2, 4 ... 30."""
    return 0.0 if failures <= 0 else min(2.0 ** min(failures - 1, 10), LONGEST_PAUSE)


def _die_with_parent() -> None:
    # Runs in the child between fork and exec: if this server is killed outright, no editor is left behind.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Editor:
    """Runs code-server on a private unix socket.

    command: the whole command line; socket: where it listens; session: asks over that socket.
    run() goes on until stop(); it raises Refused if code-server never once comes up.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        socket: Path,
        session: aiohttp.ClientSession,
        *,
        ready_timeout: float,
        stop_timeout: float,
    ) -> None:
        self.command = list(command)
        self.environment = dict(environment)
        self.socket = socket
        self.session = session
        self.ready_timeout = ready_timeout
        self.stop_timeout = stop_timeout
        self.restarts = 0
        self.born = time.monotonic()
        self.ever_ready = False
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id of code-server; None while none runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def wait_ready(self, seconds: float) -> bool:
        """Wait until code-server answers; False if it does not in time."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._ready.wait(), seconds)
        return self._ready.is_set()

    async def answers(self, seconds: float = 2) -> bool:
        """Whether code-server answers on its /healthz now."""
        try:
            timeout = aiohttp.ClientTimeout(total=seconds)
            async with self.session.get("http://localhost/healthz", timeout=timeout) as answer:
                return answer.status < 500
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    async def run(self) -> None:
        """Start code-server and start it again whenever it ends, until stop()."""
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            outcome = await self._live()
            if self._stopping.is_set():
                return
            lived = time.monotonic() - began
            failures = 1 if lived > _STEADY else failures + 1
            if not self.ever_ready and failures >= FIRST_TRIES:
                raise Refused(
                    f"code-server did not start: {FIRST_TRIES} tries, the last one {outcome}.",
                    why="Its own messages are above this one.",
                    fix=f"Run it by hand to see more: {' '.join(self.command[:1])} --version",
                )
            self.restarts += 1
            pause = pause_before(failures - 1)
            log.error("code-server %s after %.0f s; starting it again in %.0f s", outcome, lived, pause)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause or 0.01)

    async def stop(self) -> None:
        """End code-server and all it started: SIGTERM, and after stop_timeout SIGKILL."""
        self._stopping.set()
        await self._end()

    async def _live(self) -> str:
        """One life of code-server; returns how it ended, as the rest of a sentence."""
        self.socket.unlink(missing_ok=True)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                env=self.environment,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # no thread of ours holds a lock at a fork
            )
        except OSError as problem:
            return f"could not be run ({problem.strerror})"
        process = self._process
        if self._stopping.is_set():
            await self._end()
            return "was stopped"
        watcher = asyncio.ensure_future(self._watch_start(process))
        try:
            code = await process.wait()
        finally:
            watcher.cancel()
            self._ready.clear()
            _signal_group(process.pid, signal.SIGKILL)  # what it leaves behind would hold on to its files
        return f"was ended by signal {-code}" if code < 0 else f"exited with {code}"

    async def _watch_start(self, process: asyncio.subprocess.Process) -> None:
        began = time.monotonic()
        while not (self.socket.exists() and await self.answers(self.ready_timeout)):
            if time.monotonic() - began > self.ready_timeout:
                log.error("code-server does not answer after %.0f s", self.ready_timeout)
                _signal_group(process.pid, signal.SIGKILL)
                return
            await asyncio.sleep(0.1)
        self.socket.chmod(0o600)  # for versions without --socket-mode; the folder is private in any case
        self.ever_ready = True
        self._ready.set()
        log.info("code-server answers after %.1f s (pid %d)", time.monotonic() - began, process.pid)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), self.stop_timeout)
        _signal_group(process.pid, signal.SIGKILL)
        await process.wait()


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
