"""What a check of `codehub doctor` is, and what it finds."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class State(StrEnum):
    """What a check found."""

    OK = "ok"
    WARN = "warn"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What the checks are for.

    target: kubernetes, docker or local; context: kube context, empty for the current one; folder: where the setup
    is; method: how code-server gets into the image; min_helm, min_kubernetes: what the chart asks for, empty when
    not known; ca_bundle: the company CA that builds are given, empty for none.
    """

    target: str = "kubernetes"
    context: str = ""
    folder: Path = Path()
    method: str = "release"
    min_helm: str = ""
    min_kubernetes: str = ""
    ca_bundle: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check.

    name: stable, for programs; title: for people; found: version or address that was found; why: what it is needed
    for or what is wrong with it; fix: what to do, command: the exact command for it, both empty when all is well;
    required: whether nothing can be done without it.
    """

    name: str
    title: str
    state: State
    found: str = ""
    why: str = ""
    fix: str = ""
    command: str = ""
    required: bool = False

    @property
    def blocks(self) -> bool:
        """Whether the target cannot be reached before this is mended."""
        return self.required and self.state is State.MISSING


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check: `ask` finds out, `needed_by` names the targets that cannot do without what it looks for.

    `asked_by` names the targets that it is asked for at all.
    """

    name: str
    title: str
    ask: Callable[[Scope], Awaitable[Finding]]
    needed_by: frozenset[str] = frozenset()
    asked_by: frozenset[str] = frozenset({"kubernetes", "docker", "local"})


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version text such as `v3.17.3+g1a2b`: (3, 17, 3); empty when it has none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    return tuple(int(part) for part in found.group(1).split(".")) if found else ()
