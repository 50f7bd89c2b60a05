"""labelSelector and fieldSelector."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.kubeapi.resources import Obj

Match = Callable[[Obj], bool]


def matcher(query: Mapping[str, str]) -> Match:
    """Says for an object whether a request's selectors choose it."""
    terms = re.split(r",(?![^(]*\))", query.get("labelSelector", ""))
    tests = [_label_term(term.strip()) for term in terms if term.strip()]
    tests += [_field_term(term) for term in query.get("fieldSelector", "").split(",") if term]
    return lambda item: all(test(item) for test in tests)


def _label(item: Obj, key: str) -> str | None:
    value = (item["metadata"].get("labels") or {}).get(key)
    return None if value is None else str(value)


def _label_term(term: str) -> Match:
    if found := re.fullmatch(r"([\w./-]+)\s+(in|notin)\s+\((.*)\)", term):
        key, wanted = found[1], {value.strip() for value in found[3].split(",")}
        return (
            (lambda item: _label(item, key) in wanted)
            if found[2] == "in"
            else lambda item: _label(item, key) not in wanted
        )
    if "!=" in term:
        key, value = term.split("!=", 1)
        return lambda item: _label(item, key) != value
    if "=" in term:
        key, value = re.split("==?", term, maxsplit=1)
        return lambda item: _label(item, key) == value
    key = term.lstrip("!")
    return lambda item: (_label(item, key) is None) == term.startswith("!")


def _field_term(term: str) -> Match:
    path, operator, wanted = re.split("(!=|==?)", term, maxsplit=1)

    def test(item: Obj) -> bool:
        value: object = item
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return (str(value if value is not None else "") == wanted) == (operator != "!=")

    return test
