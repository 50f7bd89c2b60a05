"""Who set which field, for server-side apply: conflicts, and removal of fields that are no longer applied."""

from __future__ import annotations

from typing import Any

from tests.kubeapi.errors import ApiError
from tests.kubeapi.patches import merge, merge_key
from tests.kubeapi.resources import Obj, Resource

Path = tuple[Any, ...]
"""Steps into an object: a key, or (merge key, value) for an item of a list."""
Owners = dict[Path, set[str]]

_SERVER_SIDE = {"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "name", "namespace"}


def leaves(item: Obj) -> dict[Path, Any]:
    """The fields that a manager can own, with their values."""
    found: dict[Path, Any] = {}
    for key, value in item.items():
        if key == "metadata":
            _walk({name: part for name, part in value.items() if name not in _SERVER_SIDE}, (key,), found)
        elif key not in {"apiVersion", "kind", "status"}:
            _walk(value, (key,), found)
    return found


def _walk(value: Any, path: Path, found: dict[Path, Any]) -> None:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            _walk(part, (*path, key), found)
    elif by := merge_key(value):
        for part in value:
            _walk(part, (*path, (by, part[by])), found)
    else:
        found[path] = value


def apply(resource: Resource, old: Obj, config: Obj, owners: Owners, manager: str, *, force: bool) -> Obj:
    """The live object after `manager` applied its config; raises ApiError 409 on a conflict without `force`."""
    live, wanted = leaves(old), leaves(config)
    lost: dict[str, list[str]] = {}
    for path, value in wanted.items():
        others = owners.get(path, set()) - {manager}
        if others and live.get(path) != value:
            for other in others:
                lost.setdefault(other, []).append(_dotted(path))
    if lost and not force:
        raise _conflict(resource, lost)
    new: Obj = merge(old, config, lists=True)
    for path in [path for path, names in owners.items() if names == {manager} and path not in wanted]:
        _remove(new, path)
        del owners[path]
    for path, value in wanted.items():
        owners[path] = {manager} if live.get(path) != value else owners.get(path, set()) | {manager}
    return new


def note_update(old: Obj, new: Obj, owners: Owners, manager: str) -> None:
    """A plain update or patch: what it changed belongs to `manager` from now on."""
    before, after = leaves(old), leaves(new)
    for path in before.keys() - after.keys():
        owners.pop(path, None)
    for path, value in after.items():
        if path not in before or before[path] != value:
            owners[path] = {manager}


def _conflict(resource: Resource, lost: dict[str, list[str]]) -> ApiError:
    count = sum(len(fields) for fields in lost.values())
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{manager}" using {resource.group_version}',
            "field": field,
        }
        for manager, fields in lost.items()
        for field in fields
    ]
    text = "\n".join(f"{cause['message']}: {cause['field']}" for cause in causes)
    plural = "s" if count > 1 else ""
    return ApiError(409, "Conflict", f"Apply failed with {count} conflict{plural}: {text}", causes=causes)


def _dotted(path: Path) -> str:
    return "".join(f'[{part[0]}="{part[1]}"]' if isinstance(part, tuple) else f".{part}" for part in path)


def _remove(item: Any, path: Path) -> None:
    """Take one field out, and what is empty without it."""
    step, *rest = path
    if isinstance(step, tuple):
        child = next((part for part in item if isinstance(part, dict) and part.get(step[0]) == step[1]), None)
    else:
        child = item.get(step)
    if child is None:
        return
    if rest:
        _remove(child, tuple(rest))
        if child not in ({}, []):
            return
    if isinstance(step, tuple):
        item.remove(child)
    else:
        item.pop(step, None)
