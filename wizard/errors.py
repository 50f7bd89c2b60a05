"""Errors for people, and the exit codes of headless runs: the one home of both."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the shell gets to see."""

    DONE = 0
    STEP_FAILED = 1
    USAGE = 2
    MISSING = 3
    INTERRUPTED = 130


GENERAL = frozenset({"failed", "usage", "missing", "interrupted"})
"""Addresses of errors that say themselves all there is to say; what they mean is explained, but not pointed to."""


class CodehubError(Exception):
    """Something went wrong that a person can act upon.

    what: one sentence that says what happened; why: the cause as far as it is known;
    fix: what to do next, with the exact command where there is one; log: where the details are.
    Texts must be free of secrets: they are printed, logged and put into events.
    address: where docs/troubleshooting.md tells more, for `codehub explain`; a class has one for all its errors.
    """

    exit_code: ExitCode = ExitCode.STEP_FAILED
    address: str = "failed"

    def __init__(self, what: str, *, why: str = "", fix: str = "", log: Path | None = None, address: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.log = log
        if address:
            self.address = address

    def lines(self) -> list[str]:
        """The message as labelled lines, for a terminal or a log."""
        see = "" if self.address in GENERAL else f"codehub explain {self.address}"
        parts = (
            ("", self.what),
            ("why: ", self.why),
            ("do:  ", self.fix),
            ("see: ", see),
            ("log: ", str(self.log or "")),
        )
        return [label + text for label, text in parts if text]

    def __str__(self) -> str:
        return "\n".join(self.lines())


class StepFailed(CodehubError):
    """A step of a run did not succeed."""


class UsageError(CodehubError):
    """The command line or an answer is not valid."""

    exit_code = ExitCode.USAGE
    address = "usage"


class MissingError(CodehubError):
    """A tool or a service that is needed is not there or does not answer."""

    exit_code = ExitCode.MISSING
    address = "missing"


class Interrupted(CodehubError):
    """A person or a signal stopped the run."""

    exit_code = ExitCode.INTERRUPTED
    address = "interrupted"
