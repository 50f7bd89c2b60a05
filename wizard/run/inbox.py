"""Events on their way from the thread of a run to whoever shows it: bounded, whatever the run says."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from wizard.run.events import Event, LogLines, Progress, StepFinished, StepStarted, Task
from wizard.run.progress import LOG_LINES


@dataclass
class _Lines:
    """Output of one step that was not taken yet, the newest LOG_LINES lines or a few more."""

    pieces: deque[LogLines] = field(default_factory=deque)
    count: int = 0

    def add(self, event: LogLines) -> None:
        self.pieces.append(event)
        self.count += len(event.lines)
        while self.count - len(self.pieces[0].lines) >= LOG_LINES:
            self.count -= len(self.pieces.popleft().lines)

    def merged(self) -> list[LogLines]:
        """The pieces in their order, neighbours of one task and stream as one event."""
        result: list[LogLines] = []
        pending: list[str] = []
        last: LogLines | None = None
        for piece in self.pieces:
            if last is not None and (piece.task, piece.stream) != (last.task, last.stream):
                result.append(_with_lines(last, pending))
                pending = []
            pending.extend(piece.lines)
            last = piece
        return [*result, _with_lines(last, pending)] if last is not None else result


class EventInbox:
    """Takes events from one thread and gives them in batches to another.

    What nobody has taken yet is kept small: of a task's and a step's progress only the newest word, of the output of
    each step the newest LOG_LINES lines. The order within a step stays, but for progress that overtakes output.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Event | _Lines] = []
        self._places: dict[tuple[str, ...], int] = {}

    @property
    def empty(self) -> bool:
        """Whether everything was taken."""
        return not self._waiting

    def put(self, event: Event) -> None:
        """Add an event; from any thread."""
        with self._lock:
            match event:
                case LogLines():
                    self._add_lines(event)
                case Task():
                    self._replace(("task", event.step, event.task), event)
                case Progress():
                    self._replace(("progress", event.step), event)
                case StepStarted() | StepFinished():
                    # Nothing that comes after may be merged with what was before.
                    self._places = {key: place for key, place in self._places.items() if key[1] != event.step}
                    self._waiting.append(event)
                case _:
                    self._waiting.append(event)

    def take(self) -> list[Event]:
        """All that came since the last time."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._places = {}
        events: list[Event] = []
        for item in waiting:
            if isinstance(item, _Lines):
                events.extend(item.merged())
            else:
                events.append(item)
        return events

    def _add_lines(self, event: LogLines) -> None:
        place = self._places.setdefault(("lines", event.step), len(self._waiting))
        if place == len(self._waiting):
            self._waiting.append(_Lines())
        lines = self._waiting[place]
        if isinstance(lines, _Lines):
            lines.add(event)

    def _replace(self, key: tuple[str, ...], event: Event) -> None:
        place = self._places.setdefault(key, len(self._waiting))
        if place == len(self._waiting):
            self._waiting.append(event)
        else:
            self._waiting[place] = event


def _with_lines(event: LogLines, lines: list[str]) -> LogLines:
    return LogLines(at=event.at, step=event.step, lines=tuple(lines), task=event.task, stream=event.stream)
