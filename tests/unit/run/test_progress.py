"""The model of a run: real recordings of events, and every order of events that can be thought of."""

import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.runs import recorded
from wizard.reporting import TaskState
from wizard.run.events import (
    Event,
    LogLines,
    Notice,
    Outcome,
    Progress,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    StepSummary,
    Task,
)
from wizard.run.inbox import EventInbox
from wizard.run.progress import LOG_LINES, RunProgress


def follow(events: Iterable[Event]) -> RunProgress:
    run = RunProgress()
    for event in events:
        run.apply(event, event.at)
    return run


def begin(*names: str, skip: tuple[str, ...] = ()) -> RunStarted:
    steps = [
        StepSummary(id=name, title=name, branch=name, decision="skip" if name in skip else "run", why="x")
        for name in names
    ]
    return RunStarted(run="r", steps=tuple(steps), log_folder="/logs")


def started(name: str, attempt: int = 1) -> StepStarted:
    return StepStarted(step=name, title=name, branch=name, log=f"/logs/{name}.log", attempt=attempt)


def test_a_recorded_run_comes_to_its_end() -> None:
    run = follow(recorded())
    assert list(run.branches) == ["notebook", "hub", "delivery", "helm"]
    assert [branch.title for branch in run.branches.values()] == ["Notebook image", "Hub image", "Delivery", "Helm"]
    assert {branch.outcome for branch in run.branches.values()} == {Outcome.DONE}
    assert (run.done, len(run.to_run), run.fraction) == (5, 5, 1.0)
    assert run.finished is not None
    notebook = run.steps["build-notebook"]
    counts = notebook.counts()
    assert counts[TaskState.RUNNING] == 0
    assert counts[TaskState.CACHED] == 1
    assert sum(counts.values()) == len(notebook.tasks)
    assert run.branches["hub"].seconds(0) == pytest.approx(run.steps["build-hub"].seconds(0), abs=0.1)


def test_a_recorded_run_in_its_middle() -> None:
    events = recorded()
    middle = next(i for i, one in enumerate(events) if isinstance(one, Task) and one.task == "code-server-npm 1/1")
    run = follow(events[: middle + 1])
    assert run.branches["notebook"].running
    assert run.branches["hub"].outcome is Outcome.DONE
    assert run.branches["helm"].outcome is None
    assert 0 < run.branches["notebook"].fraction < 1
    assert 0.2 < run.fraction < 1
    working = run.steps["build-notebook"].working()
    assert "code-server-npm 1/1" in {task.latest.task for task in working}


@given(st.lists(st.integers(0, 200), max_size=12))
def test_taking_events_in_batches_shows_the_same(cuts: list[int]) -> None:
    events = recorded()
    whole, inbox, batched = follow(events), EventInbox(), RunProgress()
    for place, event in enumerate(events):
        inbox.put(event)
        if place in cuts:
            for one in inbox.take():
                batched.apply(one, one.at)
    for one in inbox.take():
        batched.apply(one, one.at)
    assert {key: branch.outcome for key, branch in batched.branches.items()} == dict.fromkeys(
        whole.branches, Outcome.DONE
    )
    assert {key: sorted(branch.lines) for key, branch in batched.branches.items()} == {
        key: sorted(branch.lines) for key, branch in whole.branches.items()
    }
    assert batched.steps["build-notebook"].counts() == whole.steps["build-notebook"].counts()


_STEPS = st.sampled_from(["a", "b", "unknown"])
_EVENTS = st.one_of(
    st.builds(lambda: begin("a", "b", skip=("b",))),
    st.builds(started, _STEPS, st.integers(1, 3)),
    st.builds(
        lambda step, task, state, current, total: Task(
            step=step, task=task, name=task, state=state, current=current, total=total
        ),
        _STEPS,
        st.sampled_from(["t1", "t2"]),
        st.sampled_from(TaskState),
        st.integers(-1, 9),
        st.integers(-1, 9),
    ),
    st.builds(
        lambda step, now, of: Progress(step=step, current=now, total=of), _STEPS, st.integers(-1, 9), st.integers(-1, 9)
    ),
    st.builds(lambda step, lines: LogLines(step=step, lines=tuple(lines)), _STEPS, st.lists(st.text(), max_size=3)),
    st.builds(lambda step, text: Notice(step=step, level="warning", text=text), _STEPS, st.text()),
    st.builds(
        lambda step, outcome: StepFinished(step=step, outcome=outcome, seconds=1), _STEPS, st.sampled_from(Outcome)
    ),
    st.builds(lambda one: RunFinished(run="r", outcome=one, seconds=1, exit_code=0), st.sampled_from(Outcome)),
)


@given(st.lists(_EVENTS, max_size=30), st.lists(st.floats(-1e9, 1e9), min_size=31, max_size=31))
def test_no_order_of_events_and_no_clock_breaks_it(events: list[Event], clock: list[float]) -> None:
    run = RunProgress()
    for event, now in zip(events, clock, strict=False):
        run.apply(event, now)
        assert 0 <= run.fraction <= 1
        assert run.seconds(now) >= 0
        for step in run.steps.values():
            assert 0 <= step.fraction <= 1
            assert step.seconds(now) >= 0
            assert all(task.seconds(now) >= 0 for task in step.tasks.values())
        for branch in run.branches.values():
            assert 0 <= branch.fraction <= 1
            assert branch.seconds(now) >= 0
            assert not (branch.running and branch.outcome is Outcome.DONE)


def test_a_further_attempt_begins_from_nothing() -> None:
    run = follow(
        [
            begin("a"),
            started("a"),
            Task(step="a", task="t", name="t", state=TaskState.FAILED),
            Progress(step="a", current=3, total=4),
            started("a", 2),
        ]
    )
    step = run.steps["a"]
    assert (step.attempt, step.tasks, step.fraction, step.running) == (2, {}, 0.0, True)
    assert "▶ a (attempt 2)" in run.branches["a"].lines


def test_a_failure_is_the_branch_s_end_and_is_said_in_its_log() -> None:
    end = StepFinished(step="a", outcome=Outcome.FAILED, seconds=2, what="No room.", log="/logs/a.log")
    run = follow([begin("a", "b"), started("a"), end])
    assert run.branches["a"].outcome is Outcome.FAILED
    assert run.failures == [end]
    assert list(run.branches["a"].lines)[-2:] == ["✖ a: failed after 2.0 s", "  No room."]
    assert run.branches["b"].outcome is None


def test_what_runs_inside_a_step_ends_with_it() -> None:
    run = RunProgress()
    for now, event in enumerate(
        [
            begin("a"),
            started("a"),
            Task(step="a", task="t", name="t", state=TaskState.RUNNING),
            StepFinished(step="a", outcome=Outcome.CANCELLED),
        ]
    ):
        run.apply(event, now)
    step = run.steps["a"]
    assert step.working() == []
    assert step.tasks["t"].seconds(100) == 1


def test_logs_are_bounded_and_told_apart_by_how_many_were_seen() -> None:
    run = follow([begin("a"), started("a")])
    branch = run.branches["a"]
    seen = branch.written
    run.apply(LogLines(step="a", lines=("one", "two"), task="t"), 0)
    assert branch.since(seen) == ["[t] one", "[t] two"]
    assert branch.since(branch.written) == []
    run.apply(LogLines(step="a", lines=tuple(f"line {n}" for n in range(LOG_LINES + 5))), 0)
    assert len(branch.lines) == len(branch.since(seen)) == LOG_LINES
    assert branch.since(branch.written - 1) == [f"line {LOG_LINES + 4}"]


class TestInbox:
    def test_only_the_newest_word_of_progress_waits(self) -> None:
        inbox = EventInbox()
        for number in range(100_000):
            inbox.put(Task(step="a", task=f"t{number % 3}", name="t", state=TaskState.RUNNING, current=number))
            inbox.put(Progress(step="a", current=number, total=100_000))
        events = inbox.take()
        assert len(events) == 4
        assert max(event.current for event in events if isinstance(event, Task)) == 99_999
        assert inbox.take() == []
        assert inbox.empty

    def test_lines_are_merged_and_bounded(self) -> None:
        inbox = EventInbox()
        for number in range(3 * LOG_LINES):
            inbox.put(LogLines(step="a", lines=(str(number),), task="t"))
        (event,) = inbox.take()
        assert isinstance(event, LogLines)
        assert len(event.lines) == LOG_LINES
        assert event.lines[-1] == str(3 * LOG_LINES - 1)

    def test_nothing_crosses_the_start_or_the_end_of_a_step(self) -> None:
        inbox = EventInbox()
        inbox.put(Task(step="a", task="t", name="t", state=TaskState.FAILED))
        inbox.put(LogLines(step="a", lines=("first",)))
        inbox.put(started("a", 2))
        inbox.put(LogLines(step="a", lines=("second",)))
        inbox.put(Task(step="a", task="t", name="t", state=TaskState.RUNNING))
        kinds = [type(event).__name__ for event in inbox.take()]
        assert kinds == ["Task", "LogLines", "StepStarted", "LogLines", "Task"]

    def test_pieces_keep_their_task_and_stream(self) -> None:
        inbox = EventInbox()
        for task, stream, line in (("x", "out", "1"), ("x", "out", "2"), ("y", "out", "3"), ("x", "err", "4")):
            inbox.put(LogLines(step="a", lines=(line,), task=task, stream=stream))
        found = [(event.task, event.stream, event.lines) for event in inbox.take() if isinstance(event, LogLines)]
        assert found == [("x", "out", ("1", "2")), ("y", "out", ("3",)), ("x", "err", ("4",))]

    def test_a_flood_is_taken_quickly(self) -> None:
        inbox = EventInbox()
        began = time.perf_counter()
        for number in range(50_000):
            inbox.put(LogLines(step="a", lines=("x" * 100,), task=f"t{number % 7}"))
        inbox.take()
        assert time.perf_counter() - began < 30
