"""What was seen of the world before planning; gathered by wizard/targets, so that planning itself is pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReleaseFacts:
    """A Helm release as the cluster has it."""

    revision: int
    status: str
    chart: str = ""


@dataclass(frozen=True)
class Facts:
    """Image ids, base digests, what registries hold, and the release.

    local: reference -> id of the image in the Docker engine, for those that are there;
    bases: reference of a base image -> its digest or id, for those that could be asked;
    delivered: reference -> digest or id at the place of delivery, for those that are there;
    unknown: references whose place of delivery could not be asked; release: None when there is none.
    """

    local: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    delivered: Mapping[str, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    release: ReleaseFacts | None = None
