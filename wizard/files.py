"""Writing files so that a reader, a crash or a full disk never meets half of one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from wizard.errors import CodehubError, UsageError


def write_atomically(path: Path, data: str | bytes, *, mode: int = 0o644) -> None:
    """Replace `path` with `data` in one rename, with permission bits `mode`.

    The data goes to a temporary file in the same folder, is flushed to disk, and then takes the name; a
    symbolic link at `path` is replaced, not followed. Raises CodehubError when the folder cannot be
    written to or the disk is full; what stood at `path` is then untouched.
    """
    raw = data.encode() if isinstance(data, str) else data
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise CodehubError(
            f"{path} could not be written.",
            why=error.strerror or str(error),
            fix=f"Make {path.parent} writable, or free space on its disk, and run the same command again.",
        ) from error
    _flush_folder(path.parent)


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
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)
    except OSError as error:
        raise UsageError(
            f"{path} could not be read.",
            why=error.strerror or str(error),
            fix="Check the path and its permissions.",
        ) from error
    if len(raw) > limit:
        raise UsageError(f"{path} is too large.", why=f"It has more than {limit:,} bytes.", fix="Name the right file.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text.", why=str(error), fix="Save it as UTF-8.") from error


def content_hash(data: str | bytes) -> str:
    """`sha256:HEX` of some content; how codehub recognises a file that a person changed."""
    return "sha256:" + hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()
