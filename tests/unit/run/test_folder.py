"""A setup folder on the disk: nothing that a person changed is lost, nothing is half done."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.errors import CodehubError, UsageError
from wizard.files import content_hash
from wizard.render.model import RenderedFile
from wizard.run.changes import FileChange
from wizard.run.folder import SetupFolder
from wizard.run.state import State


def file(text: str, **options: bool | int) -> RenderedFile:
    return RenderedFile(text.encode(), **options)  # type: ignore[arg-type]


def kinds(folder: SetupFolder, rendered: dict[str, RenderedFile], state: State) -> dict[str, str]:
    return {change.path: change.kind for change in folder.changes(rendered, state)}


def change_of(folder: SetupFolder, rendered: dict[str, RenderedFile], state: State, path: str) -> FileChange:
    return next(change for change in folder.changes(rendered, state) if change.path == path)


@pytest.fixture
def folder(tmp_path: Path) -> SetupFolder:
    return SetupFolder(tmp_path / "setup")


ONE = {"config.yaml": file("a: 1\n"), "image/notebook/x.sh": file("#!/bin/sh\n", mode=0o755)}
TWO = {**ONE, "config.yaml": file("a: 2\n")}


class TestFirstTime:
    def test_everything_is_new_and_then_the_same(self, folder: SetupFolder) -> None:
        assert kinds(folder, ONE, State()) == dict.fromkeys(ONE, "new")
        assert not folder.path.exists()
        done = folder.write(ONE, State())
        assert done.written == tuple(ONE)
        assert (folder.path / "config.yaml").read_text() == "a: 1\n"
        assert stat.S_IMODE((folder.path / "image/notebook/x.sh").stat().st_mode) == 0o755
        assert folder.load_state().state == done.state
        assert kinds(folder, ONE, done.state) == dict.fromkeys(ONE, "same")
        assert folder.write(ONE, done.state).written == ()

    def test_a_second_write_touches_nothing(self, folder: SetupFolder) -> None:
        state = folder.write(ONE, State()).state
        before = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")}
        folder.write(ONE, state)
        assert {path: path.stat().st_mtime_ns for path in folder.path.rglob("*")} == before

    def test_a_folder_with_other_files_keeps_them(self, folder: SetupFolder) -> None:
        folder.path.mkdir()
        (folder.path / "mine.txt").write_text("mine")
        folder.write(ONE, State())
        assert (folder.path / "mine.txt").read_text() == "mine"


class TestEdits:
    @pytest.fixture
    def state(self, folder: SetupFolder) -> State:
        return folder.write(ONE, State()).state

    def edit(self, folder: SetupFolder, text: str = "a: mine\n") -> None:
        (folder.path / "config.yaml").write_text(text)

    def test_what_codehub_wrote_is_updated(self, folder: SetupFolder, state: State) -> None:
        assert kinds(folder, TWO, state)["config.yaml"] == "update"
        assert folder.write(TWO, state).written == ("config.yaml",)
        assert (folder.path / "config.yaml").read_text() == "a: 2\n"

    def test_an_edit_stands_where_codehub_has_nothing_new(self, folder: SetupFolder, state: State) -> None:
        self.edit(folder)
        change = change_of(folder, ONE, state, "config.yaml")
        assert (change.kind, change.asks, change.differs) == ("kept", False, False)
        assert folder.write(ONE, state).kept == ("config.yaml",)
        assert (folder.path / "config.yaml").read_text() == "a: mine\n"

    def test_both_changed_asks_and_keeps_unless_told(self, folder: SetupFolder, state: State) -> None:
        self.edit(folder)
        change = change_of(folder, TWO, state, "config.yaml")
        assert (change.kind, change.asks) == ("edited", True)
        assert "-a: mine" in change.diff
        assert "+a: 2" in change.diff
        done = folder.write(TWO, state)
        assert done.kept == ("config.yaml",)
        assert (folder.path / "config.yaml").read_text() == "a: mine\n"

    def test_once_kept_it_is_not_asked_again_until_codehub_has_something_new(
        self, folder: SetupFolder, state: State
    ) -> None:
        self.edit(folder)
        kept = folder.write(TWO, state).state
        assert kinds(folder, TWO, kept)["config.yaml"] == "kept"
        three = {**ONE, "config.yaml": file("a: 3\n")}
        assert kinds(folder, three, kept)["config.yaml"] == "edited"

    @pytest.mark.parametrize("overwrite", ["all", ["config.yaml"]])
    def test_overwriting_when_told(self, folder: SetupFolder, state: State, overwrite: list[str]) -> None:
        self.edit(folder)
        done = folder.write(TWO, state, overwrite)
        assert done.written == ("config.yaml",)
        assert (folder.path / "config.yaml").read_text() == "a: 2\n"
        assert kinds(folder, TWO, done.state)["config.yaml"] == "same"

    def test_an_edit_that_comes_to_the_same_is_no_edit(self, folder: SetupFolder, state: State) -> None:
        self.edit(folder, "a: 2\n")
        assert kinds(folder, TWO, state)["config.yaml"] == "same"

    def test_a_file_of_unknown_origin_is_taken_for_a_persons(self, folder: SetupFolder) -> None:
        folder.path.mkdir(exist_ok=True)
        self.edit(folder)
        assert kinds(folder, ONE, State())["config.yaml"] == "edited"

    def test_a_removed_file_comes_back(self, folder: SetupFolder, state: State) -> None:
        (folder.path / "config.yaml").unlink()
        assert kinds(folder, ONE, state)["config.yaml"] == "new"

    def test_overwriting_what_is_not_there_names_what_is(self, folder: SetupFolder, state: State) -> None:
        with pytest.raises(UsageError, match=r"confg\.yaml.*\n.*config\.yaml"):
            folder.write(ONE, state, ["confg.yaml"])

    def test_lost_scripts_bit_is_given_back(self, folder: SetupFolder, state: State) -> None:
        script = folder.path / "image/notebook/x.sh"
        script.chmod(0o644)
        folder.write(ONE, state)
        assert stat.S_IMODE(script.stat().st_mode) == 0o755


class TestSpecialFiles:
    def test_the_persons_own_values_are_never_written_again(self, folder: SetupFolder) -> None:
        own = {"values.extra.yaml": file("# template\n", once=True)}
        state = folder.write(own, State()).state
        path = folder.extra_values
        path.write_text("mine: 1\n")
        newer = {"values.extra.yaml": file("# another\n", once=True)}
        assert kinds(folder, newer, state) == {"values.extra.yaml": "kept"}
        folder.write(newer, state, "all")
        assert path.read_text() == "mine: 1\n"

    def test_lines_are_added_to_a_persons_gitignore(self, folder: SetupFolder) -> None:
        folder.path.mkdir()
        (folder.path / ".gitignore").write_bytes(b"*.swp\n.codehub/")
        rendered = {".gitignore": file("secrets.yaml\n.codehub/\n", lines=True)}
        state = folder.write(rendered, State()).state
        assert (folder.path / ".gitignore").read_text() == "*.swp\n.codehub/\nsecrets.yaml\n"
        assert kinds(folder, rendered, state) == {".gitignore": "same"}

    def test_secrets_are_written_even_after_an_edit_and_never_shown(self, folder: SetupFolder) -> None:
        def secret(text: str) -> dict[str, RenderedFile]:
            return {"secrets.yaml": file(text, mode=0o600, secret=True, merge=True)}

        state = folder.write(secret('a: {x: "canary-1"}\n'), State()).state
        folder.secrets.write_text('a: {x: "canary-2"}\n')
        merged = secret('a: {x: "canary-3", y: "canary-4"}\n')
        change = change_of(folder, merged, state, "secrets.yaml")
        assert change.kind == "update"
        assert "canary" not in change.diff + repr(change)
        assert "+a.y: •••" in change.diff
        assert "a.x: ••• becomes another" in change.diff
        folder.write(merged, state)
        assert "canary-4" in folder.secrets.read_text()
        assert stat.S_IMODE(folder.secrets.stat().st_mode) == 0o600

    @pytest.mark.parametrize("before", ["a: [canary", "- canary\n", "canary", "a: 2024-99-99\n"])
    def test_broken_secrets_are_not_shown_either(self, folder: SetupFolder, before: str) -> None:
        folder.path.mkdir()
        folder.secrets.write_text(before)
        rendered = {"secrets.yaml": file("a: b\n", secret=True, merge=True)}
        change = change_of(folder, rendered, State(), "secrets.yaml")
        assert change.diff
        assert "canary" not in change.diff

    def test_open_secrets_are_closed(self, folder: SetupFolder) -> None:
        rendered = {"secrets.yaml": file("a: b\n", mode=0o600, secret=True, merge=True)}
        state = folder.write(rendered, State()).state
        folder.secrets.chmod(0o644)
        folder.write(rendered, state)
        assert stat.S_IMODE(folder.secrets.stat().st_mode) == 0o600

    def test_secrets_that_are_no_longer_needed_stay(self, folder: SetupFolder) -> None:
        state = folder.write({"secrets.yaml": file("a: b\n", secret=True, merge=True)}, State()).state
        done = folder.write({}, state)
        assert done.removed == ()
        assert folder.secrets.exists()

    def test_binary_files_have_a_short_diff(self, folder: SetupFolder) -> None:
        state = folder.write({"a.vsix": RenderedFile(b"PK\x00\x01")}, State()).state
        change = change_of(folder, {"a.vsix": RenderedFile(b"PK\x00\x02\x03")}, state, "a.vsix")
        assert change.diff == "a.vsix is not text: 4 bytes become 5 bytes.\n"


class TestLeftovers:
    def test_what_nobody_changed_is_removed_with_its_empty_folders(self, folder: SetupFolder) -> None:
        state = folder.write(ONE, State()).state
        only = {"config.yaml": ONE["config.yaml"]}
        assert kinds(folder, only, state)["image/notebook/x.sh"] == "removed"
        done = folder.write(only, state)
        assert done.removed == ("image/notebook/x.sh",)
        assert not (folder.path / "image").exists()
        assert set(done.state.files) == {"config.yaml"}

    def test_what_somebody_changed_stays_and_is_remembered(self, folder: SetupFolder) -> None:
        state = folder.write(ONE, State()).state
        (folder.path / "image/notebook/x.sh").write_text("mine")
        done = folder.write({"config.yaml": ONE["config.yaml"]}, state)
        assert done.kept == ("image/notebook/x.sh",)
        assert (folder.path / "image/notebook/x.sh").read_text() == "mine"
        assert kinds(folder, ONE, done.state)["image/notebook/x.sh"] == "kept"

    def test_a_state_that_names_a_file_elsewhere_removes_nothing(self, folder: SetupFolder, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "x").write_text("precious")
        folder.path.mkdir()
        (folder.path / "image").symlink_to(outside)
        folder.write({}, State(files={"image/x": content_hash("precious")}))
        assert (outside / "x").read_text() == "precious"

    def test_old_temporary_files_of_a_killed_write_are_removed(self, folder: SetupFolder) -> None:
        state = folder.write(ONE, State()).state
        old, young, other = (
            folder.path / name for name in (".secrets.yaml.abcdefgh.tmp", ".a.12345678.tmp", ".my.tmp")
        )
        for path in (old, young, other):
            path.write_text("")
        hours_ago = time.time() - 7200
        os.utime(old, (hours_ago, hours_ago))
        os.utime(other, (hours_ago, hours_ago))
        folder.write(ONE, state)
        assert (old.exists(), young.exists(), other.exists()) == (False, True, True)


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
