"""How a tool says what it is doing, without knowing who listens.

`wizard.run.context.StepContext` is a Reporter: a step's action hands its context straight to a tool.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol


class TaskState(StrEnum):
    """Where a piece of work inside a step stands (a BuildKit vertex, a layer, a pod, a Helm hook)."""

    RUNNING = "running"
    CACHED = "cached"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Reporter(Protocol):
    """Takes what a tool has to say; called from the event loop's thread only."""

    def lines(self, lines: Iterable[str], *, task: str = "", stream: str = "out") -> None:
        """Output of a piece of work (`task`), whole lines, several at once."""

    def task(
        self,
        task: str,
        name: str,
        state: TaskState,
        *,
        current: int = 0,
        total: int = 0,
        unit: str = "",
        detail: str = "",
    ) -> None:
        """A piece of work changed; `current` of `total` is in `unit` ("bytes", "" for a plain count)."""

    def progress(self, current: int, total: int, unit: str = "steps") -> None:
        """How far the whole is."""

    def notice(self, text: str, *, level: str = "warning") -> None:
        """Something a person should know though nothing failed. `level` is "info" or "warning"."""
