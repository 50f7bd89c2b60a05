"""Lists and maps as a person types them on one line: `a, b` and `K=V, L=W`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_NEXT_ENTRY = re.compile(r",\s*(?=[A-Za-z_][A-Za-z0-9_]*=)")
_ENTRY = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*", re.DOTALL)


def read_list(text: str) -> list[str]:
    """The words between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def read_map(text: str) -> dict[str, str] | None:
    """The entries of `K=V, L=W`; a comma inside a value stays in it. None for a text that is not of this form."""
    entries = [_ENTRY.fullmatch(part) for part in _NEXT_ENTRY.split(text.strip().rstrip(","))]
    names = [entry.group(1) for entry in entries if entry]
    if len(names) != len(entries) or len(set(names)) != len(names):
        return None
    return {entry.group(1): entry.group(2) for entry in entries if entry}


def show_list(items: Sequence[Any]) -> str:
    """The text that reads back as these items: words with commas, or JSON where that would not."""
    text = ", ".join(map(str, items))
    plain = not text.startswith("[") and read_list(text) == list(items)
    return text if plain else json.dumps(list(items), ensure_ascii=False)


def show_map(items: Mapping[str, Any]) -> str:
    """The text that reads back as these entries: `K=V, L=W`, or JSON where that would not."""
    text = ", ".join(f"{name}={value}" for name, value in items.items())
    return text if not items or read_map(text) == dict(items) else json.dumps(dict(items), ensure_ascii=False)
