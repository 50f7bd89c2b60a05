"""A person's own files that go into the images: read once, so that rendering stays pure."""

from __future__ import annotations

import contextlib
from pathlib import Path

from wizard.errors import UsageError
from wizard.render.local_files import local_paths
from wizard.setup.model import Setup

_LIMIT = 512 * 1024 * 1024


def absolute(folder: Path, path: str) -> Path:
    """A path as answered: `~` is the home folder, and anything relative is below the setup folder."""
    return (folder / Path(path).expanduser()).absolute()


def read_local_files(setup: Setup, folder: Path) -> dict[str, bytes]:
    """The content of each file that the answers name, by its path as answered; the company CA where it is there.

    Raises UsageError that names the answer for a file that cannot be read.
    """
    found = {path: _read(field, path, folder) for field, path in local_paths(setup)}
    # Its hash tells a changed CA; its absence is the build's to report, rendering needs it not.
    ca = setup.build.ca_bundle
    if ca:
        with contextlib.suppress(UsageError):
            found[ca] = _read("build.ca_bundle", ca, folder)
    return found


def _read(field: str, path: str, folder: Path) -> bytes:
    answer, fix = f"It is the answer to {field}", "Correct the path; a relative one begins at the setup folder."
    try:
        place = absolute(folder, path)
        if not place.is_file():
            raise UsageError(f"{place} is not a file.", why=f"{answer}.", fix=fix)
        if place.stat().st_size > _LIMIT:
            raise UsageError(f"{place} is too large.", why=f"{answer}; it has more than {_LIMIT:,} bytes.", fix=fix)
        return place.read_bytes()
    except (OSError, RuntimeError) as error:
        # RuntimeError: a `~name` of nobody
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path} could not be read.", why=f"{answer}: {why}.", fix=fix) from error
