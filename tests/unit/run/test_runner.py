import asyncio
import json
import multiprocessing
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wizard.errors import CodehubError, MissingError, UsageError
from wizard.plan.model import Decision, Plan, Step
from wizard.run.context import BATCH, Action, StepContext
from wizard.run.events import Event, LogLines, Notice, Outcome, RunFinished, RunStarted, StepFinished, StepStarted
from wizard.run.lock import folder_lock
from wizard.run.runner import Runner
from wizard.text import Redactor


def step(name: str, *needs: str, skip: bool = False, **more: Any) -> Step:
    return Step(
        id=name,
        title=name.title(),
        branch=name,
        decision=Decision.SKIP if skip else Decision.RUN,
        why="because",
        needs=needs,
        **more,
    )


class Recorder:
    """Runs a plan and keeps all that was said."""

    def __init__(self, folder: Path, steps: list[Step], actions: Mapping[str, Action], **more: Any) -> None:
        self.events: list[Event] = []
        self.saved: list[tuple[str, Outcome]] = []
        self.folder = folder
        self.runner = Runner(
            Plan(tuple(steps)),
            actions,
            folder,
            self.events.append,
            on_finished=lambda step, event: self.saved.append((step.id, event.outcome)),
            **more,
        )

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def outcomes(self) -> dict[str, str]:
        return {event.step: str(event.outcome) for event in self.of(StepFinished)}


async def nothing(context: StepContext) -> Mapping[str, Any]:
    return {}


async def fails(context: StepContext) -> Mapping[str, Any]:
    context.lines(["first", "last"])
    raise CodehubError("It broke.", why="A screw was loose.", fix="Tighten it.")


async def test_independent_steps_run_at_the_same_time_and_hand_results_on(tmp_path: Path) -> None:
    both = asyncio.Barrier(2)

    async def meets(context: StepContext) -> Mapping[str, Any]:
        await asyncio.wait_for(both.wait(), 2)
        return {"from": context.step}

    async def last(context: StepContext) -> Mapping[str, Any]:
        return {"seen": sorted(context.results)}

    run = Recorder(
        tmp_path,
        [step("a"), step("b"), step("old", skip=True, result={"id": 1}), step("c", "a", "b", "old")],
        {"a": meets, "b": meets, "c": last},
    )
    finished = await run.runner.run()
    assert finished.outcome is Outcome.DONE
    assert finished.exit_code == 0
    assert next(event for event in run.of(StepFinished) if event.step == "c").result == {"seen": ["a", "b", "old"]}
    assert run.outcomes["old"] == "skipped"
    assert run.saved[-1] == ("c", Outcome.DONE)
    assert isinstance(run.events[0], RunStarted)
    assert isinstance(run.events[-1], RunFinished)


async def test_a_failure_stops_what_depends_on_it_only(tmp_path: Path) -> None:
    run = Recorder(
        tmp_path,
        [step("bad"), step("good"), step("after", "bad"), step("later", "after"), step("fine", "good")],
        {"bad": fails, "good": nothing, "after": nothing, "later": nothing, "fine": nothing},
    )
    finished = await run.runner.run()
    assert run.outcomes == {
        "bad": "failed", "good": "done", "after": "cancelled", "later": "cancelled", "fine": "done",
    }  # fmt: skip
    assert (finished.exit_code, finished.summary) == (1, "It broke.")
    failure = next(event for event in run.of(StepFinished) if event.step == "bad")
    assert (failure.what, failure.why, failure.fix) == ("It broke.", "A screw was loose.", "Tighten it.")
    assert failure.tail == ("first", "last")
    assert Path(failure.log).read_text().splitlines()[:2] == ["first", "last"]


async def test_something_missing_has_its_own_exit_code(tmp_path: Path) -> None:
    async def missing(context: StepContext) -> Mapping[str, Any]:
        raise MissingError("No Docker.")

    assert (await Recorder(tmp_path, [step("a")], {"a": missing}).runner.run()).exit_code == 3


async def test_a_defect_is_a_failed_step_with_the_trace_in_the_log_only(tmp_path: Path) -> None:
    async def defect(context: StepContext) -> Mapping[str, Any]:
        raise ValueError("hunter22 is wrong")

    run = Recorder(tmp_path, [step("a")], {"a": defect}, redact=Redactor(["hunter22"]))
    await run.runner.run()
    failure = run.of(StepFinished)[0]
    assert "ValueError: ••• is wrong" in failure.why
    assert "Traceback" in (tmp_path / "a.log").read_text()
    assert "hunter22" not in (tmp_path / "a.log").read_text() + (tmp_path / "events.jsonl").read_text()


async def test_secrets_and_control_characters_reach_no_event_and_no_log(tmp_path: Path) -> None:
    async def talks(context: StepContext) -> Mapping[str, Any]:
        context.lines(["token=s3cret-value \x1b[31mred\x1b[0m", "plain"], task="t")
        context.notice("s3cret-value seen")
        return {}

    run = Recorder(tmp_path, [step("a")], {"a": talks}, redact=Redactor(["s3cret-value"]))
    await run.runner.run()
    assert run.of(LogLines)[0].lines == ("token=••• red", "plain")
    assert run.of(Notice)[0].text == "••• seen"
    written = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "s3cret-value" not in written
    for line in (tmp_path / "events.jsonl").read_text().splitlines():
        assert json.loads(line)["event"]


async def test_a_flood_is_whole_and_goes_out_in_handy_events(tmp_path: Path) -> None:
    said = [f"line {number} ü" if number % 700 == 0 else f"line {number}" for number in range(2 * BATCH + 500)]

    async def talks(context: StepContext) -> Mapping[str, Any]:
        context.lines(said, task="t")
        context.lines([])
        return {}

    run = Recorder(tmp_path, [step("a")], {"a": talks}, redact=Redactor(["hunter22"]))
    await run.runner.run()
    assert [len(event.lines) for event in run.of(LogLines)] == [BATCH, BATCH, 500]
    assert [line for event in run.of(LogLines) for line in event.lines] == said
    logged = (tmp_path / "a.log").read_text().splitlines()
    assert [line for line in logged if line.startswith("[t] ")] == [f"[t] {line}" for line in said]
    kept = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [line for event in kept if event["event"] == "log" for line in event["lines"]] == said


async def test_cancel_ends_running_steps_and_says_so(tmp_path: Path) -> None:
    ended = []

    async def long(context: StepContext) -> Mapping[str, Any]:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(context.step)
        return {}

    run = Recorder(tmp_path, [step("a"), step("b"), step("c", "a")], {"a": long, "b": long, "c": nothing})
    task = asyncio.create_task(run.runner.run())
    while len(run.of(StepStarted)) < 2:
        await asyncio.sleep(0)
    task.cancel()
    finished = await asyncio.wait_for(task, 1)
    assert sorted(ended) == ["a", "b"]
    assert finished.exit_code == 130
    assert set(run.outcomes.values()) == {"cancelled"}
    assert set(run.outcomes) == {"a", "b", "c"}


async def test_a_time_out_is_a_failure_that_says_how_long(tmp_path: Path) -> None:
    async def long(context: StepContext) -> Mapping[str, Any]:
        await asyncio.sleep(60)
        return {}

    run = Recorder(tmp_path, [step("a", timeout=0.05)], {"a": long})
    assert (await run.runner.run()).exit_code == 1
    assert "0.05 seconds" in run.of(StepFinished)[0].what


async def test_only_a_step_that_allows_it_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.run.runner.RETRY_PAUSE", 0.01)
    tries: dict[str, int] = {"twice": 0, "once": 0}

    async def flaky(context: StepContext) -> Mapping[str, Any]:
        tries[context.step] += 1
        if tries[context.step] == 1:
            raise CodehubError("Cut off.")
        return {}

    run = Recorder(tmp_path, [step("twice", attempts=2), step("once")], {"twice": flaky, "once": flaky})
    await run.runner.run()
    assert run.outcomes == {"twice": "done", "once": "failed"}
    assert "Trying again" in run.of(Notice)[0].text
    assert [event.attempt for event in run.of(StepStarted) if event.step == "twice"] == [1, 2]


async def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    finished = await Recorder(tmp_path, [step("a", skip=True)], {}).runner.run()
    assert finished.outcome is Outcome.SKIPPED
    assert "Nothing to do" in finished.summary


def test_a_plan_refuses_steps_out_of_order() -> None:
    with pytest.raises(ValueError, match="needs"):
        Plan((step("a", "b"), step("b")))


def _hold(folder: Path, held: Any, done: Any) -> None:
    with folder_lock(folder):
        held.set()
        done.wait(60)


def test_the_second_run_in_a_folder_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    held, done = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / ".codehub", held, done))
    holder.start()
    try:
        assert held.wait(60)
        with pytest.raises(UsageError) as caught, folder_lock(tmp_path / ".codehub"):
            pass
        assert f"pid {holder.pid} " in caught.value.why
    finally:
        holder.kill()
        holder.join()
    with folder_lock(tmp_path / ".codehub"):
        assert f"pid {os.getpid()} " in (tmp_path / ".codehub" / "lock").read_text()
