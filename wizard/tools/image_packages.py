"""Which packages an image has, with their licences, read from its files: Debian's, Python's and npm's own records.

The image is not started: its file system comes as one stream from the Docker engine.
"""

from __future__ import annotations

import asyncio
import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import IO, Literal

from wizard.foreign import load_json
from wizard.text import clean
from wizard.tools.docker_engine import Env, connection

Kind = Literal["deb", "pypi", "npm"]

_LARGEST = 4 * 1024 * 1024
"""Bytes of one record; a larger file is none that a package manager wrote. dpkg's status may be larger."""
_STATUS = "var/lib/dpkg/status"
_LARGEST_STATUS = 64 * 1024 * 1024
_COPYRIGHT = re.compile(r"usr/share/doc/([^/]+)/copyright")
_METADATA = re.compile(r"(?:.*/)?[^/]+\.dist-info/METADATA")
_NPM = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/]+/package\.json")
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_DEP5 = re.compile(r"^License:[ \t]*([A-Za-z0-9][\w.+/ -]{0,60})$", re.MULTILINE)
_COMMON = re.compile(r"/usr/share/common-licenses/([A-Za-z]+-?[\d.]*\d|[A-Za-z]+)")


@dataclass(frozen=True, order=True)
class Package:
    """One package of an image. licences: as its own record names them, empty where it names none."""

    kind: Kind
    name: str
    version: str
    licences: tuple[str, ...] = ()
    architecture: str = ""


@dataclass(frozen=True)
class Contents:
    """The packages of an image, sorted, and the ID of its distribution ("debian")."""

    packages: tuple[Package, ...]
    distribution: str


async def packages(image_id: str, env: Env = None) -> Contents:
    """What an image has inside; raises MissingError without a daemon.

    Programs that no package manager has put there are not seen.
    """
    return await asyncio.to_thread(_packages, image_id, env)


def read(stream: IO[bytes]) -> Contents:
    """The packages in a tar stream of a file system; what is damaged or too large is left out."""
    found: set[Package] = set()
    status, licences, distribution = "", dict[str, tuple[str, ...]](), ""
    for name, text in _records(stream):
        if name == _STATUS:
            status = text
        elif name in _OS_RELEASE:
            match = re.search(r"^ID=\"?([\w.-]+)", text, re.MULTILINE)
            distribution = match[1] if match else distribution
        elif match := _COPYRIGHT.fullmatch(name):
            licences[match[1]] = _debian_licences(text)
        elif _METADATA.fullmatch(name):
            found |= set(_python(text))
        else:
            found |= set(_npm(text))
    found |= set(_debian(status, licences))
    return Contents(tuple(sorted(found)), distribution)


def _packages(image_id: str, env: Env) -> Contents:
    with connection(env) as client:
        container = client.api.create_container(image_id, command=["true"])["Id"]
        try:
            chunks = client.api.export(container)
            return read(io.BufferedReader(_Stream(iter(chunks)), 1024 * 1024))
        finally:
            client.api.remove_container(container)


class _Stream(io.RawIOBase):
    """Chunks as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._chunks, b"")
        part = self._rest[: len(buffer)]
        self._rest = self._rest[len(part) :]
        buffer[: len(part)] = part
        return len(part)


def _records(stream: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Name and text of the files that tell of packages."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                limit = _LARGEST_STATUS if name == _STATUS else _LARGEST
                if member.isreg() and member.size <= limit and _tells(name):
                    file = archive.extractfile(member)
                    if file is not None:
                        yield name, file.read().decode(errors="replace")
    except tarfile.TarError:
        return


def _tells(name: str) -> bool:
    known = name == _STATUS or name in _OS_RELEASE
    return known or any(pattern.fullmatch(name) for pattern in (_COPYRIGHT, _METADATA, _NPM))


def _debian(status: str, licences: Mapping[str, tuple[str, ...]]) -> Iterator[Package]:
    for paragraph in status.split("\n\n"):
        fields = HeaderParser().parsestr(paragraph.lstrip("\n"))
        name, version = fields.get("Package", ""), fields.get("Version", "")
        if name and version and str(fields.get("Status", "")).endswith(" installed"):
            architecture = str(fields.get("Architecture", ""))
            yield Package("deb", _short(name), _short(version), licences.get(name, ()), _short(architecture))


def _debian_licences(text: str) -> tuple[str, ...]:
    """The licences that a copyright file names, by DEP 5 or by pointing to the common ones."""
    names = _DEP5.findall(text) or _COMMON.findall(text)
    return tuple(sorted({_short(name).rstrip(".") for name in names}))


def _python(text: str) -> Iterator[Package]:
    fields = HeaderParser().parsestr(text, headersonly=True)
    name, version = fields.get("Name", ""), fields.get("Version", "")
    licence = str(fields.get("License-Expression") or fields.get("License") or "").strip().partition("\n")[0]
    if not licence or licence == "UNKNOWN":
        classifiers = [str(one) for one in fields.get_all("Classifier", [])]
        named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: ")]
    else:
        named = [licence]
    if name and version:
        yield Package("pypi", _short(name), _short(version), tuple(map(_short, named)))


def _npm(text: str) -> Iterator[Package]:
    try:
        found = load_json(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(found, dict):
        return
    name, version, licence = found.get("name"), found.get("version"), found.get("license")
    if isinstance(licence, dict):
        licence = licence.get("type")
    if isinstance(name, str) and isinstance(version, str) and name and version:
        yield Package(
            "npm", _short(name), _short(version), (_short(licence),) if isinstance(licence, str) and licence else ()
        )


def _short(text: object) -> str:
    return clean(" ".join(str(text).split()))[:200]
