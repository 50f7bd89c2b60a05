"""A Reporter for commands that do one thing: a plain line for what begins, ends or should be known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from wizard.reporting import TaskState
from wizard.text import clean

_WORDS = {TaskState.DONE: "ok", TaskState.FAILED: "failed", TaskState.RUNNING: "..."}


class LineReporter:
    """Prints to a stream, or nowhere."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._shown: dict[str, TaskState] = {}

    def lines(self, lines: Iterable[str], *, task: str = "", stream: str = "out") -> None:
        """Raw output is not shown."""

    def task(
        self,
        task: str,
        name: str,
        state: TaskState,
        *,
        current: int = 0,  # noqa: ARG002 - a Reporter's signature
        total: int = 0,  # noqa: ARG002
        unit: str = "",  # noqa: ARG002
        detail: str = "",
    ) -> None:
        """One line for each change of state."""
        if self._shown.get(task) is not state:
            self._shown[task] = state
            self._say(f"{_WORDS.get(state, str(state)):<7} {name}{f' ({detail})' if detail else ''}")

    def progress(self, current: int, total: int, unit: str = "steps") -> None:
        """Not shown."""

    def notice(self, text: str, *, level: str = "warning") -> None:
        """A line of its own."""
        self._say(text if level == "info" else f"Warning: {text}")

    def _say(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(clean(text) + "\n")
            self._stream.flush()
