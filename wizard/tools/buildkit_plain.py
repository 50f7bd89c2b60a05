"""BuildKit's `--progress=plain`, read into the same messages as rawjson: for a buildx older than 0.12.

Lines look like `#5 [2/3] RUN make`, `#5 0.160 its output`, `#5 DONE 0.2s`, `#5 CACHED`, `#5 ERROR: …`.
"""

from __future__ import annotations

import re

from wizard.text import LineSplitter
from wizard.tools.buildkit import Log, Message, Status, Vertex

_LINE = re.compile(r"#(\d{1,5}) (.*)", re.DOTALL)
_END = re.compile(r"(?:DONE \d[\d.]*s|CACHED|CANCELED|ERROR: (?P<error>.*))")
_OUTPUT = re.compile(r"\d+\.\d+ (.*)", re.DOTALL)


class PlainDecoder:
    """Turns chunks of plain progress, cut anywhere, into Messages and lines of other text."""

    def __init__(self) -> None:
        self._lines = LineSplitter()
        self._names: dict[str, str] = {}

    def feed(self, chunk: bytes) -> list[Message | str]:
        """What is complete now."""
        return [self._line(line) for line in self._lines.feed(chunk) if line.strip()]

    def finish(self) -> list[Message | str]:
        """The rest, once the stream has ended."""
        return [self._line(line) for line in self._lines.finish() if line.strip()]

    def _line(self, line: str) -> Message | str:
        line = line.removesuffix("\r")
        match = _LINE.fullmatch(line)
        if not match or match[1] == "0":
            return line
        number, rest = match.groups()
        if number not in self._names:
            self._names[number] = rest
            return Message(vertexes=(self._vertex(number),))
        if rest in {self._names[number], "..."}:
            return Message()
        if end := _END.fullmatch(rest):
            error = "context canceled" if rest == "CANCELED" else end["error"] or ""
            vertex = self._vertex(number, completed=True, cached=rest == "CACHED", error=error)
            return Message(vertexes=(vertex,))
        if output := _OUTPUT.fullmatch(rest):
            return Message(logs=(Log(vertex=number, stream="out", data=output[1].encode() + b"\n"),))
        return Message(statuses=(Status(vertex=number, id=rest, current=0, total=0, completed=rest.endswith("done")),))

    def _vertex(self, number: str, *, completed: bool = False, cached: bool = False, error: str = "") -> Vertex:
        return Vertex(
            digest=number,
            name=" ".join(self._names[number].split()),
            started=True,
            completed=completed,
            cached=cached,
            error=error,
        )
