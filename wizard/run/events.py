"""What a run says while it goes on: typed events, the only thing that panes, consoles and logs get to see.

Every event is a frozen dataclass of plain values. `to_json` gives the object of one line of `events.jsonl`
and of `--progress json`: the event's fields with its `event` name and the time `at` (seconds since 1970, UTC).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from wizard.reporting import TaskState


class Outcome(StrEnum):
    """How a step or a whole run ended."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events."""

    at: float = field(default_factory=time.time)


@dataclass(frozen=True, kw_only=True)
class StepSummary:
    """One step as a run's first event announces it."""

    id: str
    title: str
    branch: str
    decision: str
    why: str
    command: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A run begins; `steps` is the whole plan in order, `log_folder` where its logs are."""

    run: str
    steps: tuple[StepSummary, ...]
    log_folder: str


@dataclass(frozen=True, kw_only=True)
class StepStarted(Event):
    """A step begins; `log` is the file with all its output; `attempt` counts from 1."""

    step: str
    title: str
    branch: str
    log: str
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class Task(Event):
    """A piece of work inside a step changed. `current` of `total` is in `unit` ("bytes", "" for a plain count)."""

    step: str
    task: str
    name: str
    state: TaskState
    current: int = 0
    total: int = 0
    unit: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """How far a whole step is: `current` of `total` `unit`s."""

    step: str
    current: int
    total: int
    unit: str = "steps"


@dataclass(frozen=True, kw_only=True)
class LogLines(Event):
    """Output of a step, several lines at once, without control characters. `task` names the piece of work."""

    step: str
    lines: tuple[str, ...]
    task: str = ""
    stream: str = "out"


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """Something a person should know though nothing failed. `level` is "info" or "warning"."""

    step: str
    level: str
    text: str


@dataclass(frozen=True, kw_only=True)
class StepFinished(Event):
    """A step ended. On failure what/why/fix say it for a person and `tail` has its last lines.

    `address` is the error's entry in docs/troubleshooting.md.

    `result` holds what later steps and `codehub status` may need (image id, digest, revision); never secrets.
    """

    step: str
    outcome: Outcome
    seconds: float = 0.0
    reason: str = ""
    what: str = ""
    why: str = ""
    fix: str = ""
    address: str = ""
    log: str = ""
    tail: tuple[str, ...] = ()
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def untold_tail(self) -> tuple[str, ...]:
        """`tail`, or nothing where the reason quotes its end already; BuildKit repeats an error as the last line."""
        told = {line.strip() for line in self.why.splitlines()}
        last = [line.removeprefix("ERROR: ").strip() for line in self.tail[-2:]]
        quoted = any(line in told for line in last if line) or any(line in self.why for line in self.tail[-1:])
        return () if quoted else self.tail


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """A run ended; `exit_code` is what a headless run returns to the shell."""

    run: str
    outcome: Outcome
    seconds: float
    exit_code: int
    summary: str = ""


def labelled(task: str, line: str) -> str:
    """A line of output as a step's log has it: with the piece of work that it comes from."""
    return f"[{task}] {line}" if task else line


Emit = Callable[[Event], None]

_NAMES: dict[type[Event], str] = {
    RunStarted: "run-started",
    StepStarted: "step-started",
    Task: "task",
    Progress: "progress",
    LogLines: "log",
    Notice: "notice",
    StepFinished: "step-finished",
    RunFinished: "run-finished",
}


def to_json(event: Event) -> dict[str, Any]:
    """The event as a JSON-ready object whose first key, `event`, names its type."""
    # asdict goes into every line by itself, which a flood of output would pay for.
    values = vars(event) if isinstance(event, LogLines) else dataclasses.asdict(event)
    return {"event": _NAMES[type(event)], **values}
