"""Starting other programs: no shell, a process group of their own, and nothing left behind on cancel.

A program is started in a new session, so that it and everything it starts form one process group. When the
awaiting task is cancelled or the time-out passes, the group gets SIGTERM (Helm then marks its release as
failed instead of leaving it locked; buildx stops the step on the daemon), and SIGKILL after `GRACE` seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import MissingError, StepFailed

GRACE = 1.2
"""Seconds between SIGTERM and SIGKILL; a run must be over 2 s after Ctrl+C."""

_CHUNK = 256 * 1024
_CAPTURE_LIMIT = 64 * 1024 * 1024

OnChunk = Callable[[str, bytes], None]
"""Takes the name of a stream ("out" or "err") and the bytes that came, cut anywhere."""


@dataclass(frozen=True)
class Completed:
    """A program that ended: its exit code (negative: the signal that killed it) and its decoded output."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """True when the exit code is 0."""
        return self.returncode == 0


def command_line(argv: Sequence[str]) -> str:
    """The command as a person would type it, quoted for a POSIX shell."""
    return shlex.join(argv)


def find(program: str) -> Path | None:
    """The program's path as PATH has it, or None."""
    found = shutil.which(program)
    return Path(found) if found else None


async def stream(
    argv: Sequence[str],
    on_chunk: OnChunk,
    *,
    stdin: bytes | int | None = None,
    stdout: int | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> int:
    """Run a program, hand its output on as it comes, and return its exit code.

    `env` is added to this process's environment. `timeout` is in seconds. A number as `stdin` or `stdout` is a file
    descriptor, which is closed here as soon as the program has it. Raises MissingError when the
    program is not there or may not be executed, StepFailed when the time-out passes; on cancellation the whole
    process group has ended before CancelledError goes on.
    """
    try:
        process = await _start(argv, stdin, stdout, env, cwd)
    finally:
        for descriptor in (stdin, stdout):
            if isinstance(descriptor, int):
                os.close(descriptor)
    readers = [
        asyncio.create_task(_pump(process.stdout, "out", on_chunk)),
        asyncio.create_task(_pump(process.stderr, "err", on_chunk)),
    ]
    try:
        async with asyncio.timeout(timeout):
            if isinstance(stdin, bytes) and process.stdin is not None:
                await _feed(process.stdin, stdin)
            await _ended(process, readers)
            for reader in readers:
                if reader.done():
                    reader.result()
    except TimeoutError as error:
        raise StepFailed(
            f"{argv[0]} did not finish within {timeout:g} seconds and was stopped.",
            why=f"The command was: {command_line(argv)}",
            fix="Look at its output for what it was waiting for, then run the same command again.",
            address="step-timeout",
        ) from error
    finally:
        await _end_group(process)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        # Our ends of pipes that a left-behind daemon still holds; asyncio has no public way to close them.
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
    return process.returncode if process.returncode is not None else -1


async def run(
    argv: Sequence[str],
    *,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = 60.0,
) -> Completed:
    """Run a program to its end and return its output as text (undecodable bytes replaced).

    Keeps at most 64 MiB of each stream, the beginning. Raises like `stream`.
    """
    kept: dict[str, bytearray] = {"out": bytearray(), "err": bytearray()}

    def keep(name: str, chunk: bytes) -> None:
        room = _CAPTURE_LIMIT - len(kept[name])
        if room > 0:
            kept[name] += chunk[:room]

    code = await stream(argv, keep, stdin=stdin, env=env, cwd=cwd, timeout=timeout)
    return Completed(tuple(argv), code, kept["out"].decode(errors="replace"), kept["err"].decode(errors="replace"))


async def pipe(source: Sequence[str], sink: Sequence[str], on_chunk: OnChunk) -> tuple[int, int]:
    """Run `source | sink` without a shell; returns both exit codes, and raises like `stream`.

    `on_chunk` gets the sink's output and what both say on stderr. Nothing of what goes through is held here.
    """
    reading, writing = os.pipe()
    ends = (
        asyncio.create_task(stream(sink, on_chunk, stdin=reading)),
        asyncio.create_task(stream(source, on_chunk, stdout=writing)),
    )
    try:
        sink_code, source_code = await asyncio.gather(*ends)
    finally:
        for end in ends:
            end.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
    return source_code, sink_code


async def _start(
    argv: Sequence[str],
    stdin: bytes | int | None,
    stdout: int | None,
    env: Mapping[str, str] | None,
    cwd: Path | None,
) -> asyncio.subprocess.Process:
    entry = stdin if isinstance(stdin, int) else asyncio.subprocess.PIPE if stdin is not None else None
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL if entry is None else entry,
            stdout=asyncio.subprocess.PIPE if stdout is None else stdout,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            start_new_session=True,
        )
    )
    try:
        # Shielded: asyncio, cancelled here, would kill the program alone and wait for its children's end.
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _undo(starting)
        raise
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise StepFailed(f"The folder {cwd} is not there.", fix="Create it, or name another one.") from error
        raise MissingError(
            f"{argv[0]} is not installed, or not on the PATH.",
            why=f"It is needed for: {command_line(argv)}",
            fix="Install it (`codehub doctor` says how), then run the same command again.",
            address="program-missing",
        ) from error
    except PermissionError as error:
        raise MissingError(
            f"{argv[0]} may not be executed.",
            why=str(error),
            fix="Check the file's permissions, then run the same command again.",
        ) from error


async def _undo(starting: asyncio.Future[asyncio.subprocess.Process]) -> None:
    """End a program whose start was cancelled; runs to its end even when the awaiting task is cancelled again."""
    while not starting.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait((starting,))
    if starting.exception() is None:
        process = starting.result()
        await _end_group(process)
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001


async def _pump(source: asyncio.StreamReader | None, name: str, on_chunk: OnChunk) -> None:
    """Read chunks, not lines: a single BuildKit message can be larger than any sensible line limit."""
    while source is not None and (chunk := await source.read(_CHUNK)):
        on_chunk(name, chunk)


async def _feed(sink: asyncio.StreamWriter, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        sink.write(data)
        await sink.drain()
    sink.close()


async def _end_group(process: asyncio.subprocess.Process) -> None:
    """Stop what is left of the group; runs to its end even when the awaiting task is cancelled again."""
    ending = asyncio.ensure_future(_terminate(process))
    while not ending.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(ending)


async def _ended(process: asyncio.subprocess.Process, readers: list[asyncio.Task[None]]) -> None:
    """Wait for the program's end and its last output.

    Not by `process.wait()`: that waits for the pipes to close too, and a daemon that the program left behind
    can hold them open for ever. Nor for a program whose output cannot be taken any more: it waits for us.
    """
    while process.returncode is None and not all(reader.done() for reader in readers):
        await asyncio.wait(readers, timeout=0.1)
        if any(reader.done() and reader.exception() for reader in readers):
            return
    while process.returncode is None and not any(reader.exception() for reader in readers):
        await asyncio.sleep(0.005)
    await asyncio.wait(readers, timeout=GRACE)


async def _terminate(process: asyncio.subprocess.Process) -> None:
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, 0.3)):
        if not _signal_group(process.pid, number):
            break
        deadline = asyncio.get_running_loop().time() + patience
        while _still_runs(process.pid) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
    while process.returncode is None:
        await asyncio.sleep(0.005)


def _still_runs(group: int) -> bool:
    """Whether something of a process group still runs.

    What has ended and was not collected by its parent does not: a container's first process may never do that.
    """
    if not _signal_group(group, 0):
        return False
    seen = False
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = entry.read_bytes().rpartition(b")")[2].split()[:3]
        except (OSError, ValueError):
            continue  # it ended in this moment
        seen = True
        if int(its_group) == group and state not in {b"Z", b"X"}:
            return True
    return not seen  # without /proc the signal's word counts


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group (0 only asks); False when nothing of it is left."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return number == 0
    return True
