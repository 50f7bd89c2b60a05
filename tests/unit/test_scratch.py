"""Temporary folders that a killed codehub leaves are removed by the next; those in use are not."""

from __future__ import annotations

import multiprocessing
import stat
import tempfile
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

import pytest

from wizard.scratch import scratch_folder

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def hold(ready: Event, _end: Event) -> None:
    """Hold a folder with a secret in it until somebody says so, or kills this process."""
    with scratch_folder("values") as folder:
        Path(folder, "secrets.yaml").write_text("a secret")
        ready.set()
        _end.wait(60)


def test_it_is_gone_afterwards_and_for_this_user_only(place: Path) -> None:
    with scratch_folder("kube") as folder:
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        Path(folder, "inside").write_text("")
    assert list(place.iterdir()) == []


def test_that_of_a_killed_codehub_is_removed_by_the_next(place: Path) -> None:
    ready, end = FORK.Event(), FORK.Event()
    holder = FORK.Process(target=hold, args=(ready, end))
    holder.start()
    assert ready.wait(30)
    with scratch_folder("kube"):
        assert len(list(place.iterdir())) == 2, "one that is in use stays"
    holder.kill()
    holder.join()
    assert [path.read_text() for path in place.glob("*/secrets.yaml")] == ["a secret"]
    with scratch_folder("kube") as folder:
        assert list(place.iterdir()) == [Path(folder)]


def test_what_is_named_alike_but_not_a_folder_of_ours_stays(place: Path) -> None:
    precious = place / "precious"
    precious.mkdir()
    (precious / "file").write_text("")
    link = place / "codehub-kube-abcdefgh.scratch"
    link.symlink_to(precious)
    other = place / "codehub-of-mine"
    other.mkdir()
    with scratch_folder("kube"):
        pass
    assert (precious / "file").exists()
    assert link.is_symlink()
    assert other.is_dir()


def make_and_use(begin: Barrier) -> None:
    """Make folders and use them while others do the same; ends with an exception if one is taken away."""
    begin.wait(30)
    for number in range(50):
        with scratch_folder("build") as folder:
            path = Path(folder, "file")
            path.write_text(str(number))
            assert path.read_text() == str(number)


def test_many_at_the_same_time_take_nothing_from_each_other(place: Path) -> None:
    begin = FORK.Barrier(6)
    users = [FORK.Process(target=make_and_use, args=(begin,)) for _ in range(6)]
    for user in users:
        user.start()
    for user in users:
        user.join(60)
    assert [user.exitcode for user in users] == [0] * 6
    assert list(place.iterdir()) == []
