"""From decoded BuildKit messages to what a person sees: tasks, lines, steps done of all, and why it failed."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace

from wizard.reporting import Reporter, TaskState
from wizard.text import LineSplitter, clean
from wizard.tools.buildkit import Log, Message, Status, StepName, Vertex, short_name, step_name

_CLIPPED = re.compile(r"\[output clipped, log limit ([^\]]{1,40}) reached\]")
_EXIT_CODE = re.compile(r"(?:exit code|non-zero code): (\d{1,3})")
_CANCELLED = ("context canceled", "context cancelled")
_FINISHED = frozenset((TaskState.DONE, TaskState.CACHED))
_TAIL = 30
_ERROR_TAIL = 10
_TEXT_TAIL = 60


@dataclass(frozen=True, kw_only=True)
class FailedStep:
    """The step a build failed at.

    name: as BuildKit calls it (`[notebook 3/12] RUN make`), empty when no step was to blame; error: BuildKit's
    message; exit_code: of the step's command, None when it did not end by itself; lines: the last of its output.
    """

    name: str
    error: str
    exit_code: int | None
    lines: tuple[str, ...]


@dataclass
class _Node:
    task: str
    name: str
    step: StepName | None
    state: TaskState | None = None
    error: str = ""
    detail: str = ""
    clipped: bool = False
    reported: tuple[object, ...] = ()
    statuses: dict[str, Status] = field(default_factory=dict)
    splitters: dict[str, LineSplitter] = field(default_factory=dict)
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=_TAIL))
    error_tail: deque[str] = field(default_factory=lambda: deque(maxlen=_ERROR_TAIL))

    def take(self, status: Status) -> None:
        """Keep a status; the last word about a transfer often leaves its size out."""
        known = self.statuses.get(status.id)
        if known and known.total > status.total:
            status = replace(status, total=known.total, current=max(status.current, known.current))
        self.statuses[status.id] = status

    def free(self) -> bool:
        """Whether the step did no work; BuildKit calls a base image that is there done or cached, as it happens."""
        is_base = self.step is not None and self.step.command.startswith("FROM ")
        return self.state is TaskState.CACHED or (self.state is TaskState.DONE and is_base and not self.measured()[1])

    def measured(self) -> tuple[int, int]:
        """Bytes done and bytes in all, summed over the transfers whose size is known."""
        known = [status for status in self.statuses.values() if status.total]
        total = sum(max(status.total, status.current) for status in known)
        return sum(status.total if status.completed else status.current for status in known), total


class BuildTracker:
    """Follows one build and reports each change once."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._nodes: dict[str, _Node] = {}
        self._tasks: set[str] = set()
        self._done: set[str] = set()
        self._shown_progress = (0, 0)
        self._announced = 0
        self._warned: set[str] = set()
        self.text: deque[str] = deque(maxlen=_TEXT_TAIL)

    @property
    def steps(self) -> int:
        """How many Dockerfile steps the build has, as far as is known."""
        return sum(1 for node in self._nodes.values() if node.step)

    @property
    def cached_steps(self) -> int:
        """How many Dockerfile steps cost nothing: taken from the cache, or a base image that was there."""
        return sum(1 for node in self._nodes.values() if node.step and node.free())

    @property
    def clipped(self) -> bool:
        """True when Docker kept back some of a step's output."""
        return any(node.clipped for node in self._nodes.values())

    def apply(self, item: Message | str) -> None:
        """Take the next message or line of text."""
        if isinstance(item, str):
            self._plain(item)
            return
        for vertex in item.vertexes:
            self._vertex(vertex)
        touched = {status.vertex for status in item.statuses}
        for status in item.statuses:
            self._node(status.vertex).take(status)
        for digest in touched:
            self._measure(self._node(digest))
        for log in item.logs:
            self._log(log)
        for warning in item.warnings:
            self._warn(f"Dockerfile: {warning.text}" + (f" ({warning.url})" if warning.url else ""))
        self._progress()

    def expect(self, steps: int) -> None:
        """Know how many steps there will be, for a builder that sends them one by one."""
        self._announced = steps

    def finish(self, *, ok: bool) -> None:
        """The build ended; its exit code decides, not what the vertexes said."""
        for node in self._nodes.values():
            self._flush(node)
            if node.state is TaskState.RUNNING:
                node.state = TaskState.DONE if ok else TaskState.CANCELLED
                self._report(node)
        if ok and self.steps:
            total = max(self.steps, self._announced) + 1
            self._show_progress(total, total)

    def failure(self) -> FailedStep:
        """What a failed build failed at, as well as the stream tells."""
        final = self.final_error()
        failed = [node for node in self._nodes.values() if node.state is TaskState.FAILED]
        blamed = next((node for node in failed if node.error in final), failed[0] if failed else None)
        if blamed is None:
            return FailedStep(name="", error=final, exit_code=None, lines=tuple(map(clean, self.text)))
        code = _EXIT_CODE.search(blamed.error)
        early = [line for line in blamed.error_tail if line not in blamed.tail]
        return FailedStep(
            name=clean(short_name(blamed.name)),
            error=clean(blamed.error),
            exit_code=int(code[1]) if code else None,
            lines=(*early, *blamed.tail),
        )

    def final_error(self) -> str:
        """The `ERROR: …` that buildx ends with, without that word; may be empty."""
        for line in reversed(self.text):
            if line.startswith(("ERROR: ", "error: ")):
                return clean(line.partition(": ")[2])
        return ""

    def _node(self, digest: str) -> _Node:
        return self._nodes.get(digest) or self._new_node(digest, digest)

    def _new_node(self, digest: str, name: str) -> _Node:
        step = step_name(name)
        wanted = name[1 : name.index("]")] if step else name.removeprefix("[internal] ")
        task, number = wanted, 1
        while task in self._tasks:
            number += 1
            task = f"{wanted} #{number}"
        self._tasks.add(task)
        node = self._nodes[digest] = _Node(task=task, name=name, step=step)
        return node

    def _vertex(self, vertex: Vertex) -> None:
        node = self._nodes.get(vertex.digest) or self._new_node(vertex.digest, vertex.name)
        state = _state(vertex)
        if state is None or (state, vertex.error) == (node.state, node.error):
            return
        if vertex.completed:
            self._flush(node)
        node.state, node.error = state, vertex.error
        if state in _FINISHED:
            self._done.add(vertex.digest)
        self._report(node)

    def _measure(self, node: _Node) -> None:
        latest = next((status for status in reversed(node.statuses.values()) if not status.completed), None)
        node.detail = latest.id if latest else ""
        if node.state is TaskState.RUNNING:
            self._report(node)

    def _report(self, node: _Node) -> None:
        current, total = node.measured()
        detail = node.detail if node.state is TaskState.RUNNING else node.error
        if node.clipped and not detail:
            detail = "output clipped by Docker"
        state = node.state or TaskState.RUNNING
        if node.reported == (state, current, total, detail):
            return
        shown = short_name(node.name)
        if shown != node.name and not node.reported:
            self._reporter.lines([node.name], task=node.task)
        node.reported = (state, current, total, detail)
        self._reporter.task(
            node.task,
            shown,
            state,
            current=current,
            total=total,
            unit="bytes" if total else "",
            detail=detail,
        )

    def _log(self, log: Log) -> None:
        node = self._node(log.vertex)
        splitter = node.splitters.setdefault(log.stream, LineSplitter())
        self._lines(node, log.stream, splitter.feed(log.data))

    def _flush(self, node: _Node) -> None:
        for stream, splitter in node.splitters.items():
            self._lines(node, stream, splitter.finish())

    def _lines(self, node: _Node, stream: str, lines: list[str]) -> None:
        if not lines:
            return
        self._reporter.lines(lines, task=node.task, stream=stream)
        last = [clean(line) for line in lines[-_TAIL:]]
        node.tail.extend(last)
        if stream == "err":
            node.error_tail.extend(last[-_ERROR_TAIL:])
        if not node.clipped and (found := next(filter(None, map(_CLIPPED.search, lines)), None)):
            node.clipped = True
            self._reporter.notice(
                f"Docker shows only part of the output of {short_name(node.name)}: it has passed {found[1]}.",
                level="info",
            )

    def _plain(self, line: str) -> None:
        self.text.append(line)
        self._reporter.lines([line], stream="err")
        if line.startswith("WARNING: "):
            self._warn(line.removeprefix("WARNING: "))

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._reporter.notice(text)

    def _progress(self) -> None:
        steps = {digest for digest, node in self._nodes.items() if node.step}
        if steps:
            # One more than the steps: writing out the finished image, which ends with the build itself.
            self._show_progress(len(steps & self._done), max(len(steps), self._announced) + 1)

    def _show_progress(self, current: int, total: int) -> None:
        if (current, total) != self._shown_progress:
            self._shown_progress = (current, total)
            self._reporter.progress(current, total)


def _state(vertex: Vertex) -> TaskState | None:
    if vertex.error:
        cancelled = any(word in vertex.error for word in _CANCELLED)
        return TaskState.CANCELLED if cancelled else TaskState.FAILED
    if vertex.cached and vertex.completed:
        return TaskState.CACHED
    if vertex.completed:
        return TaskState.DONE
    return TaskState.RUNNING if vertex.started else None
