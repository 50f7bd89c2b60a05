"""What a rollout is judged by, and what is found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from wizard.text import clean

Obj = Mapping[str, Any]


class Cause(StrEnum):
    """What kind of trouble it is; the order is that in which a person should look at them."""

    QUOTA = "quota"
    POD_SECURITY = "pod-security"
    REFUSED = "refused"
    VOLUME = "volume"
    UNSCHEDULABLE = "unschedulable"
    IMAGE = "image-pull"
    CONFIG = "config"
    MOUNT = "mount"
    CRASH = "crash-loop"
    HOOK = "hook"
    UNREADY = "unready"
    ADDRESS = "load-balancer"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that keeps a rollout from its end.

    subject: the object it is about, such as `pod hub-5d8f`; uid: of that object; why: the cluster's own words;
    container: whose log tells more; previous: of its run before the present one; log: the end of that log, filled
    in by whoever can read it.
    """

    cause: Cause
    subject: str
    what: str
    fix: str
    why: str = ""
    uid: str = ""
    pod: str = ""
    container: str = ""
    previous: bool = False
    log: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """For a terminal: the sentence, the cluster's words, the end of the log, the advice."""
        parts = [self.what, f"  why: {self.why}" if self.why else "", *(f"  | {line}" for line in self.log)]
        return [part for part in [*parts, f"  do:  {self.fix}"] if part]


@dataclass(frozen=True, kw_only=True)
class Objects:
    """The objects of a namespace that tell how a rollout goes."""

    pods: Sequence[Obj] = ()
    events: Sequence[Obj] = ()
    claims: Sequence[Obj] = ()
    jobs: Sequence[Obj] = ()
    services: Sequence[Obj] = ()
    owners: Sequence[Obj] = ()
    """ReplicaSets, StatefulSets and DaemonSets: events about the pods that they cannot make are theirs."""

    @cached_property
    def _by_object(self) -> dict[str, list[Obj]]:
        found: dict[str, list[Obj]] = {}
        for event in self.events:
            found.setdefault(str((event.get("involvedObject") or {}).get("uid", "")), []).append(event)
        return found

    def events_of(self, uid: str) -> list[Obj]:
        """The events about one object, the latest last."""
        mine = self._by_object.get(uid, [])
        return sorted(mine, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))


def uid_of(item: Obj) -> str:
    """An object's uid."""
    return str(item["metadata"].get("uid", ""))


def name_of(item: Obj) -> str:
    """An object's name."""
    return clean(str(item["metadata"].get("name", "")))


def age(item: Obj, now: dt.datetime) -> float:
    """Seconds since an object was made; 0 when it does not say."""
    try:
        made = dt.datetime.fromisoformat(str(item["metadata"]["creationTimestamp"]))
    except (KeyError, ValueError):
        return 0.0
    return max(0.0, (now - made).total_seconds())
