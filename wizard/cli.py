"""The command `codehub`: hands the command line to click, and the way it ends to `wizard.shell`.

Imports nothing slow, so that a Ctrl+C in the first moments already meets the guard.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

COLLECT_AFTER = 20_000
"""New objects after which the garbage collector looks for what is no longer used.

Modules are objects that stay: looked through after every 700, as is Python's custom, they took a tenth of a command's
time.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`wizard.errors.ExitCode`); never raises, never prints a traceback."""
    from wizard.shell import guarded

    gc.set_threshold(COLLECT_AFTER)

    def command() -> object:
        from wizard.commands import codehub

        if "_CODEHUB_COMPLETE" in os.environ:  # asked by a shell's completion script, which click makes and serves
            return codehub.main(prog_name="codehub")
        # Not click's own main: it would exit with 1 when the reader of a pipe goes away.
        with codehub.make_context("codehub", list(sys.argv[1:] if arguments is None else arguments)) as context:
            return codehub.invoke(context)

    return guarded(command)
