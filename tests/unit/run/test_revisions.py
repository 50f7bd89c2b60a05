"""Records of revisions, and files that come back as they were."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.plan.model import Decision, Step, StepRecord
from wizard.run import revisions
from wizard.run.events import Outcome, StepFinished
from wizard.run.folder import SetupFolder
from wizard.run.snapshot import Snapshot
from wizard.run.state import State
from wizard.targets import session

STATE = State(
    files={"config.yaml": "sha256:1", "secrets.yaml": "sha256:2", "image/notebook/a": "sha256:3"},
    steps={"deploy": StepRecord("f", "done", "2026-01-01", {"revision": 3})},
)


def folder(tmp_path: Path) -> SetupFolder:
    made = SetupFolder(tmp_path / "hub")
    for name in ("codehub.yaml", "config.yaml", "secrets.yaml", "images.yaml", "values.extra.yaml", "image/notebook/a"):
        path = made.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the {name}\n")
    STATE.save(made.state_file)
    return made


def test_a_record_has_everything_but_secrets(tmp_path: Path) -> None:
    made = folder(tmp_path)
    revisions.keep(made, 3, STATE)
    record = revisions.load(made, 3)
    assert record is not None
    assert set(record.files) == {
        "codehub.yaml", "config.yaml", "images.yaml", "values.extra.yaml", "image/notebook/a"
    }  # fmt: skip
    assert record.text("config.yaml") == "the config.yaml\n"
    assert record.text("moon") == ""
    assert record.state == STATE
    assert revisions.load(made, 4) is None
    kept = made.private / "revisions"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert not [path for path in kept.rglob("*") if path.is_file() and b"secrets" in path.read_bytes()[:12]]


def test_a_release_that_begins_anew_forgets_the_old_one_s_revisions(tmp_path: Path) -> None:
    made = folder(tmp_path)
    for number in range(1, revisions.KEPT + 4):
        revisions.keep(made, number, STATE)
    assert revisions.load(made, 3) is None
    assert revisions.load(made, 4) is not None
    revisions.keep(made, 1, STATE)
    assert revisions.load(made, 1) is not None
    assert revisions.load(made, 4) is None


def test_half_a_record_is_none_and_goes_with_the_next(tmp_path: Path) -> None:
    made = folder(tmp_path)
    revisions.keep(made, 1, STATE)
    half = made.private / "revisions" / "2" / "files"
    half.mkdir(parents=True)
    (half / ".config.yaml.abcdefgh.tmp").write_text("what a killed codehub was writing")
    assert revisions.load(made, 2) is None
    revisions.keep(made, 3, STATE)
    assert [record.number for record in revisions.records(made)] == [1, 3]
    assert not half.exists()


def test_a_deploy_is_done_only_once_its_record_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill between the two would leave a revision to which files cannot go back."""
    made = folder(tmp_path)
    seen = []
    monkeypatch.setattr(session, "keep", lambda *_: seen.append(made.load_state().state.steps.get("deploy")))
    step = Step(id="deploy", title="Deploy", branch="helm", decision=Decision.RUN, why="", fingerprint="new")
    done = StepFinished(step="deploy", outcome=Outcome.DONE, log="x", result={"revision": 7})
    session._StateKeeper(made, STATE).record(step, done)
    assert seen == [STATE.steps["deploy"]]
    assert made.load_state().state.steps["deploy"].result == {"revision": 7}


def test_which_revision_a_roll_back_equals() -> None:
    said = {1: "Install complete", 2: "Upgrade complete", 3: "Rollback to 1", 4: "Rollback to 3", 5: "Rollback to 5"}
    assert [revisions.equal_to(number, said) for number in range(1, 7)] == [1, 2, 1, 1, 5, 6]


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 9).map("Rollback to {}".format)), st.integers(0, 9))
def test_no_history_runs_in_circles(said: dict[int, str], number: int) -> None:
    assert revisions.equal_to(number, said) in range(10)


def test_a_snapshot_brings_everything_back(tmp_path: Path) -> None:
    made = folder(tmp_path)
    made.secrets.chmod(0o600)
    (made.path / "images.yaml").unlink()
    before = {path: (path.read_bytes(), path.stat().st_mode) for path in made.path.rglob("*") if path.is_file()}
    kept = Snapshot.take(made)
    assert "the secrets.yaml" not in repr(kept)
    for name in ("codehub.yaml", "config.yaml", "secrets.yaml", "values.extra.yaml", "images.yaml"):
        (made.path / name).write_text("other\n")
    (made.path / "image" / "notebook" / "a").unlink()
    (made.path / "new.sh").write_text("came\n")
    (made.path / "mine.txt").write_text("a person's\n")
    STATE.with_files({**STATE.files, "new.sh": "sha256:9"}).save(made.state_file)
    kept.restore()
    (made.path / "mine.txt").unlink()
    after = {path: (path.read_bytes(), path.stat().st_mode) for path in made.path.rglob("*") if path.is_file()}
    assert after == before
