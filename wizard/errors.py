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


class CodehubError(Exception):
    """Something went wrong that a person can act upon.

    what: one sentence that says what happened; why: the cause as far as it is known;
    fix: what to do next, with the exact command where there is one; log: where the details are.
    Texts must be free of secrets: they are printed, logged and put into events.
    """

    exit_code: ExitCode = ExitCode.STEP_FAILED

    def __init__(self, what: str, *, why: str = "", fix: str = "", log: Path | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.log = log

    def lines(self) -> list[str]:
        """The message as labelled lines, for a terminal or a log."""
        parts = (("", self.what), ("why: ", self.why), ("do:  ", self.fix), ("log: ", str(self.log or "")))
        return [label + text for label, text in parts if text]

    def __str__(self) -> str:
        return "\n".join(self.lines())


class StepFailed(CodehubError):
    """A step of a run did not succeed."""


class UsageError(CodehubError):
    """The command line or an answer is not valid."""

    exit_code = ExitCode.USAGE


class MissingError(CodehubError):
    """A tool or a service that is needed is not there or does not answer."""

    exit_code = ExitCode.MISSING


class Interrupted(CodehubError):
    """A person or a signal stopped the run."""

    exit_code = ExitCode.INTERRUPTED
