"""Reading an export's tar archive that comes from somebody else: plain files below one folder, and nothing else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from wizard.errors import UsageError
from wizard.render.secrets import FILE as SECRETS
from wizard.setup.store import FILE as ANSWERS

MOST_FILES = 5_000
MOST_BYTES = 100 * 1024 * 1024
"""Of all files together: an export is a few hundred KiB, and vsix files."""
_MOST_UNPACKED = MOST_BYTES + MOST_FILES * 4096
"""Of the archive itself without its compression: names and padding are in it, too."""
_COMPRESSED: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_FOREIGN = {".codehub", ".git"}
"""Folders that belong to a machine, or whose files would be run."""


def read_archive(path: Path) -> dict[str, tuple[bytes, int]]:
    """The files of a setup in an archive (.tar, .tar.gz), by path, with their permission bits.

    Raises UsageError for what is no archive of a setup: links, devices, paths that lead elsewhere, too much of it.
    """
    found: dict[str, tuple[bytes, int]] = {}
    tops: set[str] = set()
    try:
        # Unpacked here, not by tarfile: that reads a header of any length, into memory, before it can be looked at.
        with tarfile.open(fileobj=io.BytesIO(_unpacked(path)), mode="r:") as archive:
            for member, parts in _members(archive, path):
                tops.add(parts[0])
                name = "/".join(parts[1:])
                if member.isdir() or not name:
                    continue
                source = archive.extractfile(member)
                content = source.read() if source else b""
                mode = 0o600 if name == SECRETS else 0o755 if member.mode & 0o100 else 0o644
                if found.setdefault(name, (content, mode)) != (content, mode):
                    raise _refused(path, f"{name} is in it twice, with different contents.")
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise UsageError(
            f"{path} cannot be read as an archive.", why=str(error), fix="Name the .tar or .tar.gz of codehub export."
        ) from error
    if ANSWERS not in found or len(tops) != 1:
        raise _refused(path, f"It has no {ANSWERS} in one folder.")
    clash = {str(parent) for name in found for parent in PurePosixPath(name).parents} & found.keys()
    if clash:
        raise _refused(path, f"{min(clash)} is both a file and a folder.")
    return found


def _unpacked(path: Path) -> bytes:
    """The archive without its compression, at most as much of it as a setup can have."""
    with path.open("rb") as file:
        start = file.read(6)
        file.seek(0)
        opened: BinaryIO = next((read(file) for magic, read in _COMPRESSED.items() if start.startswith(magic)), file)
        content = opened.read(_MOST_UNPACKED + 1)
    if len(content) > _MOST_UNPACKED:
        raise _refused(path, f"It is larger than {_MOST_UNPACKED // 1024**2} MiB.")
    return content


def _members(archive: tarfile.TarFile, path: Path) -> Iterator[tuple[tarfile.TarInfo, tuple[str, ...]]]:
    """The members with the parts of their names, each looked at before anything of it is read."""
    total = 0
    for count, member in enumerate(archive, 1):
        shown = repr(member.name[:200])
        parts = PurePosixPath(member.name).parts
        if not member.isreg() and not member.isdir():
            raise _refused(path, f"{shown} is a link or a device.")
        if not parts or member.name.startswith("/") or ".." in parts or not member.name.isprintable():
            raise _refused(path, f"The path {shown} leads elsewhere.")
        if "\\" in member.name or _FOREIGN & set(parts[1:]):
            raise _refused(path, f"{shown} does not belong into a setup.")
        total += member.size
        if count > MOST_FILES or total > MOST_BYTES:
            raise _refused(path, f"It holds more than {MOST_FILES} files or {MOST_BYTES // 1024**2} MiB.")
        yield member, parts


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is no archive of a setup.", why=why, fix="Nothing was written. Ask for a new export.")
