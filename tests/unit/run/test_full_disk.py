"""A run whose logs and state can no longer be written: it goes on as far as it makes sense, and says so."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.run.test_runner import Recorder, nothing, step
from wizard.errors import CodehubError
from wizard.files import make_folder, not_written
from wizard.plan.model import Plan, Step
from wizard.run.context import StepContext
from wizard.run.events import LogLines, Notice, StepFinished
from wizard.run.log_file import LogFile
from wizard.run.runner import Runner

FULL = Path("/dev/full")


async def talks(context: StepContext) -> Mapping[str, Any]:
    for number in range(3):
        context.lines([f"line {number}"])
    return {"image": "sha256:1"}


def test_a_log_is_lost_once_and_said_once(tmp_path: Path) -> None:
    told: list[CodehubError] = []
    with LogFile(FULL) as log:
        log.tell(told.append)
        log.write("one\n")
        log.write("two\n")
    assert [error.what for error in told] == ["/dev/full could not be written."]
    assert "The disk is full" in told[0].why

    with LogFile(tmp_path / "missing" / "a.log") as log:
        log.write("one\n")
        log.tell(told.append)
    assert log.lost is told[1]
    assert told[1].why == "No such file or directory"

    with LogFile(FULL, by_line=False) as log:
        log.write("one\n")
        whole = [log.lost is None]
        log.flush()
        whole.append(log.lost is None)
    assert whole == [True, False]

    with LogFile(tmp_path / "a.log") as log:
        log.write("one\n")
        assert (tmp_path / "a.log").read_text() == "one\n"
    assert log.lost is None


async def test_a_step_whose_log_is_lost_comes_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "build.log").symlink_to(FULL)
    run = Recorder(tmp_path, [step("build"), step("deploy", "build")], {"build": talks, "deploy": nothing})
    finished = await run.runner.run()
    assert (finished.exit_code, run.outcomes) == (0, {"build": "done", "deploy": "done"})
    assert [line for event in run.of(LogLines) for line in event.lines] == ["line 0", "line 1", "line 2"]
    (notice,) = run.of(Notice)
    assert f"{tmp_path / 'build.log'} could not be written. The disk is full" in notice.text


async def test_what_cannot_be_remembered_counts_as_failed(tmp_path: Path) -> None:
    def save(ended: Step, _event: StepFinished) -> None:
        if ended.id == "build":
            raise not_written(tmp_path / "state.json", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    """Like any failure: what runs beside it comes to its end, what needs it is not started."""
    actions = {"build": talks, "other": nothing, "deploy": nothing}
    plan = Plan((step("build"), step("other"), step("deploy", "build")))
    run = Recorder(tmp_path, [], {})
    run.runner = Runner(plan, actions, tmp_path, run.events.append, on_finished=save)
    finished = await run.runner.run()
    assert (finished.exit_code, run.outcomes) == (1, {"build": "failed", "other": "done", "deploy": "cancelled"})
    failed = next(event for event in run.of(StepFinished) if event.step == "build")
    assert failed.what == "Build was done, but that could not be saved."
    assert "state.json could not be written. The disk is full" in failed.why
    assert (failed.address, finished.summary) == ("not-written", failed.what)
    assert (tmp_path / "events.jsonl").read_text().splitlines()[-1].startswith('{"event": "run-finished"')


async def test_nothing_begins_where_nothing_can_be_remembered(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").symlink_to(FULL)
    run = Recorder(tmp_path, [step("build")], {"build": talks})
    with pytest.raises(CodehubError, match=r"events\.jsonl could not be written") as refused:
        await run.runner.run()
    assert refused.value.address == "not-written"
    assert (run.outcomes, run.saved) == ({}, [])


@pytest.mark.parametrize(
    ("number", "why", "fix"),
    [
        (errno.ENOSPC, "The disk is full: No space left on device.", "free space"),
        (errno.EDQUOT, "The disk is full: Disk quota exceeded.", "free space"),
        (errno.EROFS, "Read-only file system", "Make it so."),
    ],
)
def test_a_full_disk_is_told_from_one_that_may_not_be_written_to(
    number: int, why: str, fix: str, tmp_path: Path
) -> None:
    error = not_written(tmp_path / "x", OSError(number, os.strerror(number)), fix="Make it so.")
    assert (error.why, fix in error.fix) == (why, True)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CodehubError, match="could not be made") as refused:
        make_folder(tmp_path / "file" / "folder")
    assert refused.value.why == "Not a directory"
