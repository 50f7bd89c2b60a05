"""The lists that come with codehub: what is known without a network, and the ground that live lists are laid on.

`scripts/refresh_catalog.py` writes them below `assets/catalog/`.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

from wizard.assets import asset_text
from wizard.catalog.models import (
    ChartRelease,
    CodeServerTag,
    Listing,
    chart_from_json,
    tag_from_json,
)
from wizard.catalog.version import Version, parse_version

CODE_SERVER_FILE = "catalog/code-server.json"
CHARTS_FILE = "catalog/charts.json"
FAMILIES_FILE = "catalog/build-families.json"


@cache
def document(name: str) -> dict[str, Any]:
    """A bundled file, read once; raises CodehubError where the installation lacks it."""
    data: dict[str, Any] = json.loads(asset_text(name))
    return data


@cache
def code_server_tags() -> tuple[CodeServerTag, ...]:
    """Every bundled code-server tag, newest first; versions tagged twice are both there, the one with `v` first."""
    tags = [tag_from_json(entry) for entry in document(CODE_SERVER_FILE)["tags"]]
    return newest_first(tags)


@cache
def chart_releases() -> tuple[ChartRelease, ...]:
    """Every bundled chart release, newest first."""
    releases = [chart_from_json(entry) for entry in document(CHARTS_FILE)["releases"]]
    return tuple(sorted(releases, key=lambda release: release.order, reverse=True))


@cache
def tags_by_version() -> dict[Version, CodeServerTag]:
    """The bundled tags by version; of two spellings, the one with `v`."""
    return {tag.order: tag for tag in reversed(code_server_tags())}


@cache
def charts_by_version() -> dict[Version, ChartRelease]:
    """The bundled chart releases by version."""
    return {release.order: release for release in chart_releases()}


def find_tag(text: str) -> CodeServerTag | None:
    """The bundled tag of this version, spelled with or without `v`."""
    version = parse_version(text)
    return tags_by_version().get(version) if version else None


def newest_first(tags: list[CodeServerTag]) -> tuple[CodeServerTag, ...]:
    """Tags sorted for people: newest first, and of two spellings of one version the one with `v` first."""
    return tuple(sorted(tags, key=lambda tag: (tag.order, tag.tag.startswith("v")), reverse=True))


def code_server_listing(note: str = "") -> Listing[CodeServerTag]:
    """The bundled tags as a listing; `note` says why it is not a live one."""
    return Listing(code_server_tags(), "bundled", _made(CODE_SERVER_FILE), note)


def chart_listing(note: str = "") -> Listing[ChartRelease]:
    """The bundled charts as a listing; `note` says why it is not a live one."""
    return Listing(chart_releases(), "bundled", _made(CHARTS_FILE), note)


def _made(name: str) -> datetime:
    return datetime.fromisoformat(document(name)["generated"])
