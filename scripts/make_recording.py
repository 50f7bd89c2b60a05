#!/usr/bin/env python3
"""Record a walk through the real wizard as docs/recording.cast (asciicast v2: `asciinema play docs/recording.cast`).

    scripts/make_recording.py [FILE]

The wizard runs on a terminal of 80 by 24 in an empty home folder; the pauses between keys are written, not waited for,
so that a busy machine makes the same recording.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.terminal import on_terminal  # noqa: E402
from wizard.files import write_atomically  # noqa: E402

FILE = ROOT / "docs" / "recording.cast"
SCREENS = (("\r", "1 of 7"), *(("\x0e", f"{number} of 7") for number in range(2, 7)))
"""Keys, and what is on the screen after them: Enter begins, Ctrl+N goes on."""
THINKING = 1.5
"""Seconds that are written between a screen and the next key."""


def record() -> str:
    """The text of a recording; AssertionError where the wizard does not show what it should."""
    frames: list[tuple[float, str]] = []
    now = 0.0
    with tempfile.TemporaryDirectory(prefix="codehub-") as place:
        home = Path(place)
        folder = home / "my-team"
        folder.mkdir()
        env = {
            **dict.fromkeys(("COLORTERM", "KUBECONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), ""),
            "HOME": str(home),
            "CODEHUB_OFFLINE": "1",
            "TEXTUAL_ANIMATIONS": "none",
        }
        with on_terminal(folder, env=env, cwd=home) as terminal:
            seen = 0
            for keys, wanted in (("", "codehub"), *SCREENS):
                terminal.type(keys)
                terminal.read_until(wanted)
                terminal.settle()
                frames.append((round(now, 2), terminal.raw[seen:].replace(os.fspath(home), "~")))
                seen = len(terminal.raw)
                now += THINKING
    head = {"version": 2, "width": 80, "height": 24, "title": "codehub", "env": {"TERM": "xterm-256color"}}
    lines = [json.dumps(head), *(json.dumps([at, "o", text], ensure_ascii=False) for at, text in frames)]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Run the script; gives its exit code."""
    write_atomically(Path(arguments[0]) if arguments else FILE, record())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
