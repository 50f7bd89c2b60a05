import asyncio
import ctypes
import os
import sys
import time
from pathlib import Path

import pytest

from wizard.errors import MissingError, StepFailed
from wizard.tools import process

CHILD_OF_CHILD = """
import subprocess, sys, time
told = "import os, pathlib, signal, sys, time; {ignore} pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))"
subprocess.Popen([sys.executable, "-c", told + "; time.sleep(300)", sys.argv[1]])
time.sleep(300)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_output_and_exit_code_come_back() -> None:
    done = await process.run([sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr); exit(3)"])
    assert (done.returncode, done.stdout, done.stderr, done.ok) == (3, "out\n", "err\n", False)


async def test_standard_input_is_handed_over_and_environment_added() -> None:
    code = "import os, sys; print(sys.stdin.read() + os.environ['MINE'])"
    done = await process.run([sys.executable, "-c", code], stdin=b"in ", env={"MINE": "x"})
    assert done.stdout == "in x\n"


async def test_a_line_of_a_megabyte_arrives_whole() -> None:
    chunks: list[bytes] = []
    code = "print('x' * 1_000_000)"
    await process.stream([sys.executable, "-c", code], lambda name, chunk: chunks.append(chunk))
    assert len(b"".join(chunks)) == 1_000_001


@pytest.mark.parametrize("ticks", range(4))
async def test_cancel_while_the_program_is_being_started_ends_it_too(ticks: int) -> None:
    """asyncio alone kills the program and not its children, and waits for these when they hold the pipes."""
    mark = f"300.{os.getpid()}{ticks}"
    for _ in range(8):
        task = asyncio.create_task(process.run(["sh", "-c", f"sleep {mark} & wait"]))
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait((task,), timeout=30)
        assert done, "it still waits"
        assert task.cancelled()
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [command for command in commands if mark.encode() in command]


@pytest.mark.parametrize("ignore", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN);"])
async def test_cancel_ends_the_whole_group(tmp_path: Path, ignore: str) -> None:
    pid_file = tmp_path / "pid"
    argv = [sys.executable, "-c", CHILD_OF_CHILD.format(ignore=ignore), str(pid_file)]
    task = asyncio.create_task(process.run(argv))
    while not pid_file.exists() or not pid_file.read_text():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(int(pid_file.read_text()))


async def test_a_time_out_stops_the_program_and_names_it() -> None:
    with pytest.raises(StepFailed, match=r"0\.1 seconds"):
        await process.run(["sleep", "60"], timeout=0.1)


async def test_a_daemonised_grandchild_that_keeps_the_pipes_does_not_hang_us() -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True); print('done')"
    began = time.monotonic()
    done = await process.run([sys.executable, "-c", code])
    assert done.stdout == "done\n"
    assert time.monotonic() - began < 40


async def test_what_is_not_there_or_not_executable_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="not installed"):
        await process.run(["no-such-program-here"])
    plain = tmp_path / "plain"
    plain.write_text("#!/bin/sh\n")
    with pytest.raises(MissingError, match="may not be executed"):
        await process.run([str(plain)])


async def test_a_program_that_closes_its_input_early_is_no_error() -> None:
    done = await process.run(["true"], stdin=b"x" * 10_000_000)
    assert done.ok


def test_a_command_line_is_quoted() -> None:
    assert process.command_line(["a b", "$x", "it's"]) == """'a b' '$x' 'it'"'"'s'"""


async def test_a_child_that_nobody_collects_does_not_hold_up_the_end(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    libc, adopt_orphans = ctypes.CDLL(None), 36  # PR_SET_CHILD_SUBREAPER: as the first process of a container
    assert libc.prctl(adopt_orphans, 1, 0, 0, 0) == 0
    try:
        task = asyncio.create_task(process.run(["sh", "-c", f"sleep 300 & echo $! >{pid_file}; wait"]))
        while not pid_file.exists() or not pid_file.read_text().strip():
            await asyncio.sleep(0.01)
        began = time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert time.monotonic() - began < process.GRACE
        assert not alive(int(pid_file.read_text()))
        await asyncio.to_thread(os.waitpid, int(pid_file.read_text()), 0)
    finally:
        libc.prctl(adopt_orphans, 0, 0, 0, 0)


PYTHON = (sys.executable, "-c")


@pytest.mark.parametrize("name", ["out", "err"])
async def test_a_program_whose_output_cannot_be_taken_is_ended(name: str) -> None:
    """It writes to the other stream until nobody reads, or waits; either way it is not waited for."""

    def take(stream: str, _chunk: bytes) -> None:
        if stream == name:
            raise OSError("no more")

    talking = f"import sys\nprint('x', file=sys.std{name}, flush=True)\nwhile True: sys.std{name}.write('y' * 65536)"
    with pytest.raises(OSError, match="no more"):
        await asyncio.wait_for(process.stream([sys.executable, "-c", talking], take), 30)


async def test_a_pipe_hands_everything_over() -> None:
    said: list[tuple[str, bytes]] = []
    source = [*PYTHON, "import sys; sys.stdout.write('x' * 5_000_000); sys.stderr.write('sending')"]
    sink = [*PYTHON, "import sys; print(len(sys.stdin.read()))"]
    assert await process.pipe(source, sink, lambda name, chunk: said.append((name, chunk))) == (0, 0)
    assert b"".join(chunk for name, chunk in said if name == "out") == b"5000000\n"
    assert b"".join(chunk for name, chunk in said if name == "err") == b"sending"


async def test_a_pipe_tells_who_failed() -> None:
    sends = [*PYTHON, "import sys; sys.stdout.write('x' * 5_000_000)"]
    source, sink = await process.pipe(sends, [*PYTHON, "exit(3)"], lambda _name, _chunk: None)
    assert sink == 3
    assert source != 0, "nobody reads what it sends"
    takes = [*PYTHON, "import sys; sys.stdin.read()"]
    assert await process.pipe([*PYTHON, "exit(4)"], takes, lambda _name, _chunk: None) == (4, 0)


@pytest.mark.parametrize("missing", ["source", "sink"])
async def test_a_pipe_with_a_program_that_is_missing_ends_the_other(missing: str) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    waits = [*PYTHON, "import sys, time; time.sleep(60)"]
    ends = (["no-such-program"], waits) if missing == "source" else (waits, ["no-such-program"])
    began = time.monotonic()
    with pytest.raises(MissingError, match="no-such-program"):
        await process.pipe(*ends, lambda _name, _chunk: None)
    assert time.monotonic() - began < 20
    async with asyncio.timeout(30):
        while len(list(Path("/proc/self/fd").iterdir())) != before:
            await asyncio.sleep(0.05)


async def test_a_cancelled_pipe_leaves_nothing_behind(tmp_path: Path) -> None:
    def waits(name: str) -> list[str]:
        code = f"import os, pathlib, time; pathlib.Path({str(tmp_path / name)!r}).write_text(str(os.getpid()))"
        return [*PYTHON, f"{code}; time.sleep(60)"]

    task = asyncio.create_task(process.pipe(waits("source"), waits("sink"), lambda _name, _chunk: None))
    for _ in range(200):
        if all((tmp_path / name).exists() and (tmp_path / name).read_text() for name in ("source", "sink")):
            break
        await asyncio.sleep(0.1)
    pids = [int((tmp_path / name).read_text()) for name in ("source", "sink")]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not any(map(alive, pids))
