"""Pinning what images are built from: base images by digest, upstream's release by checksum; and what cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.catalog import parse_version
from wizard.catalog.machine import ca_files, proxies
from wizard.errors import MissingError, StepFailed
from wizard.render.buildargs import ARM64_CHECKSUM, built_from
from wizard.reporting import Reporter
from wizard.run.local_files import absolute
from wizard.scratch import scratch_folder
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.tools import registry
from wizard.tools.download import download
from wizard.tools.local_parts import RELEASES

_ARCHITECTURES = {"linux/amd64": "amd64", "linux/arm64": "arm64"}


@dataclass(frozen=True)
class Pin:
    """One thing that was pinned. what: in words; name: reference or file; before: its pin until now, or empty."""

    what: str
    name: str
    pin: str
    before: str = ""

    @property
    def changed(self) -> bool:
        """Whether it was not pinned to just this."""
        return self.pin != self.before


@dataclass(frozen=True)
class Pinned:
    """A setup with everything pinned that can be; `left`: what is not pinned, and why."""

    setup: Setup
    pins: tuple[Pin, ...]
    left: tuple[str, ...]


async def pin(setup: Setup, folder: Path, reporter: Reporter) -> Pinned:
    """Ask the registries for what images are built from now, and fetch the release to know its checksum.

    Raises MissingError where a registry, the release or the Docker daemon cannot be reached, StepFailed where
    something does not exist, or a release is no longer the one that its checksum was taken of.
    """
    images = built_from(setup)
    found = await asyncio.gather(*(_digest(what, name, setup) for what, name in images.items()))
    releases = await _releases(setup, folder, reporter)
    answers = store.plain(setup)
    # Anew: what nothing is built from any more is not kept.
    answers["build"]["pins"] = {one.name: one.pin for one in found if "@" not in one.name}
    for one in releases:
        _set_checksum(answers, one)
    return Pinned(store.validate(answers, "the pinned answers"), (*found, *releases), tuple(_left(setup)))


def unpinned(setup: Setup) -> Setup:
    """The setup without the pins of images and the checksums of releases."""
    answers = store.plain(setup)
    answers["build"]["pins"] = {}
    answers["build"]["args"].pop(ARM64_CHECKSUM, None)
    answers["code_server"]["checksum"] = ""
    return store.validate(answers, "the answers without pins")


async def _digest(what: str, reference: str, setup: Setup) -> Pin:
    before = setup.build.pins.get(reference, "")
    if "@" in reference:
        digest = reference.partition("@")[2]
        return Pin(what, reference, digest, digest)
    answer = await registry.lookup(reference)
    if answer.presence is registry.Presence.PRESENT and answer.digest:
        return Pin(what, reference, answer.digest, before)
    if answer.presence is registry.Presence.UNREACHABLE:
        raise MissingError(
            f"The registry that has {reference} cannot be asked.",
            why=answer.reason,
            fix="Check the network of the Docker daemon and its proxy, and run the same command again.",
            address="registry-unreachable",
        )
    absent = answer.presence is registry.Presence.ABSENT
    raise StepFailed(
        f"The registry does not {'have' if absent else 'give'} {reference}, the {what}.",
        why=answer.reason,
        fix="Check its name and tag; for a private registry run `docker login` first.",
        address="build-base-image",
    )


async def _releases(setup: Setup, folder: Path, reporter: Reporter) -> list[Pin]:
    if setup.code_server.method != "release":
        return []
    version = parse_version(setup.code_server.version)
    text = version.text if version else setup.code_server.version.removeprefix("v")
    base = (setup.code_server.release_url or RELEASES).rstrip("/")
    found = []
    with scratch_folder("pin") as place:
        for platform in setup.build.platforms:
            architecture = _ARCHITECTURES.get(platform)
            if architecture is None:
                continue
            package = setup.build.args.get("RELEASE_FORMAT") == "deb"
            name = (
                f"code-server_{text}_{architecture}.deb"
                if package
                else f"code-server-{text}-linux-{architecture}.tar.gz"
            )
            ca = str(absolute(folder, setup.build.ca_bundle)) if setup.build.ca_bundle else ""
            checksum = await download(
                f"{base}/v{text}/{name}", Path(place) / name, reporter, proxies=proxies(), ca_files=ca_files(ca)
            )
            found.append(_same(Pin("release of code-server", name, checksum, _checksum(setup, architecture)), base))
    return found


def _same(one: Pin, base: str) -> Pin:
    if one.before and one.changed:
        raise StepFailed(
            f"The checksum of {one.name} does not match.",
            why=f"It was {one.before} when it was pinned; {base} has {one.pin} now. A release does not change.",
            fix="Do not use this file before you know why it differs. If it is right, pin anew after "
            "`codehub pin --remove`.",
            address="checksum",
        )
    return one


def _checksum(setup: Setup, architecture: str) -> str:
    if architecture == "arm64" and "linux/amd64" in setup.build.platforms:
        return setup.build.args.get(ARM64_CHECKSUM, "")
    return setup.code_server.checksum


def _set_checksum(answers: dict[str, Any], one: Pin) -> None:
    build: Mapping[str, Any] = answers["build"]
    if one.name.endswith(("-arm64.tar.gz", "_arm64.deb")) and "linux/amd64" in build["platforms"]:
        build["args"][ARM64_CHECKSUM] = one.pin
    else:
        answers["code_server"]["checksum"] = one.pin


def _left(setup: Setup) -> list[str]:
    """What a build takes as it finds it."""
    found = []
    if setup.builds_images:
        packages = "Debian packages and Python packages: the newest that the base's and JupyterHub's versions allow"
        found.append(f"{packages}; `codehub sbom` lists those that an image got.")
    if setup.builds_images and setup.code_server.method in {"npm", "source"}:
        found.append(
            f"code-server {setup.code_server.version}: a version at the package registry or a git tag; its own "
            "dependencies are locked by it."
        )
    found += [
        f"The extension {name}: name a version, as in {name}@1.2.3."
        for name in setup.code_server.extensions
        if not name.endswith(".vsix") and "@" not in name
    ]
    return found
