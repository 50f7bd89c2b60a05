"""A run on a terminal: finished steps as lines that stay, and below them what is running, redrawn in place."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from wizard.console import Narrator, Writer
from wizard.reporting import TaskState
from wizard.run.events import Event, Progress, RunFinished, StepFinished, StepStarted, Task
from wizard.text import clean
from wizard.wording import amount, counted, duration

if TYPE_CHECKING:
    from rich.console import RenderableType

REDRAW = 0.1
"""Seconds between two redraws at the least: over SSH each one costs."""

TICK = 1.0
"""Seconds after which the timers are redrawn though nothing happened."""

_TASKS_SHOWN = 4
"""Running pieces of work that are listed below a step."""


@dataclass
class _Running:
    """A step that is running, and what it is doing."""

    title: str
    began: float
    tasks: dict[str, Task] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    progress: Progress | None = None

    def take(self, event: Task) -> None:
        if event.state is TaskState.RUNNING:
            self.tasks[event.task] = event
            self.ended.discard(event.task)
        else:
            self.tasks.pop(event.task, None)
            self.ended.add(event.task)


class LiveConsole:
    """Shows events on a terminal; redraws at most ten times a second, from the event loop's thread."""

    def __init__(self, writer: Writer, *, verbose: bool = False) -> None:
        from rich.live import Live

        self._writer = writer
        self._narrator = Narrator(unicode=writer.unicode, verbose=verbose, tasks=False)
        self._running: dict[str, _Running] = {}
        self._pending: list[tuple[str, str]] = []
        self._drawn = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self.redraws = 0
        self._live = Live(
            self, console=writer.rich, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )

    def __enter__(self) -> Self:
        self._writer.guard(self._live.start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer:
            self._timer.cancel()
        self._running.clear()
        self._draw()
        self._writer.guard(self._live.stop)

    def emit(self, event: Event) -> None:
        self._pending += self._narrator.lines(event)
        match event:
            case StepStarted():
                self._running[event.step] = _Running(event.title, time.monotonic())
            case StepFinished():
                self._running.pop(event.step, None)
            case Task() if event.step in self._running:
                self._running[event.step].take(event)
            case Progress() if event.step in self._running:
                self._running[event.step].progress = event
            case RunFinished():
                self._running.clear()
        self._schedule()

    def _schedule(self) -> None:
        """Redraw now if the last time is long enough ago, else once it is."""
        wait = self._drawn + REDRAW - time.monotonic()
        if wait <= 0:
            self._draw()
        else:
            self._redraw_in(wait)

    def _redraw_in(self, seconds: float) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # without a loop, what is pending is drawn with the next event or at the end
        due = loop.time() + seconds
        if self._timer and not self._timer.cancelled() and self._timer.when() <= due:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self._draw)

    def _draw(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._drawn = time.monotonic()
        self.redraws += 1
        if self._pending:
            # Printing above a live part redraws that part too: one write for both.
            pending, self._pending = self._pending, []
            self._writer.write(pending)
        else:
            self._writer.guard(self._live.refresh)
        if self._running:
            self._redraw_in(TICK)

    def __rich__(self) -> RenderableType:
        """The live part as it is now; rich asks for it with each redraw."""
        from rich.text import Text

        rows = [
            Text(clean(line), style=style, no_wrap=True, overflow="ellipsis")
            for step in self._running.values()
            for line, style in self._rows(step)
        ]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(rows)

    def _rows(self, step: _Running) -> list[tuple[str, str]]:
        mark = "⋯" if self._writer.unicode else "~"
        how_far = amount(step.progress.current, step.progress.total, step.progress.unit) if step.progress else ""
        if not how_far and step.ended:
            how_far = f"{counted(len(step.ended), 'part')} done"
        facts = ", ".join(filter(None, (duration(time.monotonic() - step.began), how_far)))
        rows = [(f"{mark} {step.title} ({facts})", "cyan")]
        running = list(step.tasks.values())
        for task in running[-_TASKS_SHOWN:]:
            done = amount(task.current, task.total, task.unit)
            rows.append((f"    {task.name}{f' ({done})' if done else ''}", "dim"))
        if len(running) > _TASKS_SHOWN:
            rows.append((f"    and {len(running) - _TASKS_SHOWN} more", "dim"))
        return rows
