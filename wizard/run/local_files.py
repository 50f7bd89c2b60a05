"""A person's own files that go into the images: read once, so that rendering stays pure."""

from __future__ import annotations

import contextlib
from pathlib import Path, PurePosixPath

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


def own_files(setup: Setup, folder: Path, *, with_secrets: bool) -> dict[str, bytes]:
    """What else of the folder belongs to a setup that is handed on: files that the answers name by a path in it.

    A certificate's key only with_secrets. Raises what `read_local_files` raises.
    """
    found = read_local_files(setup, folder)
    docker = setup.target.docker
    if setup.target.kind == "docker" and docker.tls == "files":
        for field, path in (("certificate", docker.certificate), ("key", docker.key if with_secrets else "")):
            with contextlib.suppress(UsageError):  # a missing one is the deployment's to report
                found |= {path: _read(f"target.docker.{field}", path, folder)} if path else {}
    return {
        str(PurePosixPath(path)): content
        for path, content in found.items()
        if not path.startswith(("/", "~")) and ".." not in PurePosixPath(path).parts
    }


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
