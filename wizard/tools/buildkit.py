"""BuildKit's `--progress=rawjson` stream, decoded: pure, incremental, and never surprised.

buildx 0.12 to 0.14 print each message as indented JSON over many lines, from 0.15 on one object a line;
plain text (WARNING lines, the excerpt of the Dockerfile, the final ERROR) stands between messages. The objects
are BuildKit's `client.SolveStatus` (github.com/moby/buildkit, client/graph.go).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wizard.text import LineSplitter

_STEP = re.compile(r"\[(?:(?P<where>[^\]]*?)\s+)?(?P<number>\d{1,4})/(?P<total>\d{1,4})\]\s+(?P<command>.*)", re.DOTALL)

_RUN_OPTIONS = re.compile(
    r"^(\[[^\]]*\] RUN)(?: --(?:mount|network|security|device)=(?:\"[^\"]*\"|'[^']*'|[^\s\"'])+)+(?=\s|$)"
)


@dataclass(frozen=True, kw_only=True)
class StepName:
    """A vertex name such as `[notebook 3/12] RUN make`, taken apart; `where` is stage and platform, or empty."""

    where: str
    number: int
    total: int
    command: str


@dataclass(frozen=True, kw_only=True)
class Vertex:
    """One node of the build graph, as it stands now; the same vertex is sent again whenever it changes."""

    digest: str
    name: str
    started: bool
    completed: bool
    cached: bool
    error: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """Something measured inside a vertex: a transfer, a layer being downloaded, unpacked or exported."""

    vertex: str
    id: str
    current: int
    total: int
    completed: bool


@dataclass(frozen=True, kw_only=True)
class Log:
    """Raw output of a vertex; `stream` is "out" or "err"."""

    vertex: str
    stream: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Warn:
    """A finding of the Dockerfile frontend, such as a deprecated instruction."""

    text: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """What one object of the stream says."""

    vertexes: tuple[Vertex, ...] = ()
    statuses: tuple[Status, ...] = ()
    logs: tuple[Log, ...] = ()
    warnings: tuple[Warn, ...] = ()


def step_name(name: str) -> StepName | None:
    """A Dockerfile step's name taken apart; None for BuildKit's own work (`[internal] …`, `exporting to image`)."""
    match = _STEP.match(name)
    if not match:
        return None
    return StepName(
        where=match["where"] or "",
        number=int(match["number"]),
        total=int(match["total"]),
        command=match["command"].strip(),
    )


def short_name(name: str) -> str:
    """A vertex name as people want to read it: `[stage 1/4] RUN make`, without the options of RUN (mounts and such)."""
    return _RUN_OPTIONS.sub(r"\1", name)


class Decoder:
    """Turns chunks of a rawjson stream, cut anywhere, into Messages and lines of plain text, in their order."""

    def __init__(self) -> None:
        self._lines = LineSplitter()
        self._open: list[str] = []

    def feed(self, chunk: bytes) -> list[Message | str]:
        """What is complete now."""
        return [item for line in self._lines.feed(chunk) for item in self._line(line)]

    def finish(self) -> list[Message | str]:
        """The rest, once the stream has ended; an object that was cut off comes out as text."""
        items = [item for line in self._lines.finish() for item in self._line(line)]
        items.extend(self._give_up())
        return items

    def _line(self, line: str) -> Iterator[Message | str]:
        line = line.removesuffix("\r")
        if self._open:
            if line.startswith(" "):
                self._open.append(line)
                return
            if line == "}":
                whole = "\n".join([*self._open, line])
                message = _message(whole)
                if message is not None:
                    self._open.clear()
                    yield message
                    return
            # Inside an indented object every line is indented, so this one belongs to something else.
            yield from self._give_up()
        if line == "{":
            self._open.append(line)
            return
        message = _message(line) if line.startswith("{") else None
        if message is not None:
            yield message
        elif line.strip():
            yield line

    def _give_up(self) -> list[Message | str]:
        lines, self._open = self._open, []
        return [line for line in lines if line.strip()]


def _message(text: str) -> Message | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    return Message(
        vertexes=tuple(_vertex(item) for item in _objects(data, "vertexes")),
        statuses=tuple(_status(item) for item in _objects(data, "statuses")),
        logs=tuple(_log(item) for item in _objects(data, "logs")),
        warnings=tuple(_warning(item) for item in _objects(data, "warnings")),
    )


def _vertex(item: dict[str, Any]) -> Vertex:
    return Vertex(
        digest=_text(item, "digest"),
        name=" ".join(_text(item, "name").split()),
        started=bool(item.get("started")),
        completed=bool(item.get("completed")),
        cached=item.get("cached") is True,
        error=_text(item, "error"),
    )


def _status(item: dict[str, Any]) -> Status:
    return Status(
        vertex=_text(item, "vertex"),
        id=_text(item, "id") or _text(item, "name"),
        current=_count(item, "current"),
        total=_count(item, "total"),
        completed=bool(item.get("completed")),
    )


def _log(item: dict[str, Any]) -> Log:
    return Log(
        vertex=_text(item, "vertex"),
        stream="err" if item.get("stream") == 2 else "out",
        data=_decoded(_text(item, "data")),
    )


def _warning(item: dict[str, Any]) -> Warn:
    return Warn(text=_decoded(_text(item, "short")).decode(errors="replace").strip(), url=_text(item, "url"))


def _objects(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = data.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _count(item: dict[str, Any], key: str) -> int:
    value = item.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data)
    except (binascii.Error, ValueError):
        return b""
