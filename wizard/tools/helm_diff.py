"""The difference of two manifests by object, fit to be shown: what is in Secrets is masked."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import yaml

from wizard.text import clean
from wizard.tools.manifest import manifest_objects

MASK = "•••"


class Change(StrEnum):
    """What happens to an object."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class ObjectDiff:
    """One object that differs; `lines` is a unified diff without its header."""

    kind: str
    name: str
    namespace: str
    change: Change
    lines: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """`Deployment hub`."""
        return f"{self.kind} {self.name}"


class _Plain(yaml.SafeDumper):
    """Writes every scalar as the text it is: manifests are read as texts, so that nothing is mistaken."""


_Plain.yaml_implicit_resolvers = {}
_Plain.ignore_aliases = lambda *_: True  # type: ignore[method-assign]


def diff_manifests(old: str, new: str, *, context: int = 2) -> tuple[ObjectDiff, ...]:
    """The objects of `new` that differ from those of `old`, in the order of kind and name.

    The order of objects and of keys does not count. `context`: lines shown around each change. Raises
    StepFailed for a manifest that cannot be read.
    """
    before, after = _objects(old), _objects(new)
    diffs = []
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) == after.get(key):
            continue
        change = Change.ADDED if key not in before else Change.REMOVED if key not in after else Change.CHANGED
        first, second = _masked(before.get(key), after.get(key))
        lines = difflib.unified_diff(_lines(first), _lines(second), lineterm="", n=context)
        shown = [clean(line) for line in lines if not line.startswith(("---", "+++"))]
        _, kind, namespace, name = key
        diffs.append(ObjectDiff(kind, name, namespace, change, tuple(shown)))
    return tuple(diffs)


def _objects(text: str) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    """The objects by group, kind, namespace and name."""
    found = {}
    for item in manifest_objects(text, as_texts=True):
        metadata = item.get("metadata")
        named = metadata if isinstance(metadata, dict) else {}
        group = str(item.get("apiVersion", "")).rpartition("/")[0]
        key = (group, str(item.get("kind", "")), str(named.get("namespace", "")), str(named.get("name", "")))
        found[key] = item
    return found


def _masked(
    old: dict[str, Any] | None, new: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Both objects with what is in a Secret masked: only whether an entry changed can be seen."""
    if not any(item and item.get("kind") == "Secret" for item in (old, new)):
        return old, new
    both = [dict(item) if item else None for item in (old, new)]
    for section in ("data", "stringData"):
        parts = [item.get(section) if item else None for item in both]
        first, second = (part if isinstance(part, Mapping) else {} for part in parts)
        for item, part, other, side in ((both[0], first, second, "before"), (both[1], second, first, "after")):
            if item and section in item:
                item[section] = {name: _veil(name, value, other, side) for name, value in part.items()}
    return both[0], both[1]


def _veil(name: str, value: object, other: Mapping[str, Any], side: str) -> str:
    return MASK if name not in other or other[name] == value else f"{MASK} ({side})"


def _lines(item: dict[str, Any] | None) -> list[str]:
    if item is None:
        return []
    return yaml.dump(
        item, Dumper=_Plain, default_flow_style=False, sort_keys=True, allow_unicode=True, width=160
    ).splitlines()
