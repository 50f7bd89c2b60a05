"""What is remembered from one sitting to the next: setup folders opened last, and the theme.

It is kept in the user's state folder (XDG_STATE_HOME); losing it loses nothing that matters.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from wizard.errors import CodehubError
from wizard.files import read_text, write_atomically
from wizard.foreign import load_json

MOST = 12
_LIMIT = 64 * 1024


@dataclass(frozen=True)
class Remembered:
    """Folders, the one opened last first, and the name of the theme, empty for the usual one."""

    folders: tuple[str, ...] = ()
    theme: str = ""

    def with_folder(self, folder: Path) -> Remembered:
        """The same after a folder was opened."""
        path = str(folder.absolute())
        return replace(self, folders=(path, *(other for other in self.folders if other != path))[:MOST])

    def existing(self) -> list[Path]:
        """The folders that still have a setup or a draft of one."""
        return [path for path in map(Path, self.folders) if is_setup(path)]


def is_setup(folder: Path) -> bool:
    """Whether a folder has a setup; one that cannot be looked into has none."""
    try:
        return (folder / "codehub.yaml").is_file()
    except OSError:
        return False


def recall() -> Remembered:
    """What is remembered; nothing where the file is missing or broken."""
    try:
        document = load_json(read_text(_file(), limit=_LIMIT))
        folders, theme = document["folders"], document["theme"]
    except (CodehubError, ValueError, KeyError, TypeError, RecursionError):
        return Remembered()
    if not isinstance(folders, Sequence) or isinstance(folders, str) or not isinstance(theme, str):
        return Remembered()
    return Remembered(tuple(path for path in folders if isinstance(path, str))[:MOST], theme)


def remember(remembered: Remembered) -> None:
    """Keep it; a state folder that cannot be written to is not worth a message."""
    path = _file()
    with contextlib.suppress(OSError, CodehubError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(asdict(remembered), indent=1), mode=0o600)


def short_path(path: Path) -> str:
    """A path as a person says it: with ~ for the home folder."""
    whole = path.absolute()
    home = Path.home()
    return f"~/{whole.relative_to(home)}" if whole.is_relative_to(home) and whole != home else str(whole)


def _file() -> Path:
    from platformdirs import user_state_path

    return user_state_path("codehub") / "wizard.json"
