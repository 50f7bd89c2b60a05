"""Runs for the tests of what shows them: recorded events, and plans whose steps are small real processes."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.support.parts import ROOT
from wizard.errors import StepFailed
from wizard.plan.model import Decision, Plan, Step
from wizard.reporting import TaskState
from wizard.run.context import Action, StepContext
from wizard.run.events import (
    Emit,
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
from wizard.run.folder import SetupFolder
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.targets.session import Preparation, rendering
from wizard.text import LineSplitter
from wizard.tools import process

RECORDED = ROOT / "tests" / "data" / "runs"
KINDS: dict[str, type[Event]] = {
    "run-started": RunStarted,
    "step-started": StepStarted,
    "task": Task,
    "progress": Progress,
    "log": LogLines,
    "notice": Notice,
    "step-finished": StepFinished,
    "run-finished": RunFinished,
}


def recorded(name: str = "kubernetes") -> list[Event]:
    """The events of a real run, as its events.jsonl has them."""
    lines = (RECORDED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [event_of(json.loads(line)) for line in lines]


def event_of(document: dict[str, Any]) -> Event:
    """An event from its JSON object."""
    values = dict(document)
    kind = KINDS[values.pop("event")]
    if kind is RunStarted:
        steps = [StepSummary(**{**step, "needs": tuple(step["needs"])}) for step in values["steps"]]
        values["steps"] = tuple(steps)
    for field in ("lines", "tail"):
        if field in values:
            values[field] = tuple(values[field])
    if "outcome" in values:
        values["outcome"] = Outcome(values["outcome"])
    if "state" in values:
        values["state"] = TaskState(values["state"])
    return kind(**values)


class Replay:
    """Carries recorded events out instead of a plan, up to a place, and then goes on when told to.

    `clock` says the time of the last event. With `taken` (says whether all events were taken by the one that shows
    them) the timers of what is shown are the same in every test.
    """

    def __init__(self, events: Iterable[Event], pause_before: Callable[[Event], bool] = lambda _event: False) -> None:
        self.events = list(events)
        self.go_on = threading.Event()
        self.paused = threading.Event()
        self.taken: Callable[[], bool] = lambda: True
        self._pause_before = pause_before
        self._now = self.events[0].at

    def clock(self) -> float:
        """Seconds, as the recording has them."""
        return self._now

    async def __call__(self, preparation: Preparation, emit: Emit) -> RunFinished:
        last: Event | None = None
        for event in self.events:
            if isinstance(event, StepStarted | StepFinished):
                await self._until(self.taken)
            if not self.paused.is_set() and self._pause_before(event):
                await self._until(self.taken)
                self.paused.set()
                await self._until(self.go_on.is_set)
            self._now = event.at
            emit(event)
            if isinstance(event, StepStarted | StepFinished):
                await self._until(self.taken)
            last = event
        assert isinstance(last, RunFinished)
        return last

    async def _until(self, met: Callable[[], bool]) -> None:
        while not met():
            await asyncio.sleep(0.01)


def step(name: str, *needs: str, branch: str = "", skip: bool = False, **more: Any) -> Step:
    """A step of a plan for a test."""
    return Step(
        id=name,
        title=name.replace("-", " ").capitalize(),
        branch=branch or name,
        decision=Decision.SKIP if skip else Decision.RUN,
        why="nothing of it changed" if skip else "it was never done here",
        needs=needs,
        **more,
    )


def shell(script: str, *, tasks: Iterable[str] = ()) -> Action:
    """An action that runs a shell script as a real process and reports its lines; fails as the script does."""

    async def work(context: StepContext) -> Mapping[str, Any]:
        splitter = LineSplitter()
        for task in tasks:
            context.task(task, task, TaskState.RUNNING)
        code = await process.stream(["sh", "-c", script], lambda _name, chunk: context.lines(splitter.feed(chunk)))
        context.lines(splitter.finish())
        if code:
            raise StepFailed(
                "The script did not succeed.", why=f"It ended with exit code {code}.", fix="Mend it and retry."
            )
        for task in tasks:
            context.task(task, task, TaskState.DONE)
        return {"code": code}

    return work


def preparation(
    folder: Path, steps: Iterable[Step], actions: Mapping[str, Action], setup: Setup | None = None
) -> Preparation:
    """A preparation of a real setup folder whose plan is the given one."""
    place = SetupFolder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    answers = setup or Setup()
    if not place.answers.exists():
        store.save(place.answers, answers)
    return Preparation(place, rendering(place), Plan(tuple(steps)), actions)
