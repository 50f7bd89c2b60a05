"""The recording in the docs is of the wizard as it is: made anew, it has the same screens with the same titles."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.support.parts import ROOT

SCRIPT = ROOT / "scripts" / "make_recording.py"
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def _screens(cast: str) -> list[str]:
    """`2 of 7 · code-server` and so on, in their order."""
    head, *frames = map(json.loads, cast.splitlines())
    assert (head["version"], head["width"], head["height"]) == (2, 80, 24)
    assert [frame[0] for frame in frames] == sorted(frame[0] for frame in frames)
    shown = _ESCAPE.sub("", "".join(frame[2] for frame in frames))
    return list(dict.fromkeys(" ".join(found.split()) for found in re.findall(r"\d of \d · [\w-]+", shown)))


def test_the_recording_shows_the_wizard_of_today(tmp_path: Path) -> None:
    kept = (ROOT / "docs" / "recording.cast").read_text("utf-8")
    subprocess.run([sys.executable, SCRIPT, tmp_path / "new.cast"], check=True, timeout=110)
    made = (tmp_path / "new.cast").read_text("utf-8")
    assert _screens(made) == _screens(kept), "Run scripts/make_recording.py and look at it."
    assert len(_screens(kept)) == 6
    assert str(ROOT) not in kept
    assert str(Path.home()) not in kept
