"""A software bill of materials of an image: CycloneDX 1.6 as JSON, and the licences in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name

from wizard import __version__
from wizard.tools.image_packages import Contents, Package

UNKNOWN = "not named"
"""Stands for the licence of a package whose record has none."""


def bill(reference: str, image_id: str, contents: Contents, inside: Mapping[str, str]) -> dict[str, Any]:
    """The document for an image; inside: versions of programs that no package manager knows ("node": "24.9.0").

    The same image gives the same document: there is no time and no random number in it.
    """
    programs = [
        {"type": "application", "bom-ref": f"program:{name}", "name": name, "version": version}
        for name, version in sorted(inside.items())
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "codehub", "version": __version__}]},
            "component": {"type": "container", "bom-ref": image_id, "name": reference, "version": image_id},
        },
        "components": [*programs, *_components(contents)],
    }


def licences(packages: Sequence[Package]) -> list[tuple[str, int]]:
    """Each licence with the number of packages that have it, the most frequent first."""
    counted = Counter(name for package in packages for name in package.licences or (UNKNOWN,))
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))


def package_url(package: Package, distribution: str) -> str:
    """The purl of a package (https://github.com/package-url/purl-spec)."""
    version = quote(package.version, safe=":")
    match package.kind:
        case "deb":
            architecture = f"?arch={quote(package.architecture)}" if package.architecture else ""
            return f"pkg:deb/{quote(distribution or 'debian')}/{quote(package.name)}@{version}{architecture}"
        case "pypi":
            return f"pkg:pypi/{quote(canonicalize_name(package.name))}@{version}"
        case "npm":
            return f"pkg:npm/{quote(package.name, safe='/')}@{version}"


def _components(contents: Contents) -> list[dict[str, Any]]:
    """One for each package: the same package may be there several times, with other licences in its record."""
    found = {package_url(one, contents.distribution): one for one in contents.packages}
    return [_component(one, contents.distribution) for one in found.values()]


def _component(package: Package, distribution: str) -> dict[str, Any]:
    address = package_url(package, distribution)
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": address,
        "name": package.name,
        "version": package.version,
        "purl": address,
    }
    if package.licences:
        found["licenses"] = [{"license": {"name": name}} for name in package.licences]
    return found
