"""The wall clock jumps in the middle of an apply: durations, time-outs, logs and records do not follow it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.applying import applying, ended, read_until, says, sleeping
from tests.integration.cli.conftest import Small
from tests.integration.main_job import finished
from tests.support import parts

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3", "faketime"), pytest.mark.timeout(300)]

FORWARD, BACK = timedelta(days=1), timedelta(hours=-1)
LONGEST = 250.0
"""Seconds that no step can have taken: the test would have been over."""


class Clock:
    """The wall clock of the programs that are started with `env`, by libfaketime; Helm and Docker keep the real one."""

    def __init__(self, library: Path, file: Path) -> None:
        self._file = file
        self.env = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }
        self.set(timedelta())

    def set(self, offset: timedelta) -> None:
        """Let it show another time than it is; takes effect at once."""
        other = self._file.with_name("next")
        other.write_text(f"{offset.total_seconds():+.0f}\n")
        other.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    library = parts.faketime()
    assert library
    return Clock(library, tmp_path / "clock")


def test_an_apply_through_two_jumps(small: Small, clock: Clock) -> None:
    """A day forward while the image is built, then back to an hour ago; and once more, with everything to be done."""
    runs = [_run_through(small, clock, FORWARD, BACK), _run_through(small, clock, BACK, FORWARD)]
    clock.set(BACK)
    for _ in range(2):
        small.dockerfile(f"RUN echo {len(runs)}")
        done = small.run("apply", "--yes", "--progress", "json", **clock.env)
        assert done.code == 0, done.err
        runs.append(done.events)
    names = [events[0]["run"] for events in runs]
    assert names == sorted(set(names)), "no two runs have one folder, and the newest is the last"
    folders = small.folder / ".codehub" / "logs"
    assert sorted(path.name for path in folders.iterdir()) == names
    shown = small.run("logs", "--step", "build-notebook", "--path", **clock.env)
    assert Path(shown.out.strip()).parent.name == names[-1]
    _records_are_valid(small)
    revisions = [finished(events)["deploy"]["result"]["revision"] for events in runs]
    assert revisions == [1, 2, 3, 4]
    kept = [path.name for path in sorted((small.folder / ".codehub" / "revisions").iterdir())]
    assert kept == ["1", "2", "3", "4"]
    past = small.run("rollback", "--list", "--json", **clock.env)
    assert [one["revision"] for one in past.document] == [1, 2, 3, 4]
    planned = small.run("plan", **clock.env)
    assert planned.out.endswith("No step to run: everything is as it should be.\n")


def _run_through(small: Small, clock: Clock, *jumps: timedelta) -> list[dict[str, Any]]:
    """An apply, with jumps in the middle of its build; gives its events."""
    clock.set(timedelta())
    mark = sleeping(small, 4)
    with applying(small, **clock.env) as process:
        events = read_until(process, says(mark))
        for offset in jumps:
            clock.set(offset)
            # A further line comes only once codehub has met the new time.
            events += read_until(process, lambda event: event["event"] in {"progress", "log", "step-finished"})
        done = ended(process, events)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    _durations_are_real(done.events)
    saw = [event["at"] for event in done.events]
    assert max(saw) - min(saw) > timedelta(minutes=50).total_seconds(), "the program saw the clock jump"
    return done.events


def _durations_are_real(events: Sequence[dict[str, Any]]) -> None:
    taken = [event["seconds"] for event in events if event["event"] in {"step-finished", "run-finished"}]
    assert all(0 <= seconds < LONGEST for seconds in taken), taken
    by_step = finished(events)
    assert by_step["build-notebook"]["seconds"] > 3, "the build slept for four seconds"
    assert {event["outcome"] for event in by_step.values()} <= {"done", "skipped"}


def _records_are_valid(small: Small) -> None:
    state = json.loads((small.folder / ".codehub" / "state.json").read_text())
    for record in state["steps"].values():
        assert record["outcome"] == "done"
        assert datetime.fromisoformat(record["finished"]).tzinfo is UTC
    assert not list((small.folder / ".codehub").glob("state.json.bad-*"))
    status = small.run("status")
    assert status.code == 0, status.err
    assert not re.search(r"-\d+ (seconds|minutes|hours|days)", status.out)
