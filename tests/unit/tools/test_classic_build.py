"""The classic builder's stream, and what it is known not to do."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.build_samples import CAPTURES
from tests.support.recorder import Recorder
from wizard.reporting import TaskState
from wizard.tools.build_progress import BuildTracker
from wizard.tools.classic_build import _Records, needs_buildkit


def replay(name: str) -> tuple[_Records, BuildTracker, Recorder]:
    recorder = Recorder()
    tracker = BuildTracker(recorder)
    records = _Records(tracker)
    for line in Path(CAPTURES, name).read_text().splitlines():
        records.take(json.loads(line))
    records.end(ok=bool(records.image_id) and not records.error)
    return records, tracker, recorder


@pytest.mark.tier("shared")
def test_a_recorded_success() -> None:
    records, tracker, seen = replay("classic-ok.jsonl")
    assert records.image_id == "sha256:56064bb56fc0dff869b85e20cf3f803174acb18dd1f93939f91c8329b8925239"
    assert tracker.steps == 13
    assert seen.steps[0] == (0, 14, "steps")
    assert seen.steps[-1] == (14, 14, "steps")
    assert seen.text("4/13") == [*(f"left {number}" for number in range(1, 6)), "to stderr"]
    assert ("4/13", "err", "to stderr") in seen.output
    assert set(seen.last().values()) == {TaskState.DONE}


@pytest.mark.tier("shared")
def test_a_recorded_failure() -> None:
    records, tracker, seen = replay("classic-fail.jsonl")
    failed = tracker.failure()
    assert records.error
    assert failed.name.startswith("[7/8] RUN echo")
    assert failed.exit_code == 100
    assert failed.lines == ("E: Unable to locate package libfoo", "about to fail")
    assert seen.last()["7/8"] is TaskState.FAILED


@pytest.mark.parametrize(
    "dockerfile, expected",
    [
        ("FROM a\nRUN --mount=type=secret,id=ca true\n", ["line 2: RUN --mount"]),
        ("FROM a\n\nRUN --network=none --mount=type=cache,target=/x true\n", ["line 3: RUN --mount"]),
        ("FROM a\nRUN \\\n  --mount=type=bind,target=/x \\\n  true\n", ["line 2: RUN --mount"]),
        ("FROM a\nCOPY --chmod=755 x /x\nADD --checksum=sha256:1 y /y\n", ["line 2: --chmod", "line 3: --checksum"]),
        ("FROM a\nCOPY --from=b --link x /x\n", ["line 2: --link"]),
        ("FROM a\nRUN <<EOF\ntrue\nEOF\n", ["line 2: a here-document (<<EOF)"]),
        ("FROM a\n# RUN --mount=type=secret,id=ca true\nRUN echo --mount=type=x\nCOPY --chown=1:1 x /x\n", []),
        ("FROM a\nRUN x \\\n# RUN --mount=y\n  && z\n", []),
    ],
)
def test_what_needs_buildkit(dockerfile: str, expected: list[str]) -> None:
    assert needs_buildkit(dockerfile) == expected


@given(st.text(alphabet="RUNCOPYADD <-='\"\\\n#amount", max_size=120))
def test_any_text_is_looked_through(text: str) -> None:
    assert all(found.startswith("line ") for found in needs_buildkit(text))
