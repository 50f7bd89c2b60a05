"""Writing files so that a reader, a crash or a full disk never meets half of one."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from wizard.errors import CodehubError, UsageError


def write_atomically(path: Path, data: str | bytes, *, mode: int = 0o644) -> None:
    """Replace `path` with `data` in one rename, with permission bits `mode`.

    The data goes to a temporary file in the same folder, is flushed to disk, and then takes the name; a
    symbolic link at `path` is replaced, not followed. Raises CodehubError when the folder cannot be
    written to or the disk is full; what stood at `path` is then untouched.
    """
    write_all_atomically({path: (data, mode)})


def write_all_atomically(files: Mapping[Path, tuple[str | bytes, int]]) -> None:
    """Replace several files, each with its data and permission bits, as `write_atomically` does for one.

    All of them are on the disk under temporary names (`.NAME.*.tmp`) before the first is renamed: a full disk or a
    folder that cannot be written to leaves every file as it was.
    """
    staged: dict[Path, str] = {}
    path = None
    try:
        for path, (data, mode) in files.items():
            staged[path] = _stage(path, data.encode() if isinstance(data, str) else data, mode)
        for path in files:
            os.replace(staged[path], path)
            del staged[path]
    except OSError as error:
        raise not_written(path or Path(), error) from error
    finally:
        for temporary in staged.values():
            with contextlib.suppress(OSError):
                os.unlink(temporary)
    for folder in {path.parent for path in files}:
        _flush_folder(folder)


def make_folder(path: Path, *, fix: str = "Name another folder, or one whose parent you may write to.") -> None:
    """Make a folder, and those above it, where there is none; raises CodehubError with `fix` when it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(path, error, what=f"The folder {path} could not be made.", fix=fix) from error


def not_written(path: Path, error: OSError, *, what: str = "", fix: str = "") -> CodehubError:
    """The error of a file or folder that could not be written or made: on a full disk it says so, and what to do.

    what: in place of "PATH could not be written."; fix: in place of making the folder writable, for any other reason.
    """
    folder = path.parent
    why = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        why = f"The disk is full: {why}." + (_NO_INODES if _without_inodes(folder) else "")
        fix = f"Remove files or free space on the disk of {folder} (`df -h`), and run the same command again."
    fix = fix or f"Make {folder} writable, or free space on its disk, and run the same command again."
    return CodehubError(what or f"{path} could not be written.", why=why, fix=fix, address="not-written")


_NO_INODES = " It has room, but not for one more file: its inodes are used up (`df -i`)."


def _without_inodes(folder: Path) -> bool:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_files > 0 and disk.f_favail == 0 and disk.f_bavail > 0


def _stage(path: Path, raw: bytes, mode: int) -> str:
    """Put data for `path` on the disk under a temporary name beside it, and return that name."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


def _flush_folder(folder: Path) -> None:
    """Make a rename durable; some file systems refuse to flush a folder, which loses nothing but that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_text(path: Path, *, limit: int = 10 * 1024 * 1024) -> str:
    """The UTF-8 text of a file of at most `limit` bytes; raises UsageError that says what is wrong with it."""
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            raw = stream.read(limit + 1)
    except OSError as error:
        raise UsageError(
            f"{path} could not be read.",
            why=error.strerror or str(error),
            fix="Check the path and its permissions.",
            address="not-read",
        ) from error
    if len(raw) > limit:
        raise UsageError(
            f"{path} is too large.",
            why=f"It has more than {limit:,} bytes.",
            fix="Name the right file.",
            address="not-read",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8 text.", why=str(error), fix="Save it as UTF-8.", address="not-read"
        ) from error


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to is empty, in place of keeping us waiting for ever."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor


def content_hash(data: str | bytes) -> str:
    """`sha256:HEX` of some content; how codehub recognises a file that a person changed."""
    return "sha256:" + hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()
