"""Bringing the answers of an older codehub.yaml into today's layout, one schema version at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wizard.errors import UsageError

CURRENT = 1

MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""For each older schema version, the step to the next one. Empty until there is a second version."""


def migrate(
    answers: dict[str, Any],
    where: str,
    *,
    current: int = CURRENT,
    steps: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = MIGRATIONS,
) -> dict[str, Any]:
    """The answers in the layout of `current`; a file that names no schema has today's.

    Raises UsageError for a schema that is no whole number, too new, or too old to be known.
    """
    found = answers.get("schema", current)
    if not isinstance(found, int) or isinstance(found, bool):
        raise UsageError(
            f"{where} does not say which schema it has.",
            why=f"`schema` is {found!r}; it must be a whole number.",
            fix=f"Write: schema: {current}",
        )
    if found > current:
        raise UsageError(
            f"{where} was written by a newer codehub.",
            why=f"It has schema {found}; this codehub knows {current}.",
            fix="Upgrade codehub: pip install --upgrade codehub-wizard",
            address="newer-codehub",
        )
    while found < current:
        if found not in steps:
            raise UsageError(
                f"{where} cannot be brought up to date.",
                why=f"It has schema {found}, and nothing is known of how to get from there to {current}.",
                fix=f"Make a new one with `codehub init` and carry your answers over (schema: {current}).",
            )
        answers = steps[found](answers)
        found += 1
        answers["schema"] = found
    return answers
