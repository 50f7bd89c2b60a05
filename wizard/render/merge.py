"""How Helm merges values: maps by key, everything else as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str, ...]


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `over` on top, as Helm does with its values files."""
    result = dict(base)
    for key, value in over.items():
        mine = result.get(key)
        result[key] = merged(mine, value) if isinstance(mine, Mapping) and isinstance(value, Mapping) else value
    return result


def leaves(values: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is no map with something in it, with its path; lists count as one value."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def at(values: Mapping[str, Any], dotted: str, default: Any = None) -> Any:  # noqa: ANN401 - any value
    """The value at a dotted path; `default` where there is none."""
    value: Any = values
    for key in dotted.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return default
        value = value[key]
    return value


def put(values: dict[str, Any], path: Path, value: Any) -> None:  # noqa: ANN401 - any value
    """Set the value at a path, making the maps on the way; a value that is no map is replaced by one."""
    for key in path[:-1]:
        if not isinstance(values.get(key), dict):
            values[key] = {}
        values = values[key]
    values[path[-1]] = value
