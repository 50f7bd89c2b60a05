"""A run shown without the wizard: as plain lines, as lines with a live part, or as JSON lines.

A console takes events and writes to one stream. Plain lines are for logs and pipes: every step and every piece of
work has a line at its start and its end, raw output only with `verbose`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Literal, Protocol, Self, TextIO

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
    Task,
    to_json,
)
from wizard.text import clean
from wizard.wording import amount, counted, duration

ProgressMode = Literal["auto", "plain", "json"]

_STYLES = {
    Outcome.DONE: ("✔", "+", "green"),
    Outcome.SKIPPED: ("»", "-", "dim"),
    Outcome.FAILED: ("✖", "x", "bold red"),
    Outcome.CANCELLED: ("■", "!", "yellow"),
}
_TASK_ENDS = {
    TaskState.DONE: "done",
    TaskState.CACHED: "cached",
    TaskState.FAILED: "failed",
    TaskState.CANCELLED: "stopped",
}


class RunConsole(Protocol):
    """Shows a run; a context manager, so that a terminal is left as it was found."""

    def emit(self, event: Event) -> None:
        """Show one event; never raises: a reader that went away is told of through `on_lost`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_console(
    mode: ProgressMode, stream: TextIO, *, verbose: bool = False, on_lost: Callable[[OSError], None]
) -> RunConsole:
    """The console for a stream: `auto` is live on a terminal that can redraw, and plain everywhere else.

    on_lost is called once when the stream can no longer be written to (its reader has gone, the disk is full).
    """
    if mode == "json":
        return JsonConsole(stream, on_lost=on_lost)
    writer = Writer(stream, on_lost=on_lost)
    if mode == "auto" and stream.isatty() and _can_redraw():
        from wizard.console_live import LiveConsole

        return LiveConsole(writer, verbose=verbose)
    return PlainConsole(writer, verbose=verbose)


def _can_redraw() -> bool:
    return os.environ.get("TERM", "") not in {"", "dumb"} and not os.environ.get("CI")


class _Context:
    """The context manager of consoles that have nothing to tidy up."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class JsonConsole(_Context):
    """One event a line, as `wizard.run.events.to_json` gives it, and nothing else."""

    def __init__(self, stream: TextIO, *, on_lost: Callable[[OSError], None]) -> None:
        self._stream = stream
        self._on_lost: Callable[[OSError], None] | None = on_lost

    def emit(self, event: Event) -> None:
        if self._on_lost is None:
            return
        try:
            self._stream.write(json.dumps(to_json(event), ensure_ascii=True) + "\n")
            self._stream.flush()
        except OSError as error:
            lost, self._on_lost = self._on_lost, None
            lost(error)


class Writer:
    """A rich console on the stream, for lines of foreign text: no markup, no wrapping, no control characters."""

    def __init__(self, stream: TextIO, *, on_lost: Callable[[OSError], None]) -> None:
        from rich.console import Console

        class GuardedConsole(Console):
            """Leaves a broken pipe to the writer; rich would point stdout elsewhere and exit with 1."""

            def on_broken_pipe(self) -> None:
                raise  # noqa: PLE0704 - rich calls this while it handles the error

        self.rich: Console = GuardedConsole(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        encoding = (stream.encoding or "ascii").lower().replace("-", "")
        self.unicode = encoding.startswith("utf")
        self._on_lost: Callable[[OSError], None] | None = on_lost

    def write(self, lines: Iterable[tuple[str, str]]) -> None:
        """Write lines with a style each, in one go; once the stream is lost, nothing more."""
        from rich.text import Text

        texts = [Text(clean(line), style=style, no_wrap=True, overflow="ignore") for line, style in lines]
        if texts:
            self.guard(lambda: self.rich.print(Text("\n").join(texts), soft_wrap=True))

    def guard(self, write: Callable[[], object]) -> None:
        """Do something that writes; a stream that fails is reported once and then left alone."""
        if self._on_lost is None:
            return
        try:
            write()
            self.rich.file.flush()
        except OSError as error:
            lost, self._on_lost = self._on_lost, None
            lost(error)

    @property
    def lost(self) -> bool:
        """Whether the stream can no longer be written to."""
        return self._on_lost is None


class Narrator:
    """Turns events into the lines that stay: the same for plain output and above the live part."""

    def __init__(self, *, unicode: bool, verbose: bool, tasks: bool) -> None:
        self._marks = {outcome: marks[0 if unicode else 1] for outcome, marks in _STYLES.items()}
        self._begin = "▶" if unicode else ">"
        self._verbose = verbose
        self._tasks = tasks
        self._branches: dict[str, str] = {}
        self._titles: dict[str, str] = {}
        self._seen: dict[tuple[str, str], TaskState] = {}
        self._task_began: dict[tuple[str, str], float] = {}

    def lines(self, event: Event) -> list[tuple[str, str]]:
        """The lines that an event adds, each with its style."""
        match event:
            case RunStarted():
                return self._run_started(event)
            case StepStarted():
                again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
                return [(f"{self._begin} {event.title}{again}", "bold")]
            case Task() if self._tasks:
                return self._task(event)
            case LogLines() if self._verbose:
                return [(f"  {self._branch(event.step)} | {line}", "dim") for line in event.lines]
            case Notice():
                style = "yellow" if event.level == "warning" else ""
                return [(f"  {self._branch(event.step)}: {event.level}: {event.text}", style)]
            case StepFinished():
                return self._step_finished(event)
            case RunFinished():
                return self._run_finished(event)
            case _:
                return []

    def _run_started(self, event: RunStarted) -> list[tuple[str, str]]:
        self._branches = {step.id: step.branch for step in event.steps}
        self._titles = {step.id: step.title for step in event.steps}
        to_run = sum(step.decision == "run" for step in event.steps)
        return [
            (f"{counted(len(event.steps), 'step')}, {to_run} to run. Logs: {event.log_folder}", ""),
        ]

    def _task(self, event: Task) -> list[tuple[str, str]]:
        key = (event.step, event.task)
        before = self._seen.get(key)
        if event.state == before or (before in _TASK_ENDS and event.state is TaskState.RUNNING):
            return []
        self._seen[key] = event.state
        if event.name.startswith("[internal]") and event.state is not TaskState.FAILED:
            return []  # BuildKit's housekeeping
        label = f"  {self._branch(event.step)}: {event.name}"
        if event.state is TaskState.RUNNING:
            self._task_began[key] = event.at
            # Layers of a push come by the dozen; their end says enough.
            return [] if event.unit == "bytes" else [(label, "")]
        took = event.at - self._task_began.get(key, event.at)
        facts = [_TASK_ENDS[event.state]]
        if event.unit == "bytes" and event.total:
            facts.append(amount(event.total, 0, "bytes"))
        if took >= 0.1:
            facts.append(duration(took))
        if event.detail and event.state is TaskState.FAILED:
            facts.append(event.detail)
        style = "red" if event.state is TaskState.FAILED else "dim"
        return [(f"{label}: {', '.join(facts)}", style)]

    def _step_finished(self, event: StepFinished) -> list[tuple[str, str]]:
        _, _, style = _STYLES[event.outcome]
        mark, title = self._marks[event.outcome], self._titles.get(event.step, event.step)
        if event.outcome is Outcome.DONE:
            return [(f"{mark} {title} ({duration(event.seconds)})", style)]
        if event.outcome is Outcome.SKIPPED:
            return [(f"{mark} {title}: skipped, {event.reason}", style)]
        if event.outcome is Outcome.CANCELLED:
            return [(f"{mark} {title}: {event.reason or 'stopped'}", style)]
        return [(f"{mark} {title}: failed after {duration(event.seconds)}", style), (f"  {event.what}", "bold")]

    def _run_finished(self, event: RunFinished) -> list[tuple[str, str]]:
        _, _, style = _STYLES[event.outcome]
        # What failed has been said at its step, and is said in full on stderr.
        summary = "Failed." if event.outcome is Outcome.FAILED else event.summary
        return [(f"{summary} ({duration(event.seconds)})", style)]

    def _branch(self, step: str) -> str:
        return self._branches.get(step) or step


class PlainConsole(_Context):
    """Lines only, none ever changed: for pipes, CI logs and terminals that cannot redraw."""

    QUIET = 30.0
    """Seconds of silence after which a running step's progress is worth a line of its own."""

    def __init__(self, writer: Writer, *, verbose: bool = False, now: Callable[[], float] = time.monotonic) -> None:
        self._writer = writer
        self._narrator = Narrator(unicode=writer.unicode, verbose=verbose, tasks=True)
        self._now = now
        self._said = now()

    def emit(self, event: Event) -> None:
        lines = self._narrator.lines(event)
        if not lines and isinstance(event, Progress | Task) and self._now() - self._said > self.QUIET:
            what = event.name if isinstance(event, Task) else event.step
            how_far = amount(event.current, event.total, event.unit)
            lines = [(f"  {what}: {how_far or 'still running'}", "dim")]
        if lines:
            self._said = self._now()
            self._writer.write(lines)
