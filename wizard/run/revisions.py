"""What each revision of a release was made from: copies of the answers and files, without secrets, and their state.

They are in `.codehub/revisions/N/`, belong to this machine, and let answers and files go back with the release.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wizard.files import make_folder, not_written, write_atomically
from wizard.render.secrets import FILE as SECRETS
from wizard.run.folder import SetupFolder
from wizard.run.snapshot import WRITTEN_BY_RUNS
from wizard.run.state import State, load_state

KEPT = 20
"""Records that are kept; Helm itself keeps ten revisions."""

_STATE = "state.json"
_FILES = "files"
_BACK_TO = re.compile(r"rollback to (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Record:
    """What one revision was made from: files by their path in the setup folder, and what was known of its steps."""

    number: int
    files: Mapping[str, bytes] = field(repr=False)
    state: State = field(repr=False)

    def text(self, name: str) -> str:
        """The text of a file; empty where the revision had none."""
        return self.files.get(name, b"").decode(errors="replace")


def keep(folder: SetupFolder, number: int, state: State) -> None:
    """Copy what a revision was just made from; raises CodehubError when that cannot be written.

    Half a record, of a codehub that was killed at it, is removed.
    """
    place = _place(folder) / str(number)
    for other in _numbers(folder):
        if other == number or not (_place(folder) / str(other) / _STATE).is_file():
            shutil.rmtree(_place(folder) / str(other), ignore_errors=True)
    fix = f"Make {folder.private} writable."
    make_folder(place, fix=fix)
    try:
        _place(folder).chmod(0o700)  # a person may have secrets in files of their own
    except OSError as error:
        raise not_written(_place(folder), error, fix=fix) from error
    names = [folder.answers.name, folder.extra_values.name, *WRITTEN_BY_RUNS, *state.files]
    for name in dict.fromkeys(names):
        source = folder.path / name
        if name == SECRETS or not source.is_file():
            continue
        target = place / _FILES / name
        make_folder(target.parent, fix=fix)
        write_atomically(target, source.read_bytes(), mode=0o600)
    state.save(place / _STATE)
    # Higher numbers are of a release of this name that was uninstalled since.
    earlier = [known for known in _numbers(folder) if known <= number]
    for gone in set(_numbers(folder)) - set(earlier[-KEPT:]):
        shutil.rmtree(_place(folder) / str(gone), ignore_errors=True)


def load(folder: SetupFolder, number: int) -> Record | None:
    """The record of a revision, or None when this folder has none."""
    place = _place(folder) / str(number)
    if not (place / _STATE).is_file():
        return None
    files = {
        str(path.relative_to(place / _FILES)): path.read_bytes()
        for path in sorted((place / _FILES).rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
    return Record(number, files, load_state(place / _STATE).state)


def records(folder: SetupFolder) -> list[Record]:
    """All records, oldest first."""
    return [record for number in _numbers(folder) if (record := load(folder, number)) is not None]


def equal_to(number: int, descriptions: Mapping[int, str]) -> int:
    """The revision that a roll-back made this one equal to, or the revision itself; `descriptions` are Helm's."""
    seen = set()
    while number not in seen:
        seen.add(number)
        found = _BACK_TO.search(descriptions.get(number, ""))
        number = int(found.group(1)) if found else number
    return number


def _place(folder: SetupFolder) -> Path:
    return folder.private / "revisions"


def _numbers(folder: SetupFolder) -> list[int]:
    place = _place(folder)
    return sorted(int(path.name) for path in place.glob("*") if path.name.isdecimal()) if place.is_dir() else []
