"""What is known of base images by their name: the C library, Node if they bring one, and whether they have apt."""

from __future__ import annotations

import re
from dataclasses import dataclass

_GLIBC: dict[str, tuple[int, int]] = {
    # Debian, by code name and by number
    "stretch": (2, 24), "buster": (2, 28), "bullseye": (2, 31), "bookworm": (2, 36), "trixie": (2, 41),
    "debian9": (2, 24), "debian10": (2, 28), "debian11": (2, 31), "debian12": (2, 36), "debian13": (2, 41),
    # Ubuntu
    "xenial": (2, 23), "bionic": (2, 27), "focal": (2, 31), "jammy": (2, 35), "noble": (2, 39),
    "plucky": (2, 41), "questing": (2, 42),
    "ubuntu16.04": (2, 23), "ubuntu18.04": (2, 27), "ubuntu20.04": (2, 31), "ubuntu22.04": (2, 35),
    "ubuntu24.04": (2, 39), "ubuntu25.04": (2, 41), "ubuntu25.10": (2, 42),
}  # fmt: skip
_NO_APT = frozenset(
    {
        *("alpine", "almalinux", "amazonlinux", "archlinux", "busybox", "centos", "fedora", "mariner", "opensuse"),
        *("oraclelinux", "photon", "rockylinux", "scratch", "ubi8", "ubi9", "wolfi-base"),
    }
)
_MUSL = ("alpine", "musl")


@dataclass(frozen=True, slots=True)
class Base:
    """What the name of a base image tells; None where it tells nothing.

    glibc: the version as (2, 36); musl: it has another C library instead; node_major: of the Node it brings.
    """

    name: str
    glibc: tuple[int, int] | None = None
    musl: bool = False
    apt: bool | None = None
    node_major: int | None = None


def known_base(reference: str) -> Base:
    """What is known of `reference`, such as `debian:bookworm-slim` or `ghcr.io/acme/node:20-bullseye`."""
    name, _, tag = reference.partition("@")[0].rpartition("/")[2].lower().partition(":")
    words = re.split(r"[-_.]", tag)
    musl = name in _MUSL or any(re.fullmatch(r"(alpine|musl)[0-9]*", word) for word in words)
    glibc = None if musl else _glibc(name, tag, words)
    apt = False if musl or name in _NO_APT else (True if glibc else None)
    node = re.match(r"[0-9]{1,3}(?![0-9])", tag) if name == "node" else None
    return Base(reference, glibc, musl, apt, int(node.group()) if node else None)


def _glibc(name: str, tag: str, words: list[str]) -> tuple[int, int] | None:
    for word in (*words, name):
        if word in _GLIBC:
            return _GLIBC[word]
    for system in ("debian", "ubuntu"):
        number = re.search(r"(?:^|-)" + (r"([0-9]+)" if system == "debian" else r"([0-9]{2}\.[0-9]{2})"), tag)
        if (name == system or f"{system}-" in tag) and number:
            return _GLIBC.get(system + number.group(1))
    return None
