"""What code-server's own repository says of its tags: date, Node and VS Code; for refreshing the bundled list."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence

from wizard.catalog import parse, sources
from wizard.catalog.models import CodeServerTag, parse_date
from wizard.catalog.network import SourceError
from wizard.catalog.sources import Sources
from wizard.catalog.version import Version, parse_version

UNRELEASED = "unreleased"
_HEADING = re.compile(r"## \[?v?([0-9]+\.[0-9]+\.[0-9]+)\]?")
_CODE = re.compile(r"Code v([0-9]+\.[0-9]+\.[0-9]+)")
_NODE = re.compile(r"v?([0-9]{1,3})((?:\.[0-9]{1,4}){0,2})")


def read_facts(where: Sources, tags: Sequence[str]) -> tuple[CodeServerTag, ...]:
    """The tags with what their sources say; a tag that the repository lacks, or that names no Node, is left out.

    Fetches the tagged commits alone, without history and with files only as they are read. Raises SourceError.
    """
    with tempfile.TemporaryDirectory(prefix="codehub-catalog-") as folder:

        def git(*words: str) -> str:
            return sources.run_tool(["git", "-C", folder, *words], sources.git_environment(where), where.timeout)

        git("init", "--quiet", "--bare")
        git("remote", "add", "origin", where.code_server_git)
        there = {name for name in _names(git("ls-remote", "--tags", "--refs", "origin")) if name in tags}
        if not there:
            raise SourceError("none of the tags asked for is in the repository")
        specs = [f"refs/tags/{name}:refs/tags/{name}" for name in sorted(there)]
        git("fetch", "--quiet", "--depth=1", "--filter=blob:none", "--no-tags", "origin", *specs)
        newest = max(there, key=lambda name: parse_version(name) or Version(0, 0, 0))
        codes = _changelog(git, newest)
        found = []
        for name in there:
            try:
                node = git("show", f"{name}:.node-version")
            except SourceError:
                continue
            if _release(name) not in codes:
                # A tag is set before its changelog is given the version's name.
                code = _changelog(git, name).get(UNRELEASED)
                codes |= {_release(name): code} if code else {}
            when = git("log", "-1", "--format=%cs", f"refs/tags/{name}")
            tag = tag_with_facts(name, node, when, codes)
            if tag is not None:
                found.append(tag)
        return tuple(found)


def _changelog(git: Callable[..., str], tag: str) -> dict[str, str]:
    try:
        return parse_changelog(git("show", f"{tag}:CHANGELOG.md"))
    except SourceError:
        return {}


def tag_with_facts(name: str, node_version: str, when: str, codes: dict[str, str]) -> CodeServerTag | None:
    """A tag made of its `.node-version`, its commit's date and the changelog's VS Code versions."""
    version, node = parse_version(name), _NODE.fullmatch(node_version.strip())
    if version is None or node is None:
        return None
    return CodeServerTag(
        tag=name,
        version=version.text,
        date=parse_date(when.strip()),
        vscode=codes.get(_release(name)) or parse.likely_vscode(version),
        node_major=int(node.group(1)),
        prerelease=version.prerelease,
        node=node.group(1) + node.group(2) if node.group(2) else "",
    )


def parse_changelog(text: str) -> dict[str, str]:
    """Release, or UNRELEASED -> the VS Code version in it, from code-server's CHANGELOG.md."""
    codes: dict[str, str] = {}
    release = ""
    for line in text.splitlines():
        heading, code = _HEADING.match(line), _CODE.fullmatch(line.strip())
        if line.startswith("## "):
            release = heading.group(1) if heading else UNRELEASED
        elif code and release:
            codes.setdefault(release, code.group(1))
    return codes


def _release(tag: str) -> str:
    """`4.101.0` for `v4.101.0-rc.1`: the name of a tag's section in the changelog."""
    version = parse_version(tag)
    return f"{version.major}.{version.minor}.{version.patch}" if version else tag


def _names(output: str) -> list[str]:
    return [line.partition("refs/tags/")[2] for line in output.splitlines() if "refs/tags/" in line]
