"""What a step is given while it runs: where to say what it does, and what earlier steps produced."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from wizard.reporting import TaskState
from wizard.run.events import Emit, LogLines, Notice, Progress, Task, labelled
from wizard.text import MAX_LINE, Redactor, all_harmless, clean

TAIL = 20
"""Lines that are shown again when a step fails."""

BATCH = 1000
"""Lines of one event at the most: what is done to all of an event's lines at once keeps a screen waiting."""


class Log(Protocol):
    """What a step's log is written to."""

    def write(self, text: str, /) -> object:
        """Add text to it."""
        ...


class StepContext:
    """The one way for a step to report; writes its log file and emits its events, both without secrets."""

    def __init__(
        self,
        step: str,
        emit: Emit,
        log: Log,
        log_path: Path,
        *,
        redact: Redactor,
        results: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.step = step
        self.log_path = log_path
        self.results = results
        self.tail: deque[str] = deque(maxlen=TAIL)
        self._emit = emit
        self._log = log
        self._redact = redact
        self._states: dict[str, TaskState] = {}

    def lines(self, lines: Iterable[str], *, task: str = "", stream: str = "out") -> None:
        """Report output; give many lines at once when there are many: each call is one event."""
        given = list(lines)
        for start in range(0, len(given), BATCH):
            self._report(given[start : start + BATCH], task, stream)

    def _report(self, lines: list[str], task: str, stream: str) -> None:
        # A log may be shown by anything, so it gets no escapes; secrets go first, while they are whole.
        redacted = all_harmless(self._redact.each(lines))
        labels = redacted if not task else [labelled(task, line) for line in redacted]
        self._log.write("\n".join(labels) + "\n")
        shown = tuple(clean(line) if len(line) > MAX_LINE else line for line in redacted)
        self.tail.extend(shown[-TAIL:])
        self._emit(LogLines(step=self.step, lines=shown, task=task, stream=stream))

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
        """Report a piece of work inside the step; the log gets a line for each change of its state."""
        shown = clean(self._redact(name))
        if self._states.get(task) is not state:
            self._states[task] = state
            self._log.write(f"{state}: {shown}\n")
        self._emit(
            Task(
                step=self.step,
                task=task,
                name=shown,
                state=state,
                current=current,
                total=total,
                unit=unit,
                detail=clean(self._redact(detail)),
            )
        )

    def progress(self, current: int, total: int, unit: str = "steps") -> None:
        """Report how far the whole step is."""
        self._emit(Progress(step=self.step, current=current, total=total, unit=unit))

    def notice(self, text: str, *, level: str = "warning") -> None:
        """Tell a person something that is not a failure."""
        text = clean(self._redact(text))
        self._log.write(f"{level}: {text}\n")
        self._emit(Notice(step=self.step, level=level, text=text))


Action = Callable[[StepContext], Awaitable[Mapping[str, Any]]]
"""Does a step's work and returns its result (no secrets); raises CodehubError when it fails."""
