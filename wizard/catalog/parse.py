"""Reading what git, npm and registries print. Nothing here raises: what cannot be understood is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from wizard.catalog import bundled
from wizard.catalog.models import CodeServerTag, parse_date
from wizard.catalog.node import major_by_rule, node_for
from wizard.catalog.version import Version, parse_version

OLDEST = Version(3, 0, 0)
"""Tags before this are of another program, with other ways to build and run it."""

_NO_V_BEFORE = Version(3, 3, 0)
_VSCODE_MINOR_SINCE = Version(4, 89, 0)
_NPM_SINCE = Version(3, 9, 3)
_LS_REMOTE_LINE = re.compile(r"[0-9a-f]{40,64}\trefs/tags/([^\s^~:?*\[\\]{1,200})")
_CANDIDATE = re.compile(r"rc\.[0-9]{1,6}")
_TAG_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """What the npm registry says of a package: its versions, when each was published, and the newest one's Node."""

    versions: tuple[str, ...] = ()
    dates: Mapping[str, date] = field(default_factory=dict)
    latest: str = ""
    node_major: int | None = None


def parse_ls_remote(output: str) -> list[str]:
    """The tag names in the output of `git ls-remote --tags`, each once."""
    names = (found.group(1) for line in output.splitlines() if (found := _LS_REMOTE_LINE.fullmatch(line.strip())))
    return list(dict.fromkeys(name for name in names if not name.endswith("^{}")))


def parse_npm_view(output: str) -> NpmPackage:
    """The answer of `npm view PACKAGE versions time version engines --json`, or a list of versions alone."""
    data = _json(output)
    if isinstance(data, list | str):
        data = {"versions": data}
    if not isinstance(data, dict):
        return NpmPackage()
    versions = data.get("versions")
    if isinstance(versions, str):
        versions = [versions]  # npm prints a list of one as the one
    times, engines, latest = data.get("time"), data.get("engines"), data.get("version")
    dates = {
        str(version): when
        for version, text in (times.items() if isinstance(times, dict) else ())
        if (when := parse_date(text))
    }
    return NpmPackage(
        tuple(text for text in versions if isinstance(text, str)) if isinstance(versions, list) else (),
        dates,
        latest if isinstance(latest, str) else "",
        _engine_major(engines.get("node") if isinstance(engines, dict) else None),
    )


def parse_packument(text: str) -> NpmPackage:
    """The document of a package as an npm registry serves it over HTTP."""
    data = _json(text)
    if not isinstance(data, dict):
        return NpmPackage()
    versions, tags = data.get("versions"), data.get("dist-tags")
    latest = tags.get("latest") if isinstance(tags, dict) else ""
    newest = versions.get(latest) if isinstance(versions, dict) and isinstance(latest, str) else None
    return parse_npm_view(
        json.dumps(
            {
                "versions": list(versions) if isinstance(versions, dict) else [],
                "time": data.get("time"),
                "version": latest,
                "engines": newest.get("engines") if isinstance(newest, dict) else None,
            }
        )
    )


def parse_tag_list(output: str) -> list[str]:
    """The tags in one page of a registry's `/v2/NAME/tags/list`."""
    data = _json(output)
    tags = data.get("tags") if isinstance(data, dict) else None
    return [tag for tag in tags if isinstance(tag, str) and _TAG_NAME.fullmatch(tag)] if isinstance(tags, list) else []


def tags_from_names(names: Iterable[str]) -> tuple[CodeServerTag, ...]:
    """The code-server releases among git tag names, newest first, with what is known of each."""
    exact = {tag.tag: tag for tag in bundled.code_server_tags()}
    return bundled.newest_first([exact.get(name) or _estimate(name) for name in dict.fromkeys(names) if _is_ours(name)])


def tags_from_npm(package: NpmPackage) -> tuple[CodeServerTag, ...]:
    """The code-server releases in an npm package's versions, newest first, under their git tags."""
    tags = []
    for text in dict.fromkeys(package.versions):
        version = parse_version(text)
        if version is None or not _is_ours(text):
            continue  # development builds such as 4.1.0-4968-5528… have no git tag
        tag = bundled.find_tag(text) or _estimate(git_tag(version))
        if tag.estimated:
            tag = replace(tag, date=package.dates.get(text, tag.date))
            if text == package.latest and package.node_major:
                tag = replace(tag, node_major=package.node_major)
        tags.append(tag)
    return bundled.newest_first(tags)


def npm_published(tags: Iterable[CodeServerTag]) -> tuple[CodeServerTag, ...]:
    """The tags that npm has if nobody can be asked: finished versions since 3.9.3, each once."""
    by_version = {tag.order: tag for tag in reversed(tuple(tags)) if not tag.prerelease and tag.order >= _NPM_SINCE}
    return bundled.newest_first(list(by_version.values()))


def merge(*lists: Iterable[CodeServerTag]) -> tuple[CodeServerTag, ...]:
    """One list of several, newest first; of two entries for a tag the one that is better known stays."""
    best: dict[str, CodeServerTag] = {}
    for tag in (tag for part in lists for tag in part):
        other = best.get(tag.tag)
        if other is None or (other.estimated and (not tag.estimated or (other.date is None and tag.date))):
            best[tag.tag] = tag
    return bundled.newest_first(list(best.values()))


def git_tag(version: Version) -> str:
    """How code-server's repository spells a version: with `v` from 3.3.0 on."""
    return version.text if version < _NO_V_BEFORE else f"v{version.text}"


def likely_vscode(version: Version) -> str | None:
    """The VS Code version in a code-server version, without its last number; None before they went together."""
    return f"1.{version.minor}" if version.major == 4 and version >= _VSCODE_MINOR_SINCE else None


def _is_ours(name: str) -> bool:
    version = parse_version(name)
    if version is None or version < OLDEST or "+" in name or "_" in name:
        return False
    return not version.prerelease or _CANDIDATE.fullmatch(version.text.partition("-")[2]) is not None


def _estimate(name: str) -> CodeServerTag:
    """What is probably true of a tag that the bundled list does not have."""
    version = parse_version(name) or OLDEST
    newest = bundled.code_server_tags()[0]
    return CodeServerTag(
        tag=name,
        version=version.text,
        date=None,
        vscode=likely_vscode(version),
        node_major=node_for(name).major if version > newest.order else major_by_rule(version),
        prerelease=version.prerelease,
        estimated=True,
    )


def _engine_major(value: object) -> int | None:
    found = re.match(r"[^0-9]{0,4}([0-9]{1,3})(?![0-9])", value) if isinstance(value, str) else None
    return int(found.group(1)) if found else None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
