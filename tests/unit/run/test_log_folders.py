"""The folders of runs' logs: named by the time, in the runs' order, whatever the clock does."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from wizard.errors import CodehubError
from wizard.targets import session
from wizard.targets.session import LOGS_KEPT, new_log_folder


class Clock(datetime):
    """A wall clock that the test sets."""

    shown = datetime.fromisoformat("2026-03-01T12:00:00+00:00")

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return cls.shown


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    monkeypatch.setattr(session, "datetime", Clock)
    monkeypatch.setattr(Clock, "shown", Clock.shown)
    return Clock


def test_a_name_is_the_time(tmp_path: Path) -> None:
    assert new_log_folder(tmp_path / "logs").name == "20260301T120000000000Z"


def test_two_in_one_moment_do_not_clash(tmp_path: Path) -> None:
    names = [new_log_folder(tmp_path).name for _ in range(3)]
    assert names == sorted(set(names))


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=400)])
def test_a_clock_that_goes_back_neither_disorders_nor_loses_a_run(
    tmp_path: Path, clock: type[Clock], back: timedelta
) -> None:
    """The newest run's folder was the first of the sorted ones then, and was removed before the run began."""
    before = []
    for _ in range(LOGS_KEPT):
        clock.shown += timedelta(minutes=1)
        before.append(new_log_folder(tmp_path))
    clock.shown -= back
    newest = new_log_folder(tmp_path)
    assert newest.is_dir()
    assert [*before[1:], newest] == sorted(tmp_path.iterdir())
    clock.shown += back + timedelta(hours=1)
    assert new_log_folder(tmp_path).name == clock.shown.strftime("%Y%m%dT%H%M%S%fZ"), "the time again"


def test_a_folder_of_somebody_else_s_is_no_run_to_follow(tmp_path: Path) -> None:
    (tmp_path / "zzz").mkdir()
    assert new_log_folder(tmp_path).is_dir()


def test_no_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")
    with pytest.raises(CodehubError, match="logs could not be made"):
        new_log_folder(tmp_path / "logs")
