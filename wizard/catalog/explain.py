"""Answers about code-server versions: which exists, which is newest, which goes with a base image, and why not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from wizard.catalog import bundled
from wizard.catalog.bases import Base, known_base
from wizard.catalog.families import NODE_ARCHES, build_family
from wizard.catalog.models import CodeServerTag
from wizard.catalog.node import node_for
from wizard.catalog.version import Version, at_least, parse_version
from wizard.errors import UsageError

Way = Literal["release", "npm", "source", "image"]
WAYS: tuple[Way, ...] = ("release", "npm", "source", "image")

_GLIBC_SINCE_4_17 = (2, 28)
_GLIBC_BEFORE = (2, 17)
_NEW_GLIBC_FROM = "4.17.0-0"
_OLDEST = "3.4.0"
_NPM_SINCE = "3.9.3"
_ARMV7_UNTIL = Version(4, 122, 1)


def known_tag(tag: str, tags: Iterable[CodeServerTag] | None = None) -> CodeServerTag | None:
    """The tag of this version, spelled with or without `v`; None if there is none.

    Looks in `tags`, by default in what was read from the network last and in the bundled list; asks nobody.
    """
    version = parse_version(tag)
    if version is None:
        return None
    matches = [candidate for candidate in _all(tags) if candidate.order == version]
    exact = [candidate for candidate in matches if candidate.tag == tag]
    return next(iter(exact or matches), None)


def closest(tag: str, tags: Iterable[CodeServerTag] | None = None, *, limit: int = 3) -> list[CodeServerTag]:
    """The tags that somebody who typed `tag` may have meant, likeliest first, at most `limit`; for "did you mean".

    For a version that does not exist: the newest of the same minor, then the neighbours. For other texts: by likeness.
    """
    listed = _one_spelling(_all(tags))
    finished = [candidate for candidate in listed if not candidate.prerelease] or listed
    version = parse_version(tag) or _short(tag)
    if version is None:
        import difflib

        names = {candidate.tag: candidate for candidate in listed}
        if tag.strip().lower() in {"", "latest", "newest", "stable", "main", "master"}:
            return finished[:1]
        return [names[name] for name in difflib.get_close_matches(tag, names, n=limit, cutoff=0.6)]
    same = [candidate for candidate in finished if candidate.order[:2] == version[:2]]
    older = [candidate for candidate in finished if candidate.order < version]
    newer = [candidate for candidate in reversed(finished) if candidate.order > version]
    nearest = [*same, *older[:1], *newer[:1], *older[1:], *newer[1:]]
    return list(dict.fromkeys(nearest))[:limit]


def newest(
    tags: Iterable[CodeServerTag] | None = None,
    *,
    prereleases: bool = False,
    base: str = "",
    way: Way | None = None,
    arch: str = "amd64",
) -> CodeServerTag | None:
    """The newest tag that goes with a base image, a way of getting it and an architecture; empty means any."""
    for candidate in _all(tags):
        if candidate.prerelease and not prereleases:
            continue
        if way is not None and why_not(candidate.tag, way, arch=arch):
            continue
        if base and not _pairs(candidate, known_base(base), way)[0]:
            continue
        return candidate
    return None


def why_not(tag: str, way: Way, *, arch: str = "amd64") -> str:
    """Why a tag cannot be had that way for that architecture (as Docker names it), in a sentence; empty if it can.

    Says nothing of whether the tag exists.
    """
    version = parse_version(tag)
    if version is None:
        return f"{tag!r} is not a code-server version."
    if way == "source":
        try:
            build_family(tag)
        except UsageError as error:
            return error.why
        return "" if arch in NODE_ARCHES else f"Source builds are known for {' and '.join(NODE_ARCHES)}, not {arch}."
    if not at_least(tag, _OLDEST + "-0"):
        return f"{tag} is older than {_OLDEST}; codehub can set up that version and newer."
    if way == "npm":
        if not at_least(tag, _NPM_SINCE):
            return f"npm has code-server from {_NPM_SINCE} on."
        return f"npm has finished versions only, and {tag} is a pre-release." if version.prerelease else ""
    if way == "image" and version.prerelease:
        return f"There are images of finished versions only, and {tag} is a pre-release."
    if arch in NODE_ARCHES or (arch in {"arm", "arm/v7", "armhf"} and way == "release" and version <= _ARMV7_UNTIL):
        return ""
    return f"{tag} is not published for {arch} that way."


def needed_glibc(tag: str) -> tuple[int, int]:
    """The glibc that a tag's programs need: 2.28 from v4.17 on, as Node 18 and newer do; 2.17 before."""
    return _GLIBC_SINCE_4_17 if at_least(tag, _NEW_GLIBC_FROM) else _GLIBC_BEFORE


def base_fit(tag: str, base: str, way: Way | None = None) -> tuple[bool, str]:
    """Whether a tag runs on a base image as far as the image's name tells, and a sentence that says why."""
    listed = known_tag(tag)
    return _pairs(listed or _unlisted(tag), known_base(base), way)


def _pairs(tag: CodeServerTag, base: Base, way: Way | None) -> tuple[bool, str]:
    wanted = needed_glibc(tag.version)
    if base.apt is False:
        reason = "has musl instead of glibc, and no apt" if base.musl else "has no apt"
        return False, f"{base.name} {reason}: choose a base image made from Debian or Ubuntu."
    if base.glibc is not None and base.glibc < wanted:
        return False, (
            f"{tag.tag} needs glibc {wanted[0]}.{wanted[1]}; {base.name} has {base.glibc[0]}.{base.glibc[1]}: "
            "choose a newer base image."
        )
    if way == "npm" and base.node_major is not None and base.node_major != tag.node_major:
        return False, f"{tag.tag} needs Node {tag.node_major}; {base.name} brings Node {base.node_major}."
    if base.glibc is None:
        return True, f"{base.name} is not known here; {tag.tag} needs glibc {wanted[0]}.{wanted[1]} or newer, and apt."
    return True, (f"{tag.tag} needs glibc {wanted[0]}.{wanted[1]}; {base.name} has {base.glibc[0]}.{base.glibc[1]}.")


def explain_tag(tag: str, tags: Iterable[CodeServerTag] | None = None) -> list[str]:
    """What there is to know of a tag, as sentences."""
    found = known_tag(tag, tags)
    if found is None:
        near = ", ".join(candidate.tag for candidate in closest(tag, tags))
        return [f"{tag} is not a version that codehub knows." + (f" Did you mean {near}?" if near else "")]
    node = node_for(found.tag)
    needs = needed_glibc(found.tag)
    parts = [f"VS Code {found.vscode}" if found.vscode else "", f"of {found.date}" if found.date else ""]
    lines = [
        f"{found.tag}: " + ", ".join(part for part in parts if part) + (", a pre-release" if found.prerelease else ""),
        f"Needs Node {found.node_major}"
        + ("" if node.certain else f" ({node.why})")
        + f" and glibc {needs[0]}.{needs[1]}.",
    ]
    ways = {way: why_not(found.tag, way) for way in WAYS}
    lines.append("Ways to get it: " + (", ".join(way for way, reason in ways.items() if not reason) or "none") + ".")
    lines += [reason for reason in dict.fromkeys(ways.values()) if reason]
    return lines


def _all(tags: Iterable[CodeServerTag] | None) -> list[CodeServerTag]:
    if tags is not None:
        return list(bundled.newest_first(list(tags)))
    from wizard.catalog.live import default_catalog
    from wizard.catalog.parse import merge

    return list(merge(default_catalog().best("code-server").items, bundled.code_server_tags()))


def _one_spelling(tags: list[CodeServerTag]) -> list[CodeServerTag]:
    """One tag for each version, newest first; of two spellings the one with `v`."""
    return list({candidate.order: candidate for candidate in reversed(tags)}.values())[::-1]


def _short(text: str) -> Version | None:
    """The version that an incomplete one begins: `4.133` or `v4`."""
    plain = text.strip()
    return parse_version(plain + ".0") or parse_version(plain + ".0.0")


def _unlisted(tag: str) -> CodeServerTag:
    version = parse_version(tag)
    text = version.text if version else tag
    return CodeServerTag(tag, text, None, None, node_for(tag).major, prerelease=False, estimated=True)
