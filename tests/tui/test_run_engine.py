"""The bridge between a run and its screen: real processes, cancel at any moment, whatever goes wrong."""

import asyncio
import gc
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.processes import is_running
from tests.support.program import environment
from tests.support.runs import preparation, shell, step
from wizard.errors import UsageError
from wizard.run.events import Emit, Outcome, RunFinished
from wizard.run.lock import folder_lock
from wizard.screens.engine import RunEngine
from wizard.targets.session import apply


def until(met: Callable[[], object], engine: RunEngine, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not come"
        engine.pump()
        time.sleep(0.01)


def test_a_run_is_carried_out_in_its_own_thread(tmp_path: Path) -> None:
    made = preparation(tmp_path / "hub", [step("a"), step("b", "a")], {"a": shell("echo one"), "b": shell("echo two")})
    engine = RunEngine(partial(apply, made))
    engine.begin()
    assert engine.wait(60)
    engine.pump()
    assert engine.progress.finished is not None
    assert engine.progress.finished.outcome is Outcome.DONE
    assert "one" in engine.progress.branches["a"].lines
    assert engine.error is None
    assert not engine.running
    assert not engine.behind


def test_what_was_there_before_is_out_of_the_collectors_sight_for_as_long_as_it_runs(tmp_path: Path) -> None:
    go = tmp_path / "go"
    made = preparation(
        tmp_path / "hub", [step("a")], {"a": shell(f"echo ready; while [ ! -e '{go}' ]; do sleep 0.05; done")}
    )
    before = gc.get_freeze_count()
    engine = RunEngine(partial(apply, made))
    engine.begin()
    until(lambda: engine.progress.branches and "ready" in engine.progress.branches["a"].lines, engine)
    assert gc.get_freeze_count() > before + 10_000
    go.touch()
    assert engine.wait(60)
    assert gc.get_freeze_count() == 0


def test_cancel_ends_every_process_at_once(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"echo $$ >>{pids}; sleep 300 & echo $! >>{pids}; wait"
    steps = [step("a"), step("b")]
    made = preparation(tmp_path / "hub", steps, {"a": shell(script), "b": shell(script)})
    engine = RunEngine(partial(apply, made))
    engine.begin()
    until(lambda: pids.exists() and len(pids.read_text().splitlines()) == 4, engine)
    engine.cancel()
    engine.cancel()
    assert engine.wait(30)
    assert not any(is_running(int(pid)) for pid in pids.read_text().split())
    engine.pump()
    assert engine.progress.finished is not None
    assert engine.progress.finished.outcome is Outcome.CANCELLED
    assert engine.stopping


def test_cancel_before_the_thread_is_there_still_stops(tmp_path: Path) -> None:
    made = preparation(tmp_path / "hub", [step("a")], {"a": shell("sleep 300")})
    engine = RunEngine(partial(apply, made))
    engine.cancel()
    engine.begin()
    assert engine.wait(60)
    engine.pump()
    assert engine.error is not None or engine.progress.finished is not None


def test_a_run_that_cannot_begin_says_why(tmp_path: Path) -> None:
    made = preparation(tmp_path / "hub", [step("a")], {"a": shell("true")})
    with folder_lock(made.folder.private):
        engine = RunEngine(partial(apply, made))
        engine.begin()
        assert engine.wait(60)
    assert engine.pump()
    assert isinstance(engine.error, UsageError)
    assert "Another codehub is at work" in engine.error.what
    assert engine.progress.finished is None


def test_a_defect_is_said_in_words() -> None:
    async def breaks(emit: Emit) -> RunFinished:
        raise RuntimeError("boom")

    engine = RunEngine(breaks)
    engine.begin()
    assert engine.wait(60)
    engine.pump()
    assert engine.error is not None
    assert "did not expect" in engine.error.what
    assert "boom" in engine.error.why


def test_stop_waits_for_the_end_and_may_come_twice() -> None:
    ended: list[bool] = []

    async def slow(emit: Emit) -> RunFinished:
        try:
            await asyncio.sleep(300)
        except asyncio.CancelledError:
            await asyncio.sleep(0.1)
            ended.append(True)
        return RunFinished(run="r", outcome=Outcome.CANCELLED, seconds=0, exit_code=130)

    engine = RunEngine(slow)
    engine.begin()
    engine.stop()
    assert ended == [True] or not engine.running
    engine.stop()
    assert not engine.running


_PROGRAM = """
import sys, time
from functools import partial
from pathlib import Path
from tests.support.runs import preparation, shell, step
from wizard.screens.engine import RunEngine
from wizard.targets.session import apply

pids = Path(sys.argv[1]) / "pids"
script = f"echo $$ >>{pids}; sleep 300 & echo $! >>{pids}; wait"
engine = RunEngine(partial(apply, preparation(Path(sys.argv[1]) / "hub", [step("a")], {"a": shell(script)})))
engine.begin()
while not pids.exists() or len(pids.read_text().split()) < 2:
    time.sleep(0.01)
raise SystemExit("a crash, without any tidying up")
"""


def test_a_program_that_ends_takes_its_run_with_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)],
        env=environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"a crash" in done.stderr, done.stderr
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 2
    assert not any(is_running(int(pid)) for pid in pids)


@pytest.mark.parametrize("lines", [10_000])
def test_a_flood_of_output_stays_bounded_while_nobody_looks(tmp_path: Path, lines: int) -> None:
    made = preparation(tmp_path / "hub", [step("a")], {"a": shell(f"seq 1 {3 * lines}")})
    engine = RunEngine(partial(apply, made))
    engine.begin()
    assert engine.wait(60)
    engine.pump()
    kept = engine.progress.branches["a"].lines
    assert len(kept) == lines
    assert str(3 * lines) in kept
