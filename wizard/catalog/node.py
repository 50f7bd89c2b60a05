"""Which Node a code-server version runs on and is built with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from wizard.catalog import bundled
from wizard.catalog.version import Version, parse_version


@dataclass(frozen=True, slots=True)
class NodeChoice:
    """The major version of Node for a tag; certain: it was read from the sources of that very tag."""

    major: int
    certain: bool
    why: str


@cache
def _steps() -> tuple[tuple[Version, int], ...]:
    """From which version on which Node major is used, ascending."""
    found = []
    for entry in bundled.document(bundled.FAMILIES_FILE)["node"]:
        version = parse_version(entry["from"])
        if version is None:
            raise ValueError(f"{bundled.FAMILIES_FILE}: not a version: {entry['from']}")
        found.append((version, int(entry["major"])))
    return tuple(sorted(found))


def node_for(tag: str) -> NodeChoice:
    """The Node major of a tag, known or worked out; a text that is no version gets that of the newest tag."""
    known = bundled.find_tag(tag)
    if known and not known.estimated:
        return NodeChoice(known.node_major, certain=True, why=f"{known.tag} is built with Node {known.node_major}")
    version = parse_version(tag)
    newest = bundled.code_server_tags()[0]
    if version is None or version > newest.order:
        return NodeChoice(
            newest.node_major,
            certain=False,
            why=f"a guess: {newest.tag}, the newest that this codehub knows, needs Node {newest.node_major}",
        )
    major = known.node_major if known else major_by_rule(version)
    return NodeChoice(major, certain=False, why=f"releases around {version.text} need Node {major}")


def node_major(tag: str) -> int:
    """The Node major that a tag runs on, such as 24; see `node_for` for how sure that is."""
    return node_for(tag).major


def major_by_rule(version: Version) -> int:
    """The Node major by the version's place between the known changes."""
    major = _steps()[0][1]
    for start, candidate in _steps():
        if version >= start:
            major = candidate
    return major
