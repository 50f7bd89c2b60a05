"""How each code-server version is built from source: the build families, and what such a build costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from wizard.catalog import bundled
from wizard.catalog.node import node_for
from wizard.catalog.version import Version, parse_version
from wizard.errors import UsageError

NODE_ARCHES = {"amd64": "x64", "arm64": "arm64"}
"""What Docker calls an architecture -> what Node and VS Code's build call it."""


@dataclass(frozen=True, slots=True)
class BuildFamily:
    """A range of versions that are built by the same steps.

    name: such as `npm-quilt`; first, last: the ends of the range, last None for the newest family;
    package_manager: `yarn` or `npm`; checkout: where VS Code comes from, `submodule`, `in-tree` or `vendored`;
    prepare: shell commands after `git clone`; steps: shell commands in order; both may hold `{version}`;
    artifact: the folder that holds the result; apt: Debian packages the build needs; env: environment variables,
    which may hold `{node_arch}`; memory_gb: what the build may use; note: for people.
    """

    name: str
    first: Version
    last: Version | None
    package_manager: str
    checkout: str
    prepare: tuple[str, ...]
    steps: tuple[str, ...]
    artifact: str
    apt: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    memory_gb: int
    note: str

    def covers(self, version: Version) -> bool:
        """Whether this family builds that version."""
        return self.first <= version and (self.last is None or version <= self.last)


@dataclass(frozen=True, slots=True)
class SourceBuild:
    """A source build of one tag, all placeholders filled in; `warning` is for people, empty when all is known.

    minutes: the shortest and longest time on an ordinary machine; disk_gb and memory_gb: what to have free.
    """

    tag: str
    version: str
    family: BuildFamily
    node_major: int
    node: str
    commands: tuple[str, ...]
    env: dict[str, str]
    memory_gb: int
    disk_gb: int
    minutes: tuple[int, int]
    warning: str

    def cost(self) -> str:
        """What it takes, in one sentence, to be said before the run."""
        low, high = self.minutes
        return (
            f"A source build of {self.tag} takes about {low} to {high} minutes, up to {self.memory_gb} GB of memory "
            f"and about {self.disk_gb} GB of disk."
        )


@cache
def build_families() -> tuple[BuildFamily, ...]:
    """All build families, oldest first."""
    return tuple(_family(entry) for entry in bundled.document(bundled.FAMILIES_FILE)["families"])


def _family(entry: dict[str, object]) -> BuildFamily:
    first, last = parse_version(str(entry["first"])), parse_version(str(entry["last"]))
    if first is None:
        raise ValueError(f"{bundled.FAMILIES_FILE}: {entry['name']} has no first version")
    return BuildFamily(
        name=str(entry["name"]),
        first=first,
        last=last,
        package_manager=str(entry["package_manager"]),
        checkout=str(entry["checkout"]),
        prepare=_strings(entry["prepare"]),
        steps=_strings(entry["steps"]),
        artifact=str(entry["artifact"]),
        apt=_strings(entry["apt"]),
        env=_pairs(entry["env"]),
        memory_gb=int(str(entry["memory_gb"])),
        note=str(entry["note"]),
    )


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(part) for part in value) if isinstance(value, list) else ()


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(text)) for key, text in value.items()) if isinstance(value, dict) else ()


def build_family(tag: str) -> BuildFamily:
    """The family that builds a tag; raises UsageError, with the reason, for a tag that none can build."""
    version = parse_version(tag)
    if version is None:
        raise UsageError(
            f"{tag!r} is not a code-server version.",
            why="A version looks like v4.133.0.",
            fix="Choose one from `codehub versions code-server`.",
        )
    for family in build_families():
        if family.covers(version):
            return family
    oldest = build_families()[0].first
    if version < oldest:
        raise UsageError(
            f"{tag} cannot be built from source.",
            why=f"It is older than {oldest.major}.{oldest.minor}.{oldest.patch}, "
            "the first version with a standalone release to build.",
            fix="Choose a newer version.",
        )
    raise UsageError(
        f"{tag} cannot be built from source.",
        why="No released version lies there, so its build steps are not known: "
        f"it is newer than {_before(version)} and older than {_after(version)}.",
        fix="Choose a version from `codehub versions code-server`, or another way than source.",
    )


def source_build(tag: str, arch: str = "amd64") -> SourceBuild:
    """All that a source build of a tag needs; `arch` as Docker names it. Raises UsageError like `build_family`."""
    family = build_family(tag)
    if arch not in NODE_ARCHES:
        raise UsageError(
            f"code-server is not built from source for {arch}.",
            why=f"Its build steps are known for {' and '.join(NODE_ARCHES)}.",
            fix="Choose one of these platforms.",
        )
    version = parse_version(tag)
    known = bundled.find_tag(tag)
    node = node_for(tag)
    facts = bundled.document(bundled.FAMILIES_FILE)
    names = {"version": version.text if version else tag, "node_arch": NODE_ARCHES[arch]}
    checked = parse_version(facts["checked_to"])
    unchecked = version is not None and checked is not None and version > checked
    warnings = [] if node.certain else [f"Node {node.major} is not certain: {node.why}."]
    if unchecked:
        warnings.append(f"The build steps were checked up to v{facts['checked_to']}; {tag} may need others.")
    low, high = facts["minutes"]
    return SourceBuild(
        tag=known.tag if known else tag,
        version=names["version"],
        family=family,
        node_major=node.major,
        node=known.node if known else "",
        commands=tuple(_fill(command, names) for command in (*family.prepare, *family.steps)),
        env={key: _fill(value, names) for key, value in family.env},
        memory_gb=family.memory_gb,
        disk_gb=int(facts["disk_gb"]),
        minutes=(int(low), int(high)),
        warning=" ".join(warnings),
    )


def _fill(template: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        template = template.replace("{" + name + "}", value)
    return template


def _before(version: Version) -> str:
    return max(family.last for family in build_families() if family.last and family.last < version).text


def _after(version: Version) -> str:
    first = min(family.first for family in build_families() if family.first > version)
    return f"{first.major}.{first.minor}.{first.patch}"
