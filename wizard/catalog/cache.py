"""What was read from the network last time, on disk: one small JSON file for each list."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from wizard.errors import CodehubError
from wizard.files import write_atomically
from wizard.foreign import load_json

Item = TypeVar("Item")

TTL = timedelta(hours=6)
"""How long a list is taken as it is, without asking again."""

_FORMAT = 1
_SIZE_LIMIT = 8_000_000


@dataclass(frozen=True, slots=True)
class Cached(Generic[Item]):
    """A list, when it was read, and what was missing in it then."""

    items: tuple[Item, ...]
    fetched_at: datetime
    note: str = ""

    def fresh(self, now: datetime) -> bool:
        """Whether the list is younger than TTL; a list from the future (a clock set back) is not."""
        return timedelta(0) <= now - self.fetched_at < TTL


class Cache:
    """The cache folder; `folder` None means the user's (`~/.cache/codehub/catalog` on Linux).

    A cache can only help: nothing here raises, whatever is on the disk.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def path(self, kind: str, address: str) -> Path:
        """Where the list of a kind, as an address has it, is kept; the address is hashed, it may hold a login."""
        if self._folder is None:
            import platformdirs

            self._folder = Path(platformdirs.user_cache_dir("codehub", appauthor=False)) / "catalog"
        return self._folder / f"{kind}-{hashlib.sha256(address.encode()).hexdigest()[:12]}.json"

    def load(self, kind: str, address: str, read: Callable[[object], Item]) -> Cached[Item] | None:
        """The list, each item made by `read` (which raises ValueError for nonsense); None unless all of it is right."""
        with contextlib.suppress(
            OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, RuntimeError
        ):
            path = self.path(kind, address)
            if path.stat().st_size > _SIZE_LIMIT:
                return None
            data = load_json(path.read_bytes())
            fetched_at = datetime.fromisoformat(data["fetched_at"])
            if data["format"] != _FORMAT or fetched_at.tzinfo is None or not data["items"]:
                return None
            return Cached(tuple(read(item) for item in data["items"]), fetched_at, str(data["note"]))
        return None

    def save(self, kind: str, address: str, items: Sequence[object], *, note: str = "") -> None:
        """Keep a list that was read just now; `items` in their JSON form."""
        data = {
            "format": _FORMAT,
            "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "note": note,
            "items": items,
        }
        with contextlib.suppress(OSError, CodehubError, RuntimeError):
            path = self.path(kind, address)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps(data) + "\n")
