"""Reading an export's tar archive that comes from somebody else: plain files below one folder, and nothing else."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wizard.errors import UsageError
from wizard.render.secrets import FILE as SECRETS
from wizard.setup.store import FILE as ANSWERS

MOST_FILES = 5_000
MOST_BYTES = 100 * 1024 * 1024
"""Of all files together: an export is a few hundred KiB, and vsix files."""
_FOREIGN = {".codehub", ".git"}
"""Folders that belong to a machine, or whose files would be run."""


def read_archive(path: Path) -> dict[str, tuple[bytes, int]]:
    """The files of a setup in an archive (.tar, .tar.gz), by path, with their permission bits.

    Raises UsageError for what is no archive of a setup: links, devices, paths that lead elsewhere, too much of it.
    """
    found: dict[str, tuple[bytes, int]] = {}
    tops: set[str] = set()
    try:
        with tarfile.open(path, "r:*") as archive:
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
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise UsageError(
            f"{path} cannot be read as an archive.", why=str(error), fix="Name the .tar or .tar.gz of codehub export."
        ) from error
    if ANSWERS not in found or len(tops) != 1:
        raise _refused(path, f"It has no {ANSWERS} in one folder.")
    clash = {str(parent) for name in found for parent in PurePosixPath(name).parents} & found.keys()
    if clash:
        raise _refused(path, f"{min(clash)} is both a file and a folder.")
    return found


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
