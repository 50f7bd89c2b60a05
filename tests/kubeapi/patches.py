"""JSON merge patches and strategic merge patches."""

from __future__ import annotations

from typing import Any

from tests.kubeapi.resources import Obj

_MERGE_KEYS = ("name", "mountPath", "containerPort", "port", "type", "key", "topologyKey", "uid", "ip")


def merge_key(items: Any) -> str | None:
    """The key by which a list of objects is merged, or None when the list is replaced as a whole."""
    if not (isinstance(items, list) and items and all(isinstance(item, dict) for item in items)):
        return None
    return next((key for key in _MERGE_KEYS if all(key in item for item in items)), None)


def merge(old: Any, patch: Any, *, lists: bool = False) -> Any:
    """`old` with a JSON merge patch applied; with `lists` also lists by merge key ($patch, $setElementOrder)."""
    if not isinstance(old, dict) or not isinstance(patch, dict):
        return patch
    merged = dict(old)
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            before = old.get(key)
            replaces = value.get("$patch") == "replace"
            plain = {name: item for name, item in value.items() if name != "$patch"}
            merged[key] = plain if replaces else merge(before if isinstance(before, dict) else {}, value, lists=lists)
        elif lists and (by := merge_key(value)) and isinstance(old.get(key), list):
            merged[key] = _merge_lists(old[key], value, by, patch.get(f"$setElementOrder/{key}", []))
        else:
            merged[key] = value
    return merged


def _merge_lists(old: list[Obj], patch: list[Obj], key: str, order: list[Obj]) -> list[Obj]:
    items = {item.get(key): item for item in old}
    for item in patch:
        if item.get("$patch") == "delete":
            items.pop(item[key], None)
        else:
            items[item[key]] = merge(items.get(item[key], {}), item, lists=True)
    places = {entry.get(key): place for place, entry in enumerate(order)}
    return sorted(items.values(), key=lambda item: places.get(item.get(key), len(places)))
