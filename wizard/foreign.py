"""Reading YAML and JSON that somebody else wrote, whatever is in it.

No tags that make objects, no anchors that blow a small file up, no nesting that ends the program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

MOST_VALUES = 1_000_000
"""Values that a document may stand for, each alias counted with all that it repeats."""


class TooMuch(yaml.YAMLError):
    """A document whose aliases repeat more than anything real does, or that contains itself."""


def load_yaml(text: str | bytes) -> Any:  # noqa: ANN401 - any YAML
    """The data in a YAML document, or None for an empty one.

    Raises yaml.YAMLError, and nothing else, for whatever cannot be read or must not be walked through.
    """
    try:
        document = yaml.safe_load(text)
        total = _values(document, {}, set())
    except RecursionError as error:
        raise TooMuch("it is nested too deeply") from error
    except ValueError as error:  # dates and numbers that Python has no value for, broken encodings
        raise yaml.YAMLError(str(error)) from error
    if total > MOST_VALUES:
        raise TooMuch(f"its anchors and aliases stand for more than {MOST_VALUES:,} values")
    return document


def load_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """The data in a JSON document; raises ValueError, and nothing else, for whatever is none."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _values(value: object, known: dict[int, int], above: set[int]) -> int:
    """How many values there are when every alias is written out; what is shared is counted once and multiplied."""
    if not isinstance(value, Mapping | list | tuple | set):
        return 1
    mark = id(value)
    if mark in above:
        raise TooMuch("it contains itself")
    if mark not in known:
        above.add(mark)
        parts = [*value, *value.values()] if isinstance(value, Mapping) else value
        known[mark] = 1 + sum(_values(part, known, above) for part in parts)
        above.remove(mark)
    return known[mark]
