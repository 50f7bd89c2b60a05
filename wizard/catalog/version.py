"""Versions as code-server's tags and Helm charts spell them, and the one order that both are sorted by.

Ordering is that of Semantic Versioning 2.0.0, section 11; a leading `v` and build metadata (`+…`) do not count.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_VERSION = re.compile(
    r"v?([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})"
    r"(?:-([0-9A-Za-z-]{1,60}(?:\.[0-9A-Za-z-]{1,60}){0,9}))?"
    r"(?:[+_][0-9A-Za-z.-]{1,100})?"  # OCI tags cannot hold a plus: Helm writes an underscore
)

_FINAL: tuple[tuple[int, int, str], ...] = ((2, 0, ""),)


class Version(NamedTuple):
    """A version that compares as it should: `4.101.0-rc.1 < 4.101.0 < 4.101.1`, and `v4.101.0 == 4.101.0`.

    `stage` orders pre-releases; use `prerelease` to ask about it.
    """

    major: int
    minor: int
    patch: int
    stage: tuple[tuple[int, int, str], ...] = _FINAL

    @property
    def prerelease(self) -> bool:
        """True for `-rc.1`, `-0.dev.git…` and the like."""
        return self.stage != _FINAL

    @property
    def text(self) -> str:
        """The version without a `v` and without build metadata."""
        plain = f"{self.major}.{self.minor}.{self.patch}"
        if not self.prerelease:
            return plain
        return plain + "-" + ".".join(str(number) if kind == 0 else word for kind, number, word in self.stage)


@lru_cache(maxsize=4096)
def parse_version(text: str) -> Version | None:
    """The version that `text` spells, with or without `v`; None for anything else."""
    found = _VERSION.fullmatch(text)
    if not found:
        return None
    major, minor, patch, pre = found.groups()
    stage = _FINAL if pre is None else tuple(_identifier(part) for part in pre.split("."))
    return Version(int(major), int(minor), int(patch), stage)


def _identifier(part: str) -> tuple[int, int, str]:
    """Numbers sort by value and before words, as the standard has it."""
    if part.isdigit() and len(part) < 16:
        return (0, int(part), "")
    return (1, 0, part)


def at_least(tag: str, minimum: str) -> bool:
    """Whether a tag is `minimum` or newer; False for a text that is no version.

    For what changed with a version: `at_least("v4.107.1", "4.107.0")`. Release candidates of `minimum` do not count.
    """
    have, wanted = parse_version(tag), parse_version(minimum)
    return have is not None and wanted is not None and have >= wanted
