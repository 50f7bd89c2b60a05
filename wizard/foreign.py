"""Reading YAML and JSON that somebody else wrote, whatever is in it.

No tags that make objects, no anchors that blow a small file up, no nesting that ends the program.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

MOST_VALUES = 1_000_000
"""Values that a document may stand for, each alias counted with all that it repeats."""


_DEEP = 300
_DEEP_BLOCK = re.compile(rf"^ {{{2 * _DEEP}}}|(?:[-?:][ \t]+){{{_DEEP}}}", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]{}]")


class TooMuch(yaml.YAMLError):
    """A document whose aliases repeat more than anything real does, or that contains itself."""


def load_yaml(text: str | bytes) -> Any:  # noqa: ANN401 - any YAML
    """The data in a YAML document, or None for an empty one.

    Raises yaml.YAMLError, and nothing else, for whatever cannot be read or must not be walked through.
    """
    (document,) = _bounded(lambda: [yaml.safe_load(text)])
    return document


def load_manifest(text: str, *, as_texts: bool = False) -> list[dict[str, Any]]:
    """The objects of a Helm manifest: its documents that are mappings; as_texts: each scalar as the text that it is.

    Raises yaml.YAMLError, and nothing else, as `load_yaml` does.
    """
    plain, safe = yaml.BaseLoader, yaml.SafeLoader
    if not _may_be_deep(text):
        # Those in C, where they are there: the values are in a manifest too, and may be large. Deep nesting kills them.
        plain, safe = getattr(yaml, "CBaseLoader", plain), getattr(yaml, "CSafeLoader", safe)
    documents = _bounded(lambda: list(yaml.load_all(text, Loader=plain if as_texts else safe)))
    return [document for document in documents if isinstance(document, dict)]


def _bounded(load: Callable[[], list[Any]]) -> list[Any]:
    """The documents that are loaded; raises yaml.YAMLError for those that must not be walked through, too."""
    try:
        documents = load()
        total = sum(_values(document, {}, set()) for document in documents)
    except RecursionError as error:
        raise TooMuch("it is nested too deeply") from error
    except ValueError as error:  # dates and numbers that Python has no value for, broken encodings
        raise yaml.YAMLError(str(error)) from error
    if total > MOST_VALUES:
        raise TooMuch(f"its anchors and aliases stand for more than {MOST_VALUES:,} values")
    return documents


def _may_be_deep(text: str) -> bool:
    """Whether a YAML text may be nested more than some hundred levels deep; brackets in its strings count, too."""
    if _DEEP_BLOCK.search(text):
        return True
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1 if depth else 0
        if depth > _DEEP:
            return True
    return False


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
