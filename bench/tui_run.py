"""The run screen under a flood of output, and stopping it, beside a bare Textual app that does as little as can be.

Each side is a Python of its own: `python -m bench.tui_run NAME` measures one and prints JSON.
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
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Log

from bench.measure import ROOT, Row
from tests.support.runs import preparation, shell, step
from wizard.app import CodehubApp
from wizard.screens.run import RunScreen

LINES = 100_000
STEPS = 1_000
SIZE = (120, 40)
TURNS = 3
_PATIENCE = 120.0
_WAIT = f"echo ready; while [ ! -e '{Path.cwd()}/go' ]; do sleep 0.01; done"


def rows() -> Iterator[Row]:
    """Measure in turns, medians of three."""
    seen = {name: [_measured(name) for _ in range(TURNS)] for name in _WORKS}

    def median(name: str, value: str) -> float:
        return statistics.median(one[value] for one in seen[name])

    yield Row(
        f"{LINES:,} lines of output",
        "a bare Log widget",
        median("flood", "seconds"),
        median("bare", "seconds"),
        goal="≥ 80,000 lines/s",
        note=f"{LINES / median('flood', 'seconds'):,.0f} lines/s; {median('flood', 'megabytes'):.0f} MB (≤ 120), "
        f"bare {median('bare', 'megabytes'):.0f} MB",
    )
    yield Row(
        "a key's answer meanwhile, 95th percentile",
        "the same in the bare app",
        median("flood", "key"),
        median("bare", "key"),
        goal="≤ 0.050 s",
        note="bounded by Textual's own drawing of the panes",
    )
    yield Row(
        f"{STEPS:,} build steps",
        "ten build steps",
        median("steps", "seconds"),
        median("ten-steps", "seconds"),
        note="from the first event to all of them shown as done",
    )
    yield Row(
        "from Stop to the end of all processes",
        "SIGTERM to the same process",
        median("stop", "seconds"),
        median("terminate", "seconds"),
        goal="≤ 0.3 s",
    )


def _measured(name: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": home, "CODEHUB_OFFLINE": "1"}
        line = [sys.executable, "-P", "-m", "bench.tui_run", name]
        done = subprocess.run(line, env=env, check=True, capture_output=True, text=True, cwd=home)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


async def _until(met: Callable[[], bool], pause: float = 0.005) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not met():
            await asyncio.sleep(pause)


async def _pressing(pilot: Pilot[int] | Pilot[None], over: Callable[[], bool]) -> float:
    """Until it is over, how long an event takes the way of a key: through the app to its screen.

    The 95th percentile, in seconds.
    """
    waits = []
    while not over():
        handled = asyncio.Event()
        began = time.perf_counter()
        pilot.app.call_later(pilot.app.screen.call_later, handled.set)
        await handled.wait()
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    return statistics.quantiles(waits, n=20)[-1] if len(waits) > 1 else max(waits, default=0.0)


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


async def _flood() -> dict[str, float]:
    async with _run(f"{_WAIT}; seq 1 {LINES}; sleep 300") as (screen, pilot):
        await _until(lambda: _shown(screen, "ready"))
        began = time.perf_counter()
        Path("go").touch()
        key = await _pressing(pilot, lambda: _shown(screen, str(LINES)))
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "key": key, "megabytes": _megabytes()}


class _Bare(App[None]):
    def compose(self) -> ComposeResult:
        yield Log(max_lines=10_000)


async def _bare() -> dict[str, float]:
    app = _Bare()
    async with app.run_test(size=SIZE) as pilot:
        log = app.query_one(Log)
        line = ["sh", "-c", f"{_WAIT}; seq 1 {LINES}"]
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
        key = await _pressing(pilot, feeding.done)
        seconds = time.perf_counter() - began
        await process.wait()
        return {"seconds": seconds, "key": key, "megabytes": _megabytes()}


async def _steps(count: int) -> dict[str, float]:
    names = tuple(f"[{number}/{count}] RUN number {number}" for number in range(1, count + 1))
    began = time.perf_counter()
    async with _run("true", names) as (screen, _pilot):
        await _until(lambda: screen.progress.finished is not None)
        return {"seconds": time.perf_counter() - began}


async def _stop() -> dict[str, float]:
    async with _run("echo ready; sleep 300 & wait") as (screen, _pilot):
        await _until(lambda: _shown(screen, "ready"))
        engine = screen.wizard.engine
        assert engine is not None
        began = time.perf_counter()
        engine.cancel()
        await _until(lambda: not engine.running, 0.001)
        return {"seconds": time.perf_counter() - began}


async def _terminate() -> dict[str, float]:
    process = await asyncio.create_subprocess_exec("sleep", "300")
    began = time.perf_counter()
    process.terminate()
    await process.wait()
    return {"seconds": time.perf_counter() - began}


_WORKS: dict[str, Callable[[], Awaitable[dict[str, float]]]] = {
    "flood": _flood,
    "bare": _bare,
    "steps": lambda: _steps(STEPS),
    "ten-steps": lambda: _steps(10),
    "stop": _stop,
    "terminate": _terminate,
}


async def _main() -> None:
    print(json.dumps(await _WORKS[sys.argv[1]]()))


if __name__ == "__main__":
    asyncio.run(_main())
