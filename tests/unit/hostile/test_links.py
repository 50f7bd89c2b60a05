"""Setup folders and exports whose links lead elsewhere: nothing is written, removed or told of what is there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wizard.commands import codehub
from wizard.errors import CodehubError, UsageError
from wizard.files import content_hash
from wizard.run.lock import folder_lock
from wizard.targets.session import LOGS_KEPT, new_log_folder

SECRET = "root:x:0:0:hunter22:/root"
LINKED = ("codehub.yaml", "config.yaml", "secrets.yaml", "values.extra.yaml", "build.sh", ".gitignore", "README.md")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file of somebody else's, beside the setup folder."""
    path = tmp_path / "outside" / "passwd"
    path.parent.mkdir()
    path.write_text(SECRET, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "hub"
    for words in (["init", str(path), "--yes"], ["render", str(path)]):
        assert run(*words).exit_code == 0
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(codehub, list(words))


def said(done: Result) -> str:
    """All that a person gets to see; whatever it is, it is no crash."""
    assert done.exception is None or isinstance(done.exception, CodehubError | SystemExit), repr(done.exception)
    return done.output + ("\n".join(done.exception.lines()) if isinstance(done.exception, CodehubError) else "")


def everything_below(path: Path) -> dict[str, bytes]:
    return {str(one.relative_to(path)): one.read_bytes() for one in path.rglob("*") if one.is_file()}


@pytest.mark.parametrize("name", [*LINKED, ".codehub/state.json", ".codehub/lock", ".codehub/draft.yaml"])
def test_a_file_that_is_a_link(folder: Path, outside: Path, name: str, tmp_path: Path) -> None:
    path = folder / name
    path.unlink(missing_ok=True)
    path.symlink_to(outside)
    before, mode = everything_below(outside.parent), outside.stat().st_mode
    for words in (
        ["render", str(folder)],
        ["render", str(folder), "--check"],
        ["render", str(folder), "--overwrite", "all"],
        ["init", str(folder), "--yes", "--set", "hub.auth.users=alice"],
        ["status", str(folder), "--offline"],
        ["export", str(folder), "--output", str(tmp_path / "out.tar")],
    ):
        assert "hunter22" not in said(run(*words)), words
        assert (everything_below(outside.parent), outside.stat().st_mode) == (before, mode), words
    if (tmp_path / "out.tar").exists():
        assert b"hunter22" not in (tmp_path / "out.tar").read_bytes()


@pytest.mark.parametrize("name", [".codehub", ".codehub/logs", ".codehub/revisions", ".codehub/local", "image"])
def test_a_folder_that_is_a_link(folder: Path, outside: Path, name: str) -> None:
    path = folder / name
    if path.exists():
        path.rename(folder.parent / "moved")
    path.symlink_to(outside.parent)
    before = everything_below(outside.parent)
    text = said(run("render", str(folder), "--overwrite", "all"))
    assert f"{path} is a symbolic link" in text
    assert everything_below(outside.parent) == before


def test_only_folders_that_runs_made_are_removed_for_new_logs(tmp_path: Path, outside: Path) -> None:
    """Somebody's photos are no old logs, even where a link or a copy put them among the logs."""
    logs = tmp_path / "logs"
    for number in range(LOGS_KEPT + 5):
        (logs / f"2020010{number % 10}T{number:012}Z").mkdir(parents=True)
        (logs / f"{number} photos").mkdir()
    (logs / "20190101T000000000000Z").symlink_to(outside.parent)
    made = new_log_folder(logs)
    left = [entry.name for entry in logs.iterdir()]
    assert len([name for name in left if name.endswith("photos")]) == LOGS_KEPT + 5
    assert len([name for name in left if name.startswith("2020")]) == LOGS_KEPT - 1
    assert outside.exists()
    assert made.is_dir()


def test_no_run_begins_where_its_memory_leads_elsewhere(folder: Path, outside: Path) -> None:
    (folder / ".codehub" / "logs").symlink_to(outside.parent)
    with pytest.raises(UsageError, match=r"logs is a symbolic link") as refused, folder_lock(folder / ".codehub"):
        raise AssertionError("the lock was given")
    assert refused.value.address == "symbolic-link"


def test_an_export_does_not_follow_a_link_in_its_folder(folder: Path, outside: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "image").symlink_to(outside.parent)
    before = everything_below(outside.parent)
    done = run("export", str(folder), "--output", str(out), "--format", "folder", "--force")
    assert "leads out of" in said(done)
    assert done.exit_code != 0
    assert everything_below(outside.parent) == before


NOT_A_FILE = {
    "half": "half\ud83d a letter",
    "null": "a\0b",
    "up": "../outside/passwd",
    "root": "/etc/passwd",
    "empty": "",
    "dot": ".",
    "long": "a" * 5000,
}


@pytest.mark.parametrize("name", NOT_A_FILE.values(), ids=NOT_A_FILE)
def test_a_state_that_names_what_no_setup_has(folder: Path, outside: Path, name: str) -> None:
    path = folder / ".codehub" / "state.json"
    state = json.loads(path.read_text("utf-8"))
    state["files"][name] = content_hash(SECRET)
    path.write_text(json.dumps(state), "utf-8")
    for words in (["render", str(folder), "--check"], ["render", str(folder)]):
        said(run(*words))
    assert outside.read_text("utf-8") == SECRET


@pytest.mark.parametrize("name", LINKED)
def test_what_never_ends_is_not_read(folder: Path, name: str) -> None:
    """A pipe would be waited for, /dev/zero read, for ever."""
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        (folder / name).unlink(missing_ok=True)
        make(folder / name)
        said(run("render", str(folder), "--check"))
        said(run("status", str(folder), "--offline"))
        (folder / name).unlink()
