"""A setup folder where something is in the way, or the disk does not take it: nothing is lost or half done."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.run.rendered import ONE, TWO, change_of, file, kinds
from wizard.errors import CodehubError, UsageError
from wizard.render.model import RenderedFile
from wizard.run.folder import SetupFolder
from wizard.run.state import State


@pytest.fixture
def folder(tmp_path: Path) -> SetupFolder:
    return SetupFolder(tmp_path / "setup")


class TestThingsInTheWay:
    def test_a_link_is_not_written_through(self, folder: SetupFolder, tmp_path: Path) -> None:
        outside = tmp_path / "outside.yaml"
        outside.write_text("precious\n")
        folder.path.mkdir()
        folder.values.symlink_to(outside)
        change = change_of(folder, ONE, State(), "config.yaml")
        assert change.kind == "edited"
        assert str(outside) in change.diff
        folder.write(ONE, State())
        assert folder.values.is_symlink()
        folder.write(ONE, State(), "all")
        assert not folder.values.is_symlink()
        assert outside.read_text() == "precious\n"

    def test_a_linked_folder_is_refused_before_anything_is_written(self, folder: SetupFolder, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        folder.path.mkdir()
        (folder.path / "image").symlink_to(tmp_path / "outside")
        with pytest.raises(UsageError, match="symbolic link"):
            folder.write(ONE, State(), "all")
        assert not folder.values.exists()
        assert list((tmp_path / "outside").iterdir()) == []

    def test_linked_secrets_may_be_read_but_not_added_to(self, folder: SetupFolder, tmp_path: Path) -> None:
        (tmp_path / "vault.yaml").write_text("a: b\n")
        folder.path.mkdir()
        folder.secrets.symlink_to(tmp_path / "vault.yaml")
        assert folder.load_secrets().document == {"a": "b"}
        same = {"secrets.yaml": file("a: b\n", secret=True, merge=True)}
        assert kinds(folder, same, State()) == {"secrets.yaml": "kept"}
        more = {"secrets.yaml": file("a: c\n", secret=True, merge=True)}
        with pytest.raises(UsageError, match="symbolic link"):
            folder.changes(more, State())

    def test_a_folder_in_place_of_a_file(self, folder: SetupFolder) -> None:
        folder.values.mkdir(parents=True)
        with pytest.raises(UsageError, match="is a folder"):
            folder.write(ONE, State())

    def test_a_pipe_in_place_of_a_file_does_not_hang(self, folder: SetupFolder) -> None:
        folder.path.mkdir()
        os.mkfifo(folder.values)
        with pytest.raises(UsageError, match="not a regular file"):
            folder.write(ONE, State())

    def test_a_file_in_place_of_a_folder(self, folder: SetupFolder) -> None:
        folder.path.mkdir()
        (folder.path / "image").write_text("")
        with pytest.raises(UsageError, match="needs a folder"):
            folder.write(ONE, State())
        assert not folder.values.exists()

    def test_a_file_in_place_of_the_setup_folder(self, tmp_path: Path) -> None:
        (tmp_path / "setup").write_text("")
        with pytest.raises(UsageError, match="not a folder"):
            SetupFolder(tmp_path / "setup").changes(ONE, State())


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where this machine lets the tests mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    yield place
    subprocess.run(["mount", "-o", "remount,rw", place], capture_output=True, check=False)
    subprocess.run(["umount", place], check=True)


class TestBadLuck:
    def test_a_full_disk_changes_nothing(self, full_disk: Path) -> None:
        folder = SetupFolder(full_disk / "setup")
        state = folder.write(ONE, State()).state
        big = {**TWO, "z.bin": RenderedFile(os.urandom(400 * 1024))}
        with pytest.raises(CodehubError, match="No space left"):
            folder.write(big, state)
        assert folder.values.read_text() == "a: 1\n"
        assert not (folder.path / "z.bin").exists()
        assert not list(folder.path.glob(".*.tmp"))
        assert folder.load_state().state == state

    def test_a_read_only_disk_changes_nothing_and_same_files_need_no_writing(self, full_disk: Path) -> None:
        folder = SetupFolder(full_disk / "setup")
        state = folder.write(ONE, State()).state
        subprocess.run(["mount", "-o", "remount,ro", full_disk], check=True)
        assert folder.write(ONE, state).written == ()
        with pytest.raises(CodehubError, match="Read-only") as caught:
            folder.write(TWO, state)
        assert "writable" in caught.value.fix
        assert folder.values.read_text() == "a: 1\n"

    def test_secrets_that_are_not_text(self, folder: SetupFolder) -> None:
        folder.path.mkdir()
        folder.secrets.write_bytes(b"\xff\xfe")
        with pytest.raises(UsageError, match="UTF-8"):
            folder.load_secrets()

    def test_no_secrets_yet(self, folder: SetupFolder) -> None:
        assert folder.load_secrets().text == ""
