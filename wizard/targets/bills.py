"""A bill of materials for each image of a setup, by syft where it is installed, else from the image's own records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.errors import StepFailed
from wizard.render.sbom import bill, licences
from wizard.setup.model import Setup
from wizard.tools import docker_engine, image_contents, image_packages, syft


@dataclass(frozen=True)
class Bill:
    """The bill of one image. counts: packages by kind; licences: with the number of packages; by: what made it."""

    image: str
    reference: str
    document: Mapping[str, Any]
    counts: Mapping[str, int]
    licences: tuple[tuple[str, int], ...]
    by: str


async def bills(setup: Setup) -> list[Bill]:
    """Look into the setup's images as this Docker engine has them.

    Raises StepFailed for one that it does not have, MissingError without a daemon.
    """
    return [await _bill(name, reference) for name, reference in setup.image_references.items()]


async def _bill(name: str, reference: str) -> Bill:
    found = await docker_engine.image(reference)
    if found is None:
        raise StepFailed(
            f"The Docker daemon does not have {reference}.",
            why="It was not built here, or was removed since.",
            fix=f"Build it with `codehub apply`, or fetch it with `docker pull {reference}`.",
        )
    contents = await image_packages.packages(found.id)
    counts: dict[str, int] = {}
    for package in contents.packages:
        counts[package.kind] = counts.get(package.kind, 0) + 1
    by_syft = await syft.cyclonedx(found.id, reference)
    if by_syft is None:
        inside = (await image_contents.contents(found.id)).get("inside") or {}
        programs = {key: text for key, text in inside.items() if key in _PROGRAMS}
        document, maker = bill(reference, found.id, contents, programs), "codehub"
    else:
        document, maker = by_syft, "syft"
    return Bill(name, reference, document, counts, tuple(licences(contents.packages)), maker)


_PROGRAMS = frozenset({"code-server", "vscode", "node"})
