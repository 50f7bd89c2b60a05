"""The disk with the setup folder: full in the middle of a run, without inodes, or mounted read-only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.cli.applying import applying, ended, read_until, says
from tests.integration.cli.conftest import Small
from tests.integration.daemons import fill, impossible, small_disk

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]

DONE = "No step to run: everything is as it should be.\n"


@pytest.fixture
def tiny(small: Small, tmp_path: Path) -> Iterator[Small]:
    """The small setup on a disk of its own, of 8 MB and with room for 500 files."""
    with small_disk(tmp_path / "disk", "8m", "nr_inodes=500") as disk:
        shutil.copytree(small.folder, disk / "hub")
        yield replace(small, folder=disk / "hub")


@pytest.fixture
def read_only(small: Small, tmp_path: Path) -> Iterator[Small]:
    """A setup that was applied, as seen through a read-only mount of its folder."""
    applied = small.run("apply", "--yes")
    assert applied.code == 0, applied.err
    place = tmp_path / "read-only"
    place.mkdir()
    try:
        for options in (["--bind", str(small.folder)], ["-o", "remount,bind,ro"]):
            done = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True, check=False)
            if done.returncode:
                impossible(f"no folder can be mounted read-only: {done.stderr}")
        yield replace(small, folder=place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)


def files(folder: Path) -> dict[str, bytes]:
    """All that a person would miss: every file of the setup but logs, lock and what is being built from."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    left_out = ("logs/", ".codehub/lock", "Dockerfile.notebook")
    return {name: path.read_bytes() for name, path in found.items() if not any(part in name for part in left_out)}


def theirs(found: dict[str, bytes]) -> dict[str, bytes]:
    """Of these files those that no run may ever change."""
    return {name: found[name] for name in ("codehub.yaml", "secrets.yaml", "values.extra.yaml")}


@pytest.mark.parametrize("output", ["seq 1 200000", "true"], ids=["much-output", "no-output"])
def test_room_that_vanishes_in_the_middle_of_a_run(tiny: Small, output: str) -> None:
    """What runs is watched to its end: with much output nothing may wait for a log that nobody can write."""
    mark = f"now-{time.time_ns()}"
    tiny.dockerfile(f"RUN echo {mark}; sleep 8; {output}")
    with applying(tiny) as run:
        events = read_until(run, says(mark))
        before = files(tiny.folder)
        filler = fill(tiny.folder.parent)
        done = ended(run, events)
    state = tiny.folder / ".codehub" / "state.json"
    done.refused(
        1,
        "Build the notebook image was done, but that could not be saved.",
        f"{state} could not be written. The disk is full: No space left on device.",
        "free space on the disk",
        "explain not-written",
        "log: ",
    )
    assert done.events[-1]["exit_code"] == 1
    outcomes = {event["step"]: event["outcome"] for event in done.events if event["event"] == "step-finished"}
    assert outcomes == {"build-notebook": "failed", "deploy": "cancelled"}
    lost = [event["text"] for event in done.events if event["event"] == "notice" and event["level"] == "warning"]
    assert any("build-notebook.log could not be written. The disk is full" in text for text in lost) == (
        "seq" in output
    )
    assert files(tiny.folder) == before

    for command in ("status", "plan", "logs"):
        assert tiny.run(command).code == 0, command
    assert "0 MB free" in tiny.run("doctor").out
    for command in ("apply --yes", "init --yes --set hub.auth.users=bob"):
        tiny.run(*command.split()).refused(1, "could not be written", "The disk is full", "free space on the disk")
    assert files(tiny.folder) == before

    filler.unlink()
    again = tiny.run("apply", "--yes")
    assert again.code == 0, again.err
    assert tiny.run("plan").out.endswith(DONE)
    assert theirs(files(tiny.folder)) == theirs(before)


def test_a_disk_without_inodes(tiny: Small) -> None:
    before = files(tiny.folder)
    disk = tiny.folder.parent
    junk = disk / "junk"
    junk.mkdir()
    while os.statvfs(disk).f_favail:
        (junk / str(time.monotonic_ns())).touch()
    assert shutil.disk_usage(disk).free > 1_000_000
    said = ("The disk is full: No space left on device.", "its inodes are used up", "free space on the disk")
    tiny.run("apply", "--yes").refused(1, "could not be made", *said)
    tiny.run("init", "--yes", "--set", "hub.auth.users=bob").refused(1, "codehub.yaml could not be written.", *said)
    tiny.run("export", "--output", str(disk / "out")).refused(1, "out", *said)
    assert tiny.run("status").code == 0
    assert files(tiny.folder) == before

    for path in sorted(junk.iterdir())[:3]:  # for the lock or a folder of logs, not for all the logs in it
        path.unlink()
    tiny.run("apply", "--yes").refused(1, *said)
    assert files(tiny.folder).keys() - before.keys() <= {".codehub/state.json"}
    shutil.rmtree(junk)
    again = tiny.run("apply", "--yes")
    assert again.code == 0, again.err
    assert tiny.run("plan").out.endswith(DONE)
    assert theirs(before) == theirs(files(tiny.folder))


def test_a_folder_that_is_mounted_read_only(read_only: Small, small: Small, tmp_path: Path) -> None:
    before = files(small.folder)
    assert "release jhub: revision 1" in read_only.run("status").out
    assert read_only.run("plan").out.endswith(DONE)
    assert read_only.run("apply", "--dry-run").out.endswith(DONE)
    assert "build-notebook" in read_only.run("logs").out
    assert read_only.run("render", "--check").code == 0
    exported = read_only.run("export", "--output", str(tmp_path / "out"))
    assert exported.code == 0, exported.err
    assert (tmp_path / "out" / "codehub.yaml").read_bytes() == before["codehub.yaml"]
    looked = read_only.run("doctor")
    assert (looked.code, f"{read_only.folder} cannot be written to" in looked.out) == (3, True)

    for command in ("apply --yes", "render", "init --yes --set hub.auth.users=bob", "destroy --yes"):
        read_only.run(*command.split()).refused(1, "Read-only file system", f"Make {read_only.folder} writable")
    assert files(small.folder) == before
    assert "release jhub: revision 1" in small.run("status").out
    assert small.run("apply", "--yes").code == 0


def test_a_broken_memory_on_a_read_only_mount(read_only: Small, small: Small) -> None:
    """It cannot be put aside; who only looks is told, and gets the rest."""
    state = small.folder / ".codehub" / "state.json"
    state.write_bytes(b'{"schema": 1, "files": {"config.ya')
    for command in ("status", "plan"):
        looked = read_only.run(command)
        assert looked.code == 0, looked.err
        assert "state.json could not be understood" in looked.err
        assert "could not be moved aside either: Read-only file system" in looked.err
    assert state.read_bytes() == b'{"schema": 1, "files": {"config.ya'
    mended = small.run("apply", "--yes")
    assert mended.code == 0, mended.err
    assert json.loads(state.read_text())["steps"]["deploy"]["outcome"] == "done"
