"""Temporary folders that do not stay behind, even where codehub is killed: the next one removes them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator

_OURS = re.compile(r"codehub-[a-z]+-[a-z0-9_]{8}\.scratch")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextlib.contextmanager
def scratch_folder(purpose: str) -> Iterator[str]:
    """A folder for this user's eyes only, gone at the end; `purpose` is a word for its name.

    It is locked while it is used, and the kernel drops the lock when its holder dies, however it dies. Those that
    nobody holds are removed here first: what is in one may be secret.
    """
    _remove_abandoned(tempfile.gettempdir())
    folder, descriptor = _locked(purpose)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _locked(purpose: str) -> tuple[str, int]:
    """A new folder and the descriptor that holds its lock."""
    while True:
        folder = tempfile.mkdtemp(prefix=f"codehub-{purpose}-", suffix=".scratch")
        with contextlib.suppress(FileNotFoundError):  # somebody else took it for abandoned before it was locked
            descriptor = os.open(folder, _FOLDER)
            with contextlib.suppress(OSError):  # a file system without locks: nobody can take it for abandoned either
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return folder, descriptor
            os.close(descriptor)


def _remove_abandoned(parent: str) -> None:
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(parent)):
            if _OURS.fullmatch(entry.name):
                _remove_if_abandoned(entry.path)


def _remove_if_abandoned(folder: str) -> None:
    """Remove a folder of this user's whose lock is free; a link is never followed."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, _FOLDER)
        try:
            if os.fstat(descriptor).st_uid == os.getuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)
