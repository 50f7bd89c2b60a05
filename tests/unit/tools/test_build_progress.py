"""What a person sees of a build, checked on recorded ones."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.build_samples import CAPTURES, SAMPLES, follow
from tests.support.recorder import Recorder
from wizard.reporting import TaskState
from wizard.tools.build_progress import BuildTracker
from wizard.tools.buildkit import Log, Message, Status, Vertex, Warn

ENDED = {TaskState.DONE, TaskState.CACHED}


def vertex(digest: str = "v", *, name: str = "[1/1] RUN x", completed: bool = False, error: str = "") -> Vertex:
    return Vertex(digest=digest, name=name, started=True, completed=completed, cached=False, error=error)


@pytest.mark.parametrize("plain", [False, True])
def test_success(plain: bool) -> None:
    tracker, seen = follow(SAMPLES / f"success{'-plain' * plain}.txt", ok=True, plain=plain)
    assert set(seen.last().values()) <= ENDED
    assert tracker.steps == 7
    assert tracker.cached_steps == 1  # the base image
    assert seen.steps[-1] == (8, 8, "steps")
    assert [current for current, _, _ in seen.steps] == sorted(current for current, _, _ in seen.steps)
    assert seen.text("left 1/1") == ["left 1", "left 2", "left 3", "to stderr"]
    assert "Grüße, 日本" in seen.text("right 1/1")


def test_a_step_that_writes_half_a_line_first_is_one_line() -> None:
    _, seen = follow(SAMPLES / "success.txt", ok=True)
    assert seen.text("right 1/1")[0] == "no newline yet ... done"
    assert ("left 1/1", "err", "to stderr") in seen.output


def test_cached() -> None:
    tracker, seen = follow(SAMPLES / "cached.txt", ok=True)
    assert tracker.cached_steps == tracker.steps == 7
    assert seen.last()["left 1/1"] is TaskState.CACHED
    assert seen.steps[-1] == (8, 8, "steps")


@pytest.mark.parametrize("plain", [False, True])
def test_failure_names_the_step_to_blame_and_not_its_siblings(plain: bool) -> None:
    tracker, seen = follow(SAMPLES / f"failure{'-plain' * plain}.txt", ok=False, plain=plain)
    failed = tracker.failure()
    assert failed.name.startswith("[stage-1 2/3] RUN sleep 0.5")
    assert failed.exit_code == 100
    assert failed.lines == ("about to fail", "E: Unable to locate package libfoo")
    assert seen.last()["stage-1 2/3"] is TaskState.FAILED
    assert seen.last()["slow 2/2"] is TaskState.CANCELLED
    current, total, _ = seen.steps[-1]
    assert current < total


@pytest.mark.tier("shared")
@pytest.mark.parametrize("versions", ["buildx0.13-docker20.10", "buildx0.29-docker20.10", "buildx0.29-docker28.5"])
def test_captures_of_other_versions(versions: str) -> None:
    tracker, seen = follow(Path(CAPTURES, f"{versions}-success.jsonl"), ok=True)
    assert set(seen.last().values()) <= ENDED
    assert seen.steps[-1] == (tracker.steps + 1, tracker.steps + 1, "steps")
    tracker, seen = follow(Path(CAPTURES, f"{versions}-fail.jsonl"), ok=False)
    assert tracker.failure().exit_code == 100
    assert tracker.failure().lines[-1] == "E: Unable to locate package libfoo"
    assert seen.last()["two 2/2"] is TaskState.CANCELLED


@pytest.mark.tier("shared")
def test_clipped_output_is_told_once_and_the_error_line_is_not_lost() -> None:
    tracker, seen = follow(CAPTURES / "clipped-log-fail.jsonl", ok=False)
    assert tracker.clipped
    assert [level for level, _ in seen.notices] == ["info"]
    assert "200KiB/s" in seen.notices[0][1]
    lines = tracker.failure().lines
    assert "E: final error line" in lines
    assert lines[-1].startswith("line 200000 ")


def test_the_exit_code_decides_not_a_vertex_error() -> None:
    """A cache that cannot be imported sets an error on its vertex, and the build goes on and succeeds."""
    recorder = Recorder()
    tracker = BuildTracker(recorder)
    tracker.apply(Message(vertexes=(vertex("c", name="importing cache manifest from x", completed=True, error="404"),)))
    tracker.apply(Message(vertexes=(vertex(),)))
    tracker.finish(ok=True)
    assert recorder.last()["1/1"] is TaskState.DONE
    assert recorder.steps[-1] == (2, 2, "steps")


def test_the_error_that_buildx_ends_with_decides_who_is_to_blame() -> None:
    tracker = BuildTracker(Recorder())
    tracker.apply(Message(vertexes=(vertex("c", name="importing cache", completed=True, error="not found"),)))
    tracker.apply(Message(vertexes=(vertex(completed=True, error="exit code: 3"),)))
    tracker.apply("ERROR: failed to solve: exit code: 3")
    tracker.finish(ok=False)
    assert tracker.failure().name == "[1/1] RUN x"
    assert tracker.failure().exit_code == 3


def test_a_build_that_fails_before_any_step_shows_what_was_said() -> None:
    tracker = BuildTracker(Recorder())
    tracker.apply("ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: RUNN")
    tracker.finish(ok=False)
    assert tracker.failure().name == ""
    assert "unknown instruction" in tracker.failure().error


def test_bytes_of_a_download_are_summed() -> None:
    recorder = Recorder()
    tracker = BuildTracker(recorder)
    tracker.apply(Message(vertexes=(vertex(),)))
    layers = [Status(vertex="v", id=f"sha256:{n}", current=n * 10, total=100, completed=False) for n in (1, 2)]
    tracker.apply(Message(statuses=tuple(layers)))
    assert (recorder.tasks[-1].current, recorder.tasks[-1].total, recorder.tasks[-1].unit) == (30, 200, "bytes")
    # The last word about a transfer leaves its size out, and does not take back what was shown.
    ended = [Status(vertex="v", id=f"sha256:{n}", current=0, total=0, completed=True) for n in (1, 2)]
    tracker.apply(Message(statuses=tuple(ended)))
    tracker.apply(Message(vertexes=(vertex(completed=True),)))
    assert (recorder.tasks[-1].current, recorder.tasks[-1].total) == (200, 200)


def test_the_same_change_is_reported_once() -> None:
    recorder = Recorder()
    tracker = BuildTracker(recorder)
    for _ in range(3):
        tracker.apply(Message(vertexes=(vertex(),)))
        tracker.apply(Message(statuses=(Status(vertex="v", id="x", current=1, total=2, completed=False),)))
    assert len(recorder.tasks) == 2
    assert len(recorder.steps) == 1


def test_warnings_become_notices_once() -> None:
    recorder = Recorder()
    tracker = BuildTracker(recorder)
    for _ in range(2):
        tracker.apply(Message(warnings=(Warn(text="MaintainerDeprecated", url="https://docs.docker.com/x"),)))
        tracker.apply("WARNING: No output specified")
    assert [text for _, text in recorder.notices] == [
        "Dockerfile: MaintainerDeprecated (https://docs.docker.com/x)",
        "No output specified",
    ]


def test_two_vertexes_of_one_name_are_two_tasks() -> None:
    recorder = Recorder()
    BuildTracker(recorder).apply(Message(vertexes=(vertex("a"), vertex("b"))))
    assert [seen.task for seen in recorder.tasks] == ["1/1", "1/1 #2"]


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_log_lines_do_not_depend_on_how_they_arrive(pieces: list[bytes]) -> None:
    whole, cut = Recorder(), Recorder()
    for recorder, parts in ((whole, [b"".join(pieces)]), (cut, pieces)):
        tracker = BuildTracker(recorder)
        for part in parts:
            tracker.apply(Message(logs=(Log(vertex="v", stream="out", data=part),)))
        tracker.finish(ok=True)
    assert cut.output == whole.output


def test_base64_of_a_log_is_taken_apart_elsewhere_only() -> None:
    """A program may print base64 itself; it is shown as it printed it."""
    recorder = Recorder()
    printed = base64.b64encode(b"hello")
    BuildTracker(recorder).apply(Message(logs=(Log(vertex="v", stream="out", data=printed + b"\n"),)))
    assert recorder.text() == [printed.decode()]


def test_a_name_is_shown_without_the_options_of_run_and_logged_with_them() -> None:
    recorder = Recorder()
    tracker = BuildTracker(recorder)
    whole = "[stage 1/2] RUN --mount=type=secret,id=ca make all"
    tracker.apply(Message(vertexes=(vertex(name=whole),)))
    tracker.apply(Message(vertexes=(vertex(name=whole, completed=True),)))
    assert [seen.name for seen in recorder.tasks] == ["[stage 1/2] RUN make all"] * 2
    assert recorder.text("stage 1/2") == [whole]


def test_a_failure_names_its_step_without_the_options_of_run() -> None:
    tracker = BuildTracker(Recorder())
    tracker.apply(Message(vertexes=(vertex(name="[1/1] RUN --mount=type=cache,target=/x make", error="exit code: 2"),)))
    tracker.finish(ok=False)
    assert tracker.failure().name == "[1/1] RUN make"
