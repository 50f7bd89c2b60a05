"""One run at a time in a setup folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from wizard.errors import UsageError
from wizard.files import not_written


@contextlib.contextmanager
def folder_lock(state_folder: Path) -> Iterator[None]:
    """Hold the lock of a setup folder; raises UsageError that names the holder's pid when it is taken.

    Raises UsageError, too, where a symbolic link would lead what is written or removed under the lock elsewhere.

    The kernel drops the lock when its holder dies, however it dies, so no stale lock can be left behind. The
    file's text (pid and host) is only there to name the holder.
    """
    path = state_folder / "lock"
    try:
        state_folder.mkdir(parents=True, exist_ok=True)
        _refuse_links(state_folder)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        fix = f"Make {state_folder.parent} writable."
        raise not_written(path, error, what=f"The lock {path} could not be made.", fix=fix) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 200).decode(errors="replace").strip() or "unknown"
            raise UsageError(
                f"Another codehub is at work in {state_folder.parent}.",
                why=f"It holds the lock: {holder}.",
                fix="Wait until it is done, or stop it; then run the same command again.",
                address="folder-locked",
            ) from error
        with contextlib.suppress(OSError):  # on a full disk the lock holds without a name
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"pid {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _refuse_links(state_folder: Path) -> None:
    for path in (state_folder, *state_folder.iterdir()):
        if path.is_symlink():
            raise UsageError(
                f"{path} is a symbolic link.",
                why="What codehub remembers, and removes again, has to be in the setup folder itself.",
                fix="Remove the link. If you did not make it, do not trust this folder.",
                address="symbolic-link",
            )
