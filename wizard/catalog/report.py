"""What `codehub versions` prints: lines for people, and one document for `--json`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wizard.catalog import charts, explain
from wizard.catalog.live import Catalog, default_catalog
from wizard.catalog.models import ChartRelease, CodeServerTag, Listing, chart_to_json, tag_to_json
from wizard.catalog.version import Version
from wizard.wording import counted

WAIT = 8.0
"""Seconds for which the command, unlike the wizard, waits for a live list."""


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of `codehub versions`: `lines` for a terminal, `document` for `--json`."""

    lines: tuple[str, ...]
    document: dict[str, object]

    @property
    def text(self) -> str:
        """The lines as one text, without a line end."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for.

    prereleases: also show those; filter_text: words that must all be in a row, such as `4.13 node 24`; limit: rows at
    most, None for all; base: a base image for which the newest fitting tag is named; kubernetes, helm: versions of
    the user's, for the same of the chart.
    """

    prereleases: bool = False
    filter_text: str = ""
    limit: int | None = 20
    base: str = ""
    kubernetes: str = ""
    helm: str = ""


def versions_report(
    kind: Literal["code-server", "chart"],
    query: Query | None = None,
    *,
    catalog: Catalog | None = None,
    wait: float = WAIT,
) -> Report:
    """The versions of code-server or of the chart, newest first.

    Waits up to `wait` seconds for a live list; never raises for what is wrong outside.
    """
    asked = query or Query()
    source = catalog or default_catalog()
    if kind == "chart":
        releases = source.listing("chart", wait=wait)
        shown = [release for release in releases.items if asked.prereleases or not release.prerelease]
        facts = _chart_facts(releases, asked.kubernetes, asked.helm)
        shape = _Shape("chart", _CHART_HEAD, _chart_row, chart_to_json, facts, lambda item: [charts.pairing(item)])
        return _report(releases, shown, shape, asked)
    tags = source.listing("code-server", wait=wait)
    each = _shown(tags.items, prereleases=asked.prereleases)
    facts = _tag_facts(tags, asked.base)

    def explained(tag: CodeServerTag) -> list[str]:
        return explain.explain_tag(tag.tag, tags.items)

    return _report(tags, each, _Shape("code-server", _TAG_HEAD, _tag_row, tag_to_json, facts, explained), asked)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How one kind is shown; facts: name -> (sentence, value for programs); explain: sentences about one item."""

    kind: str
    head: tuple[str, ...]
    row: Callable[[Any], tuple[str, ...]]
    to_json: Callable[[Any], dict[str, object]]
    facts: dict[str, tuple[str, object]]
    explain: Callable[[Any], list[str]]


_TAG_HEAD = ("TAG", "DATE", "VS CODE", "NODE", "")
_CHART_HEAD = ("CHART", "DATE", "JUPYTERHUB", "KUBERNETES", "HELM", "HUB IMAGE", "")


def _report(listing: Listing[Any], items: Sequence[Any], shape: _Shape, query: Query) -> Report:
    words = query.filter_text.lower().split()
    rows = [(item, shape.row(item)) for item in items]
    matching = [(item, row) for item, row in rows if all(word in _searchable(shape.head, row) for word in words)]
    shown = matching if query.limit is None else matching[: max(0, query.limit)]
    lines = [f"{shape.kind}: {counted(len(matching), 'version')}, {listing.describe()}"]
    if listing.note:
        lines.append(f"note: {listing.note}")
    lines += [sentence for sentence, _ in shape.facts.values()]
    if len(matching) == 1 and words:
        lines += ["", *shape.explain(matching[0][0])]
    if shown:
        lines += ["", *_table([shape.head, *(row for _, row in shown)])]
    if len(shown) < len(matching):
        lines.append(f"… and {counted(len(matching) - len(shown), 'older one')}: --all shows them")
    if not matching:
        lines.append(f"Nothing matches {query.filter_text!r}." if words else "No versions are known.")
    document: dict[str, object] = {
        "kind": shape.kind,
        "source": listing.source,
        "fetched_at": listing.fetched_at.isoformat() if listing.fetched_at else None,
        "age_seconds": round(age) if (age := listing.age_seconds()) is not None else None,
        "note": listing.note,
        "total": len(matching),
        "facts": {name: value for name, (_, value) in shape.facts.items()},
        "versions": [shape.to_json(item) for item, _ in shown],
    }
    return Report(tuple(lines), document)


def _shown(tags: Sequence[CodeServerTag], *, prereleases: bool) -> list[CodeServerTag]:
    """One row for each version, of two spellings the one with `v`."""
    seen: dict[Version, CodeServerTag] = {}
    for tag in tags:
        if prereleases or not tag.prerelease:
            seen.setdefault(tag.order, tag)
    return list(seen.values())


def _tag_row(tag: CodeServerTag) -> tuple[str, ...]:
    remarks = [word for word, wanted in (("pre-release", tag.prerelease), ("estimated", tag.estimated)) if wanted]
    return (tag.tag, str(tag.date or "-"), tag.vscode or "-", str(tag.node_major), ", ".join(remarks))


def _chart_row(release: ChartRelease) -> tuple[str, ...]:
    remarks = [word for word, on in (("pre-release", release.prerelease), ("estimated", release.estimated)) if on]
    return (
        release.version,
        str(release.date or "-"),
        release.jupyterhub,
        f"{release.min_kubernetes}+" if release.min_kubernetes else "-",
        f"{release.min_helm}+" if release.min_helm else "-",
        release.hub_image,
        ", ".join(remarks),
    )


def _tag_facts(listing: Listing[CodeServerTag], base: str) -> dict[str, tuple[str, object]]:
    newest = explain.newest(listing.items)
    facts: dict[str, tuple[str, object]] = {}
    if newest:
        said = f"VS Code {newest.vscode}, Node {newest.node_major}" if newest.vscode else f"Node {newest.node_major}"
        sure = " (worked out by rule: newer than this codehub)" if newest.estimated else ""
        facts["newest"] = (f"newest: {newest.tag}, {said}{sure}", newest.tag)
    if base:
        fitting = explain.newest(listing.items, base=base)
        tag = fitting or newest
        why = explain.base_fit(tag.tag, base)[1] if tag else ""
        facts["newest_for_base"] = (
            f"newest for {base}: {fitting.tag if fitting else 'none'}. {why}".rstrip(),
            fitting.tag if fitting else None,
        )
    return facts


def _chart_facts(listing: Listing[ChartRelease], kubernetes: str, helm: str) -> dict[str, tuple[str, object]]:
    newest = charts.newest_chart(listing.items)
    facts: dict[str, tuple[str, object]] = {}
    if newest:
        facts["newest"] = (f"newest: {newest.version}. {charts.pairing(newest)}", newest.version)
    if kubernetes or helm:
        fitting = charts.newest_chart(listing.items, kubernetes=kubernetes, helm=helm)
        yours = " and ".join(
            part for part in (f"Kubernetes {kubernetes}" if kubernetes else "", f"Helm {helm}" if helm else "") if part
        )
        facts["newest_for_cluster"] = (
            f"newest for {yours}: {fitting.version if fitting else 'none'}",
            fitting.version if fitting else None,
        )
    return facts


def _searchable(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    """A row with its column titles, so that `node 24` finds what it says."""
    return " ".join(f"{title} {cell}" for title, cell in zip(head, row, strict=True)).lower()


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
