"""Showing a file in the person's pager: `$PAGER`, else less or more."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path


def pager_command(path: Path) -> list[str] | None:
    """The command that shows a file; None where there is no pager."""
    named = os.environ.get("PAGER", "")
    try:
        chosen = shlex.split(named)
    except ValueError:
        chosen = []
    for words in (chosen, ["less", "-R"], ["more"]):
        if words and shutil.which(words[0]):
            return [*words, str(path)]
    return None


def show_in_pager(command: list[str]) -> int:
    """Run a pager on this terminal until it is left; returns its exit code. Only where the terminal is free.

    Raises OSError when it cannot be started.
    """
    # The terminal sends Ctrl+C to both, and it is meant for the pager. A handler, unlike "ignore", is not inherited.
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
