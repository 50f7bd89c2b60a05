"""What happens to one file of a setup folder, and the difference as a person wants to see it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import yaml

from wizard.files import content_hash
from wizard.foreign import load_yaml
from wizard.render.model import RenderedFile

ChangeKind = Literal["new", "same", "update", "edited", "kept", "removed"]
_BINARY_LOOK = 8000


@dataclass(frozen=True)
class FileChange:
    """One file: what is there, what codehub would have there, and what a write does about it.

    kind: "new": is not there yet; "same": nothing to do; "update": as codehub left it, and now different;
    "edited": a person changed it and codehub has something new too: kept unless overwriting is asked for;
    "kept": a person changed it and codehub has nothing new, or it is the person's own; "removed": codehub wrote it,
    nobody changed it, and it is no longer needed. link: where a symbolic link in its place points.
    """

    path: str
    kind: ChangeKind
    before: bytes | None = field(repr=False)
    after: bytes | None = field(repr=False)
    mode: int = 0o644
    secret: bool = False
    once: bool = False
    link: str = ""

    @property
    def asks(self) -> bool:
        """Whether a person has to choose between keeping and overwriting."""
        return self.kind == "edited"

    @property
    def differs(self) -> bool:
        """Whether a write without overwriting does something to it: what `render --check` looks for."""
        return self.kind in {"new", "update", "removed"}

    def is_due(self, overwrite: Collection[str] | Literal["all"]) -> bool:
        """Whether a write puts the new content there."""
        if self.kind in {"edited", "kept"}:
            return self.after is not None and not self.once and (overwrite == "all" or self.path in overwrite)
        return self.kind in {"new", "update"}

    @property
    def diff(self) -> str:
        """The change from what is there to what codehub would have there, without the values of secrets."""
        if self.link:
            return f"{self.path} is a symbolic link to {self.link}; it would be replaced by a file.\n"
        before, after = self.before or b"", self.after or b""
        if before == after:
            return ""
        if self.secret:
            return "".join(_secret_diff(before, after))
        if _is_binary(before) or _is_binary(after):
            return f"{self.path} is not text: {len(before):,} bytes become {len(after):,} bytes.\n"
        return "".join(_unified(self.path, before.decode(), after.decode()))


def kind_of(file: RenderedFile, before: bytes | None, after: bytes, known: str | None, *, link: bool) -> ChangeKind:
    """What a write does about a file; `known` is the hash of the version codehub last wrote or offered there.

    The rule is that of Debian's configuration files (dpkg): a person is asked only where both sides have changed.
    """
    if before is None and not link:
        return "new"
    if not link and before == after:
        return "same"
    if file.once:
        return "kept"
    if not link and (file.merge or file.lines or content_hash(before or b"") == known):
        return "update"
    return "kept" if content_hash(after) == known else "edited"


def with_lines(before: bytes, wanted: bytes) -> bytes:
    """A file with the wanted lines that it lacks added at its end."""
    present = {line.strip() for line in before.splitlines()}
    missing = [line for line in wanted.splitlines() if line.strip() and line.strip() not in present]
    if not missing:
        return before
    glue = b"" if not before or before.endswith(b"\n") else b"\n"
    return before + glue + b"".join(line + b"\n" for line in missing)


def _unified(path: str, before: str, after: str) -> Iterator[str]:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"{path} (now)", f"{path} (codehub)"
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _secret_diff(before: bytes, after: bytes) -> Iterator[str]:
    """The names of what is added, removed and changed; their values are not shown."""
    try:
        old, new = dict(_leaves(load_yaml(before))), dict(_leaves(load_yaml(after)))
    except yaml.YAMLError:
        yield "The content differs; it is secret and not shown.\n"
        return
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield f"-{name}: •••\n"
        elif name not in old:
            yield f"+{name}: •••\n"
        elif old[name] != new[name]:
            yield f" {name}: ••• becomes another •••\n"


def _leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value and len(path) < 50:
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif path:
        yield ".".join(path), value


def _is_binary(content: bytes) -> bool:
    if b"\0" in content[:_BINARY_LOOK]:
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return True
    return False
