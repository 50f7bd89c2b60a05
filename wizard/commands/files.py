"""What a write would do to the files of a setup folder, as lines and as data: for render and plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wizard.run.changes import FileChange

_WORDS = {"new": "new", "update": "changed", "removed": "removed", "edited": "yours", "kept": "yours", "same": "same"}
_WOULD = {
    "new": "would be written",
    "update": "would be changed",
    "removed": "would be removed: it is no longer needed",
    "edited": "would be kept: you changed it, and codehub has something new too",
}


overwrite_option = click.option(
    "--overwrite",
    metavar="FILE",
    multiple=True,
    callback=lambda _context, _parameter, names: "all" if "all" in names else names,
    help="Replace this file though you changed it; may be repeated; `all` is every such file.",
)
"""Which files, changed by a person, codehub may write again; as `wizard.targets.session.Overwrite`."""


def changes_as_json(changes: Iterable[FileChange]) -> list[dict[str, Any]]:
    """Each file that a write does something about, or leaves alone because a person changed it."""
    return [
        {"path": change.path, "change": change.kind, "diff": change.diff if change.kind != "new" else ""}
        for change in changes
        if change.kind != "same"
    ]


def grouped(paths: Iterable[str]) -> list[str]:
    """Paths for people: those two folders down or more as `image/notebook/ (46 files)`, in the order given."""
    from wizard.wording import counted

    groups: dict[str, int] = {}
    for path in paths:
        parts = path.split("/")
        key = path if len(parts) <= 2 else f"{parts[0]}/{parts[1]}/"
        groups[key] = groups.get(key, 0) + 1
    return [f"{key} ({counted(count, 'file')})" if key.endswith("/") else key for key, count in groups.items()]


def summary(changes: Iterable[FileChange]) -> list[str]:
    """A line for each file that a write does something about, or leaves because it is a person's own."""
    shown = [change for change in changes if change.kind in _WOULD]
    lines = [f"{_WORDS['new']:<8} {path}" for path in grouped(change.path for change in shown if change.kind == "new")]
    for change in shown:
        if change.kind != "new":
            added, gone = (_lines_with(sign, change.diff) for sign in "+-")
            counts = f" (+{added} -{gone})" if added or gone else ""
            lines.append(f"{_WORDS[change.kind]:<8} {change.path}{counts}")
    return lines or ["nothing else changes"]


def _lines_with(sign: str, diff: str) -> int:
    return sum(line.startswith(sign) and not line.startswith(sign * 3) for line in diff.splitlines())


def show_changes(changes: Iterable[FileChange]) -> None:
    """Print what would happen to each file, with the differences; new files are only named."""
    from wizard.text import clean

    shown = [change for change in changes if change.kind in _WOULD]
    for path in grouped(change.path for change in shown if change.kind == "new"):
        click.echo(f"{_WORDS['new']:<8} {path}: {_WOULD['new']}")
    for change in shown:
        if change.kind != "new":
            click.echo(f"{_WORDS[change.kind]:<8} {change.path}: {_WOULD[change.kind]}")
        if change.kind in {"update", "edited"}:
            for line in change.diff.splitlines():
                click.echo(f"    {clean(line)}")
