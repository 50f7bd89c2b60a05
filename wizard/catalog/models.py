"""What the catalogue holds: code-server tags, chart releases, and lists of them with their origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Generic, Literal, TypeVar

from wizard.catalog.version import Version, parse_version

Item = TypeVar("Item")
Source = Literal["live", "cache", "bundled"]
Kind = Literal["code-server", "npm", "chart", "image"]


@dataclass(frozen=True, slots=True)
class CodeServerTag:
    """One release of code-server.

    tag: as its git repository spells it (`v4.133.0`, but `3.2.0`); version: never with a `v`, as npm and the images
    have it; date: when it was tagged; vscode: the VS Code version inside; node_major: what it runs and is built with;
    node: the exact Node version where its sources name one; estimated: the facts after the tag were worked out by
    rule, because the tag is newer than the bundled list.
    """

    tag: str
    version: str
    date: date | None
    vscode: str | None
    node_major: int
    prerelease: bool
    node: str = ""
    estimated: bool = False

    @property
    def order(self) -> Version:
        """The sort key: newer is greater."""
        return parse_version(self.version) or Version(0, 0, 0)


@dataclass(frozen=True, slots=True)
class ChartRelease:
    """One release of the JupyterHub chart (zero-to-jupyterhub).

    jupyterhub: the JupyterHub version in its hub image; hub_image: the full reference of that image;
    min_kubernetes: such as `1.28`; min_helm: such as `3.5.0`; estimated: some of this was worked out by rule.
    """

    version: str
    date: date | None
    jupyterhub: str
    hub_image: str
    min_kubernetes: str | None
    min_helm: str | None
    prerelease: bool = False
    estimated: bool = False

    @property
    def order(self) -> Version:
        """The sort key: newer is greater."""
        return parse_version(self.version) or Version(0, 0, 0)

    @property
    def jupyterhub_major(self) -> int:
        """The first number of the JupyterHub version, which the notebook image has to share."""
        return int(self.jupyterhub.partition(".")[0])


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """A list of versions, newest first, and how much to trust it.

    source: `live` was read a moment ago by this process, `cache` by an earlier one, `bundled` came with codehub;
    fetched_at: when it was read (for `bundled`: when the list was made), None if unknown;
    note: for people, why it is not live or not complete, empty when all is well;
    refreshing: a newer list is on its way.
    """

    items: tuple[Item, ...]
    source: Source
    fetched_at: datetime | None
    note: str = ""
    refreshing: bool = False

    def age_seconds(self, now: datetime | None = None) -> float | None:
        """How old the list is, never negative; None if unknown."""
        if self.fetched_at is None:
            return None
        return max(0.0, ((now or datetime.now(UTC)) - self.fetched_at).total_seconds())

    def age(self, now: datetime | None = None) -> str:
        """The age in words: `just now`, `5 minutes ago`, `3 days ago`, `of unknown age`."""
        seconds = self.age_seconds(now)
        if seconds is None:
            return "of unknown age"
        for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
            count = int(seconds // size)
            if count:
                return f"{count} {unit}{'' if count == 1 else 's'} ago"
        return "just now"

    def describe(self, now: datetime | None = None) -> str:
        """The origin in one line, for a heading: `live, read just now`."""
        origin = {"live": "live, read", "cache": "cached, read", "bundled": "bundled with codehub, made"}[self.source]
        return f"{origin} {self.age(now)}"


def tag_to_json(item: CodeServerTag) -> dict[str, object]:
    """The JSON form of a tag, for the cache, the bundled list and `--json`."""
    return {
        "tag": item.tag,
        "version": item.version,
        "date": item.date.isoformat() if item.date else None,
        "vscode": item.vscode,
        "node_major": item.node_major,
        "node": item.node,
        "prerelease": item.prerelease,
        "estimated": item.estimated,
    }


def tag_from_json(data: object) -> CodeServerTag:
    """The tag that `tag_to_json` wrote; raises ValueError for anything else."""
    fields = _mapping(data)
    tag = _text(fields, "tag")
    version = parse_version(tag)
    node_major = fields.get("node_major")
    if version is None or not isinstance(node_major, int) or isinstance(node_major, bool):
        raise ValueError(f"not a code-server tag: {tag[:60]}")
    return CodeServerTag(
        tag=tag,
        version=version.text,
        date=parse_date(fields.get("date")),
        vscode=_optional(fields, "vscode"),
        node_major=node_major,
        prerelease=version.prerelease,
        node=_optional(fields, "node") or "",
        estimated=fields.get("estimated") is True,
    )


def chart_to_json(item: ChartRelease) -> dict[str, object]:
    """The JSON form of a chart release, for the cache, the bundled list and `--json`."""
    return {
        "version": item.version,
        "date": item.date.isoformat() if item.date else None,
        "jupyterhub": item.jupyterhub,
        "hub_image": item.hub_image,
        "min_kubernetes": item.min_kubernetes,
        "min_helm": item.min_helm,
        "prerelease": item.prerelease,
        "estimated": item.estimated,
    }


def chart_from_json(data: object) -> ChartRelease:
    """The release that `chart_to_json` wrote; raises ValueError for anything else."""
    fields = _mapping(data)
    version, jupyterhub = parse_version(_text(fields, "version")), _text(fields, "jupyterhub")
    if version is None or parse_version(jupyterhub) is None:
        raise ValueError(f"not a chart release: {_text(fields, 'version')[:60]}")
    return ChartRelease(
        version=_text(fields, "version"),
        date=parse_date(fields.get("date")),
        jupyterhub=jupyterhub,
        hub_image=_text(fields, "hub_image"),
        min_kubernetes=_optional(fields, "min_kubernetes"),
        min_helm=_optional(fields, "min_helm"),
        prerelease=version.prerelease,
        estimated=fields.get("estimated") is True,
    )


def parse_date(value: object) -> date | None:
    """The date at the start of an ISO 8601 text; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _mapping(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return data


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value


def _optional(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None
