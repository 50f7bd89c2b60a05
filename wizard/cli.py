"""The command `codehub`: hands the command line to click, and the way it ends to `wizard.shell`.

Imports nothing slow, so that a Ctrl+C in the first moments already meets the guard.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`wizard.errors.ExitCode`); never raises, never prints a traceback."""
    from wizard.shell import guarded

    def command() -> object:
        from wizard.commands import codehub

        return codehub.main(
            args=None if arguments is None else list(arguments), prog_name="codehub", standalone_mode=False
        )

    return guarded(command)
