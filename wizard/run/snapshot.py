"""The files of a setup folder as they are now, to be put back when what was tried did not work."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wizard.files import make_folder, write_all_atomically
from wizard.run.folder import SetupFolder

WRITTEN_BY_RUNS = ("images.yaml",)
"""Files that a run makes and that state.json does not list."""


@dataclass(frozen=True)
class Snapshot:
    """Content and permission bits of each file, by its path in the folder; in memory only, for secrets are in it."""

    folder: SetupFolder
    files: Mapping[str, tuple[bytes, int]] = field(repr=False)

    @classmethod
    def take(cls, folder: SetupFolder) -> Snapshot:
        """What is there: the answers, everything that codehub wrote, and what it remembers."""
        found = {}
        for name in _names(folder):
            path = folder.path / name
            if path.is_file() and not path.is_symlink():
                found[name] = (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        return cls(folder, found)

    def restore(self) -> None:
        """Put every file back and remove those that came since; raises CodehubError when that cannot be done."""
        came = [name for name in _names(self.folder) if name not in self.files]
        due = {name: kept for name, kept in self.files.items() if _now(self.folder.path / name) != kept}
        for name in due:
            make_folder((self.folder.path / name).parent)
        write_all_atomically({self.folder.path / name: kept for name, kept in due.items()})
        for name in came:
            (self.folder.path / name).unlink(missing_ok=True)


def _names(folder: SetupFolder) -> Iterable[str]:
    own = (folder.answers, folder.values, folder.extra_values, folder.secrets, folder.state_file)
    fixed = [str(path.relative_to(folder.path)) for path in own]
    return dict.fromkeys([*fixed, *WRITTEN_BY_RUNS, *folder.load_state().state.files])


def _now(path: Path) -> tuple[bytes, int] | None:
    if not path.is_file() or path.is_symlink():
        return None
    return path.read_bytes(), stat.S_IMODE(path.stat().st_mode)
