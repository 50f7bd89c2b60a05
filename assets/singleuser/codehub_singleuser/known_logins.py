"""Who was let in lately: what remains to go by while the hub restarts."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any


class KnownLogins:
    """The logins that the hub has confirmed lately, for the minutes in which it cannot be asked.

    grace: seconds for which such a login stays good; a login the hub has since refused is forgotten at once.
    Tokens are kept as hashes.
    """

    def __init__(self, grace: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.grace = grace
        self._clock = clock
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    @staticmethod
    def _key(token: str) -> str:
        return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()

    def confirm(self, token: str, user: dict[str, Any]) -> None:
        """The hub says yes."""
        now = self._clock()
        self._known = {key: entry for key, entry in self._known.items() if now - entry[0] <= self.grace}
        self._known[self._key(token)] = (now, user)

    def refuse(self, token: str) -> None:
        """The hub says no."""
        self._known.pop(self._key(token), None)

    def recall(self, token: str) -> dict[str, Any] | None:
        """The user of a login confirmed within the grace; None otherwise."""
        confirmed, user = self._known.get(self._key(token), (float("-inf"), {}))
        return user if self._clock() - confirmed <= self.grace else None
