"""A setup folder on the disk: nothing that a person changed is lost, nothing is half done."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from tests.unit.run.rendered import ONE, TWO, change_of, file, kinds
from wizard.errors import UsageError
from wizard.files import content_hash
from wizard.run.folder import SetupFolder
from wizard.run.state import State


@pytest.fixture
def folder(tmp_path: Path) -> SetupFolder:
    return SetupFolder(tmp_path / "setup")


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

    def test_temporary_files_of_what_only_a_run_writes_are_removed_at_once(self, folder: SetupFolder) -> None:
        """They would grow in number with each run that is killed, and one can hold every secret."""
        state = folder.write(ONE, State()).state
        (folder.private / "logs").mkdir()
        left = [folder.path / f"{Path(name).parent}/.{Path(name).name}.abcdefgh.tmp" for name in ONE]
        left.append(folder.private / ".state.json.abcdefgh.tmp")
        others = [folder.answers.with_name(".codehub.yaml.abcdefgh.tmp"), folder.private / ".draft.yaml.abcdefgh.tmp"]
        for path in [*left, *others]:
            path.write_text("")
        folder.write(ONE, state)
        assert [path.exists() for path in left] == [False] * len(left)
        assert [path.exists() for path in others] == [True, True], "a wizard may be writing them in this moment"
