"""A run as it stands, made from its events alone: what panes and the live console show.

Knows no screen and no clock: `apply` is given the reading of a monotonic clock with each event, so that a wall clock
that jumps changes no timer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

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
    labelled,
)
from wizard.wording import duration

LOG_LINES = 10_000
"""Lines of each branch that are kept to be shown; the files on the disk have them all."""

_TITLES = {"notebook": "Notebook image", "hub": "Hub image", "delivery": "Delivery", "helm": "Helm"}
_ENDED_WELL = (Outcome.DONE, Outcome.SKIPPED)


def is_housekeeping(name: str) -> bool:
    """Whether a task is BuildKit's own (reading the Dockerfile and such), worth a line only when it fails."""
    return name.startswith("[internal]")


@dataclass
class TaskProgress:
    """A piece of work inside a step; `began` and `ended` are readings of the monotonic clock, in seconds."""

    latest: Task
    began: float
    ended: float | None = None

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.latest.state is TaskState.RUNNING

    def seconds(self, now: float) -> float:
        """How long it took, or has taken so far."""
        return max(0.0, (now if self.ended is None else self.ended) - self.began)


@dataclass
class StepProgress:
    """A step of the plan and how far it is; `outcome` is None until it ends."""

    summary: StepSummary
    attempt: int = 0
    began: float | None = None
    ended: float | None = None
    finished: StepFinished | None = None
    progress: Progress | None = None
    tasks: dict[str, TaskProgress] = field(default_factory=dict)
    log: str = ""

    @property
    def outcome(self) -> Outcome | None:
        """How it ended."""
        return self.finished.outcome if self.finished else None

    @property
    def running(self) -> bool:
        """Whether it is at work now."""
        return self.began is not None and self.finished is None

    @property
    def fraction(self) -> float:
        """How much of it is done, from 0 to 1."""
        if self.outcome in _ENDED_WELL:
            return 1.0
        if self.progress is None or self.progress.total <= 0:
            return 0.0
        return min(1.0, max(0.0, self.progress.current / self.progress.total))

    def seconds(self, now: float) -> float:
        """How long it took, or has taken so far; 0 when it has not begun."""
        if self.finished is not None:
            return self.finished.seconds
        return max(0.0, now - self.began) if self.began is not None else 0.0

    def begin(self, event: StepStarted, now: float) -> None:
        """Take a start; a further attempt begins from nothing."""
        self.attempt, self.log = event.attempt, event.log
        self.began, self.ended, self.finished, self.progress = now, None, None, None
        self.tasks.clear()

    def take(self, event: Task, now: float) -> None:
        """Take what a task says; one that runs again after its end goes on with the time it had."""
        known = self.tasks.get(event.task)
        if known is None:
            known = self.tasks[event.task] = TaskProgress(event, now)
        known.latest = event
        known.ended = None if known.running else (now if known.ended is None else known.ended)

    def end(self, event: StepFinished, now: float) -> None:
        """Take its end; what still ran inside ended with it."""
        self.finished, self.ended, self.log = event, now, event.log or self.log
        for task in self.tasks.values():
            if task.ended is None:
                task.ended = now

    def working(self) -> list[TaskProgress]:
        """The tasks that run, in the order in which they began."""
        return [task for task in self.tasks.values() if task.running and self.finished is None]

    def counts(self) -> dict[TaskState, int]:
        """How many tasks are in each state."""
        found = dict.fromkeys(TaskState, 0)
        for task in self.tasks.values():
            found[task.latest.state] += 1
        return found


@dataclass
class BranchProgress:
    """The steps of one branch, and the last LOG_LINES lines of what they said."""

    key: str
    steps: list[StepProgress] = field(default_factory=list)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    written: int = 0
    version: int = 0

    @property
    def title(self) -> str:
        """The heading of its pane."""
        return _TITLES.get(self.key, self.key[:1].upper() + self.key[1:])

    @property
    def running(self) -> bool:
        """Whether one of its steps is at work."""
        return any(step.running for step in self.steps)

    @property
    def begun(self) -> bool:
        """Whether one of its steps ever was at work."""
        return any(step.began is not None for step in self.steps)

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, the worst of its steps; None while something is still to come."""
        outcomes = {step.outcome for step in self.steps}
        if Outcome.FAILED in outcomes:
            return Outcome.FAILED
        if None in outcomes:
            return None
        return next((one for one in (Outcome.CANCELLED, Outcome.DONE) if one in outcomes), Outcome.SKIPPED)

    @property
    def fraction(self) -> float:
        """How much of what runs here is done, from 0 to 1."""
        return _mean(step.fraction for step in self.steps if step.summary.decision == "run")

    def seconds(self, now: float) -> float:
        """From its first start to its last end, or to now while something runs; 0 when nothing began."""
        begun = [step for step in self.steps if step.began is not None]
        starts = [step.began for step in begun if step.began is not None]
        ends = [now if step.ended is None else step.ended for step in begun]
        return max(0.0, max(ends) - min(starts)) if begun else 0.0

    def since(self, seen: int) -> list[str]:
        """The lines written after the first `seen` ones, as far as they are kept."""
        fresh = min(self.written - seen, len(self.lines))
        return list(reversed(list(islice(reversed(self.lines), fresh)))) if fresh > 0 else []

    def write(self, lines: Sequence[str]) -> None:
        """Add lines to what it said."""
        self.lines.extend(lines)
        self.written += len(lines)


class RunProgress:
    """The whole run; give `apply` its events in their order."""

    def __init__(self) -> None:
        self.steps: dict[str, StepProgress] = {}
        self.branches: dict[str, BranchProgress] = {}
        self.notices: list[Notice] = []
        self.log_folder = ""
        self.finished: RunFinished | None = None
        self._began: float | None = None

    @property
    def failures(self) -> list[StepFinished]:
        """The ends of the steps that failed, in the plan's order."""
        ends = [step.finished for step in self.steps.values() if step.finished]
        return [end for end in ends if end.outcome is Outcome.FAILED]

    @property
    def to_run(self) -> list[StepProgress]:
        """The steps that are not skipped."""
        return [step for step in self.steps.values() if step.summary.decision == "run"]

    @property
    def done(self) -> int:
        """How many of `to_run` are done."""
        return sum(step.outcome is Outcome.DONE for step in self.to_run)

    @property
    def fraction(self) -> float:
        """How much of the run is done, from 0 to 1; it goes back where a step finds more to do."""
        if self.finished and self.finished.outcome in _ENDED_WELL:
            return 1.0
        return _mean(step.fraction for step in self.to_run)

    def seconds(self, now: float) -> float:
        """How long the run took, or has taken so far."""
        if self.finished:
            return self.finished.seconds
        return max(0.0, now - self._began) if self._began is not None else 0.0

    def apply(self, event: Event, now: float) -> None:
        """Take an event at a reading of the monotonic clock; one about an unknown step is left out."""
        match event:
            case RunStarted():
                self._start(event, now)
            case RunFinished():
                self.finished = event
            case StepStarted() | Task() | Progress() | LogLines() | Notice() | StepFinished():
                step = self.steps.get(event.step)
                if step is not None:
                    branch = self.branches[step.summary.branch]
                    branch.version += 1
                    self._apply(event, step, branch, now)

    def _start(self, event: RunStarted, now: float) -> None:
        self._began, self.log_folder = now, event.log_folder
        for summary in event.steps:
            step = self.steps[summary.id] = StepProgress(summary)
            self.branches.setdefault(summary.branch, BranchProgress(summary.branch)).steps.append(step)
        # What comes first stands first; the plan's order goes along one image after the other.
        known = [key for key in _TITLES if key in self.branches]
        self.branches = {key: self.branches[key] for key in dict.fromkeys([*known, *self.branches])}

    def _apply(
        self,
        event: StepStarted | Task | Progress | LogLines | Notice | StepFinished,
        step: StepProgress,
        branch: BranchProgress,
        now: float,
    ) -> None:
        match event:
            case StepStarted():
                step.begin(event, now)
                again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
                branch.write([f"▶ {event.title}{again}"])
            case Task():
                step.take(event, now)
            case Progress():
                step.progress = event
            case LogLines():
                branch.write([labelled(event.task, line) for line in event.lines] if event.task else event.lines)
            case Notice():
                self.notices.append(event)
                branch.write([f"{'!' if event.level == 'warning' else 'i'} {event.text}"])
            case StepFinished():
                step.end(event, now)
                branch.write(_ending(step.summary.title, event))


def _ending(title: str, event: StepFinished) -> list[str]:
    """What the log says of a step's end."""
    match event.outcome:
        case Outcome.DONE:
            return [f"✔ {title} ({duration(event.seconds)})"]
        case Outcome.SKIPPED:
            return [f"» {title}: skipped, {event.reason}"]
        case Outcome.CANCELLED:
            return [f"■ {title}: {event.reason or 'stopped'}"]
        case Outcome.FAILED:
            return [f"✖ {title}: failed after {duration(event.seconds)}", f"  {event.what}"]


def _mean(fractions: Iterable[float]) -> float:
    values = list(fractions)
    return sum(values) / len(values) if values else 0.0
