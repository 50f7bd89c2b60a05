#!/usr/bin/env python3
"""Bring the bundled lists of versions (assets/catalog/) up to date, and say what changed.

    scripts/refresh_catalog.py                              from the network
    scripts/refresh_catalog.py --check                      write nothing; exit 1 if something would change
    scripts/refresh_catalog.py --no-live --index FILE       from files that were fetched elsewhere

Each source only adds to the lists and completes them: a source that cannot be reached takes nothing away.
Facts of new tags (date, Node, VS Code) are read from code-server's repository at that tag.
Exit codes: 0 done, 1 with --check: out of date, 3 no source could be read.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from wizard.catalog import index, parse, repository, sources  # noqa: E402
from wizard.catalog.models import (  # noqa: E402
    ChartRelease,
    CodeServerTag,
    chart_from_json,
    chart_to_json,
    parse_date,
    tag_from_json,
    tag_to_json,
)
from wizard.catalog.network import SourceError  # noqa: E402
from wizard.catalog.version import parse_version  # noqa: E402
from wizard.files import write_atomically  # noqa: E402

Row = dict[str, object]
Item = TypeVar("Item")


def main(argv: list[str] | None = None) -> int:
    """Run the script; gives its exit code."""
    options = _options(argv)
    where = sources.Sources.from_environment()
    where = replace(
        where,
        code_server_git=options.code_server_git or where.code_server_git,
        chart_repository=options.chart_repository or where.chart_repository,
        timeout=options.timeout,
    )
    heard = [_refresh_tags(options, where), _refresh_charts(options, where)]
    if not any(source for source, _ in heard):
        sys.stderr.write("No source could be read: nothing was changed.\n")
        return 3
    changed = sum(count for _, count in heard)
    _say(f"{changed} entries {'would change' if options.check else 'changed'}.")
    return 1 if options.check and changed else 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if something would change")
    parser.add_argument("--no-live", action="store_true", help="ask no network, only the files named")
    parser.add_argument("--code-server-git", default="", metavar="URL", help="code-server's repository")
    parser.add_argument("--chart-repository", default="", metavar="URL", help="the chart repository")
    parser.add_argument("--tags-csv", type=Path, metavar="FILE", help="tags as tag,date,vscode,node,prerelease")
    parser.add_argument("--ls-remote", type=Path, metavar="FILE", help="the output of git ls-remote --tags")
    parser.add_argument("--npm-json", type=Path, metavar="FILE", help="npm view code-server versions time --json")
    parser.add_argument("--charts-json", type=Path, metavar="FILE", help="chart, jupyterhub, kubeVersion, … per chart")
    parser.add_argument("--index", type=Path, metavar="FILE", help="a chart repository's index.yaml")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="for each source")
    parser.add_argument("--assets", type=Path, default=ROOT / "assets" / "catalog", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _refresh_tags(options: argparse.Namespace, where: sources.Sources) -> tuple[bool, int]:
    file = options.assets / "code-server.json"
    old = {tag.tag: tag for tag in map(tag_from_json, _load(file, "tags"))}
    found: list[Iterable[CodeServerTag]] = []
    if options.tags_csv:
        found.append(_csv_tags(options.tags_csv))
    if options.ls_remote:
        found.append(parse.tags_from_names(parse.parse_ls_remote(options.ls_remote.read_text(encoding="utf-8"))))
    if options.npm_json:
        found.append(parse.tags_from_npm(parse.parse_npm_view(options.npm_json.read_text(encoding="utf-8"))))
    if not options.no_live:
        found += _ask("git", lambda: sources.git_tags(where)) + _ask("npm", lambda: sources.npm_tags(where))
    tags = {tag.tag: tag for tag in parse.merge(*found, old.values())}
    guessed = [tag.tag for tag in tags.values() if tag.estimated]
    if guessed and not options.no_live:
        for exact in _ask("code-server's sources", lambda: repository.read_facts(where, guessed)):
            tags |= {tag.tag: tag for tag in exact}
    rows = [tag_to_json(tag) for tag in parse.merge(tags.values())]
    return bool(found), _save(file, "tags", "tag", rows, {}, options)


def _refresh_charts(options: argparse.Namespace, where: sources.Sources) -> tuple[bool, int]:
    file = options.assets / "charts.json"
    old = [chart_from_json(entry) for entry in _load(file, "releases")]
    found: list[Iterable[ChartRelease]] = []
    if options.charts_json:
        found.append(_measured_charts(options.charts_json))
    if options.index:
        with options.index.open("rb") as stream:
            found.append(index.parse_index(stream))
    if not options.no_live:
        found += _ask("the chart repository", lambda: sources.chart_releases(where))
    releases: dict[str, ChartRelease] = {release.version: release for release in old}
    for release in (release for part in found for release in part):
        if release.version not in releases or (releases[release.version].estimated and not release.estimated):
            releases[release.version] = release
    rows = [chart_to_json(item) for item in sorted(releases.values(), key=lambda item: item.order, reverse=True)]
    extra = {"announced": _document(file).get("announced", [])}
    return bool(found), _save(file, "releases", "version", rows, extra, options)


def _ask(name: str, read: Callable[[], tuple[Item, ...]]) -> list[tuple[Item, ...]]:
    """One live source's list in a list, or an empty list with a word on stderr about why."""
    try:
        return [read()]
    except SourceError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return []


def _csv_tags(file: Path) -> list[CodeServerTag]:
    """Tags measured elsewhere; the Node column may be a range, of which the lowest counts."""
    tags = []
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            version, node = parse_version(row["tag"]), re.search(r"[0-9]+(\.[0-9]+)*", row["node"])
            if version is None or version < parse.OLDEST or node is None:
                continue
            tags.append(
                CodeServerTag(
                    tag=row["tag"],
                    version=version.text,
                    date=parse_date(row["date"]),
                    vscode=row["vscode"] or None,
                    node_major=int(node.group().partition(".")[0]),
                    prerelease=version.prerelease,
                    node=node.group() if "." in node.group() else "",
                )
            )
    return tags


def _measured_charts(file: Path) -> list[ChartRelease]:
    """Charts measured elsewhere; those of which JupyterHub's version is not known are left out."""
    releases = []
    for row in json.loads(file.read_text(encoding="utf-8")):
        version = parse_version(row["chart"])
        if version is None or parse_version(row["jupyterhub"]) is None:
            continue
        limit = re.search(r"[0-9]+\.[0-9]+", row["kubeVersion"] or "")
        releases.append(
            ChartRelease(
                version=row["chart"],
                date=parse_date(row["date"]),
                jupyterhub=row["jupyterhub"],
                hub_image=row["hub_image"],
                min_kubernetes=limit.group() if limit else None,
                min_helm=row["helm_min"],
                prerelease=version.prerelease,
            )
        )
    return releases


def _document(file: Path) -> dict[str, list[Row]]:
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def _load(file: Path, key: str) -> list[Row]:
    return list(_document(file).get(key, []))


def _save(
    file: Path, key: str, name: str, rows: list[Row], extra: Mapping[str, object], options: argparse.Namespace
) -> int:
    """Write the rows, one a line, if they differ; print and count the differences."""
    old = {row[name]: row for row in _load(file, key)}
    new = {row[name]: row for row in rows}
    added, gone = new.keys() - old.keys(), old.keys() - new.keys()
    altered = {item for item in new.keys() & old.keys() if new[item] != old[item]}
    for item in (row[name] for row in rows):
        if item in added:
            _say(f"+ {file.stem} {item}")
        elif item in altered:
            _say(f"~ {file.stem} {item}: {_difference(old[item], new[item])}")
    for item in gone:
        _say(f"- {file.stem} {item}")
    count = len(added) + len(gone) + len(altered)
    if count and not options.check:
        head = {"schema": 1, "generated": datetime.now(UTC).isoformat(timespec="seconds"), **extra}
        lines = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in rows)
        text = json.dumps(head, indent=2, ensure_ascii=False).removesuffix("\n}")
        write_atomically(file, f'{text},\n  "{key}": [\n{lines}\n  ]\n}}\n')
    return count


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _difference(old: Row, new: Row) -> str:
    return ", ".join(f"{key} {old.get(key)} → {value}" for key, value in new.items() if old.get(key) != value)


if __name__ == "__main__":
    sys.exit(main())
