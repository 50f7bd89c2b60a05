"""What stops the server, told so that a person can act upon it."""

from __future__ import annotations


class Refused(Exception):
    """The server must not or cannot start.

    what: one sentence on what happened; why: the cause; fix: what to do next. Free of secrets.
    """

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def lines(self) -> list[str]:
        """The message as labelled lines for the log, which is where the hub's administrator looks."""
        parts = (("", self.what), ("why: ", self.why), ("do:  ", self.fix))
        return [label + text for label, text in parts if text]


class BadSetting(Refused):
    """A flag or an environment variable has a value that cannot be used."""
