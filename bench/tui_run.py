"""The run screen under a flood of output, and stopping it, beside a bare Textual app that does as little as can be.

Each side is a Python of its own: `python -m bench.tui_run NAME LINES` measures one and prints JSON.
"""

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Log

from bench.measure import ROOT, Row
from tests.support.runs import preparation, shell, step
from wizard.app import CodehubApp
from wizard.screens.run import RunScreen
from wizard.widgets.log_pane import LogPane

LINES = 100_000
STEPS = 1_000
SIZE = (120, 40)
TURNS = 5
_EVERY = 0.01
"""Seconds between two keys."""

_PATIENCE = 120.0
_WAIT = f"echo ready; while [ ! -e '{Path.cwd()}/go' ]; do sleep 0.01; done"


def rows() -> Iterator[Row]:
    """Measure in turns, medians of all."""
    seen: dict[str, list[Measured]] = {name: [] for name in _WORKS}
    for _ in range(TURNS):
        for name, turns in seen.items():
            turns.append(measured(name))

    def median(name: str) -> float:
        return statistics.median(one.seconds for one in seen[name])

    def megabytes(name: str) -> float:
        return statistics.median(one.megabytes for one in seen[name])

    def key(name: str) -> float:
        waits = [wait for one in seen[name] for wait in one.waits]
        return statistics.quantiles(waits, n=20, method="inclusive")[-1]

    yield Row(
        f"{LINES:,} lines of output",
        "a bare Log widget",
        median("flood"),
        median("bare"),
        goal="≥ 80,000 lines/s",
        note=f"{LINES / median('flood'):,.0f} lines/s; {megabytes('flood'):.0f} MB (≤ 120), "
        f"bare {megabytes('bare'):.0f} MB",
    )
    yield Row(
        "a key's answer meanwhile, 95th percentile",
        "the same in the bare app",
        key("flood"),
        key("bare"),
        goal="≤ 0.050 s",
        note="a key each 0.01 s, its wait counts from when it was due; bounded by Textual's drawing of the panes",
    )
    yield Row(
        f"{STEPS:,} build steps",
        "ten build steps",
        median("steps"),
        median("ten-steps"),
        note="from the first event to all of them shown as done",
    )
    yield Row(
        "from Stop to the end of all processes",
        "SIGTERM to the same process",
        median("stop"),
        median("terminate"),
        goal="≤ 0.3 s",
    )


@dataclass(frozen=True)
class Measured:
    """One turn of a work: how long it took, and of a flood the wait of each key in seconds, and the memory."""

    seconds: float
    waits: list[float] = field(default_factory=list)
    megabytes: float = 0.0


def measured(name: str, lines: int = LINES) -> Measured:
    """One turn of a work, in a Python of its own; `lines`: of a flood."""
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": home, "CODEHUB_OFFLINE": "1"}
        line = [sys.executable, "-P", "-m", "bench.tui_run", name, str(lines)]
        done = subprocess.run(line, env=env, check=True, capture_output=True, text=True, cwd=home)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


async def _until(met: Callable[[], bool], pause: float = 0.005) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not met():
            await asyncio.sleep(pause)


async def _pressing(pilot: Pilot[int] | Pilot[None], over: Callable[[], bool]) -> list[float]:
    """Until it is over, how many seconds each event takes the way of a key: through the app to its screen.

    One is due every _EVERY seconds, and waits from then on, even where the loop was too busy to send it off.
    """
    waits: list[float] = []

    async def press(due: float) -> None:
        handled = asyncio.Event()
        pilot.app.call_later(pilot.app.screen.call_later, handled.set)
        await handled.wait()
        waits.append(time.perf_counter() - due)

    due = time.perf_counter()
    async with asyncio.TaskGroup() as presses:
        while not over():
            presses.create_task(press(due))
            due += _EVERY
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
    return waits


@asynccontextmanager
async def _run(script: str, tasks: tuple[str, ...] = ()) -> AsyncIterator[tuple[RunScreen, Pilot[int]]]:
    app = CodehubApp(Path.cwd())
    app.animation_level = "none"
    async with app.run_test(size=SIZE) as pilot:
        made = preparation(Path.cwd() / "hub", [step("build")], {"build": shell(script, tasks=tasks)})
        screen = RunScreen(made)
        app.push_screen(screen)
        await _until(lambda: "build" in screen.progress.branches)
        yield screen, pilot


def _shown(screen: RunScreen, line: str) -> bool:
    return line in screen.progress.branches["build"].lines


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _flood() -> Measured:
    lines = int(sys.argv[2])
    async with _run(f"{_WAIT}; seq 1 {lines}; sleep 300") as (screen, pilot):
        await _until(lambda: any("ready" in pane.lines for pane in screen.query(LogPane)))
        await pilot.pause(1)  # the panes have come up, as the bare app has
        began = time.perf_counter()
        Path("go").touch()
        waits = await _pressing(pilot, lambda: _shown(screen, str(lines)))
        return Measured(time.perf_counter() - began, waits, _megabytes())


class _Bare(App[None]):
    def compose(self) -> ComposeResult:
        yield Log(max_lines=10_000)


async def _bare() -> Measured:
    app = _Bare()
    async with app.run_test(size=SIZE) as pilot:
        log = app.query_one(Log)
        line = ["sh", "-c", f"{_WAIT}; seq 1 {sys.argv[2]}"]
        process = await asyncio.create_subprocess_exec(*line, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        await process.stdout.readline()
        began = time.perf_counter()
        Path("go").touch()

        async def feed() -> None:
            assert process.stdout is not None
            while chunk := await process.stdout.read(65536):
                log.write(chunk.decode())
                await asyncio.sleep(0)

        feeding = asyncio.create_task(feed())
        waits = await _pressing(pilot, feeding.done)
        seconds = time.perf_counter() - began
        await process.wait()
        return Measured(seconds, waits, _megabytes())


async def _steps(count: int) -> Measured:
    names = tuple(f"[{number}/{count}] RUN number {number}" for number in range(1, count + 1))
    began = time.perf_counter()
    async with _run("true", names) as (screen, _pilot):
        await _until(lambda: screen.progress.finished is not None)
        return Measured(time.perf_counter() - began)


async def _stop() -> Measured:
    async with _run("echo ready; sleep 300 & wait") as (screen, _pilot):
        await _until(lambda: _shown(screen, "ready"))
        engine = screen.wizard.engine
        assert engine is not None
        began = time.perf_counter()
        engine.cancel()
        await _until(lambda: not engine.running, 0.001)
        return Measured(time.perf_counter() - began)


async def _terminate() -> Measured:
    process = await asyncio.create_subprocess_exec("sleep", "300")
    began = time.perf_counter()
    process.terminate()
    await process.wait()
    return Measured(time.perf_counter() - began)


_WORKS: dict[str, Callable[[], Awaitable[Measured]]] = {
    "flood": _flood,
    "bare": _bare,
    "steps": lambda: _steps(STEPS),
    "ten-steps": lambda: _steps(10),
    "stop": _stop,
    "terminate": _terminate,
}


async def _main() -> None:
    print(json.dumps(asdict(await _WORKS[sys.argv[1]]())))


if __name__ == "__main__":
    asyncio.run(_main())
