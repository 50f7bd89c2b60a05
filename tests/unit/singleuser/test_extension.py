"""The activity extension, run by a real Node: what counts as use, and that an old or odd VS Code does not break it."""

import itertools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from codehub_singleuser.signals import parse_report

from tests.support import parts

pytestmark = pytest.mark.tier("node")

EXTENSION = parts.ROOT / "assets" / "singleuser" / "activity-extension"
HARNESS = Path(__file__).parent / "extension_harness.js"
Event = tuple[str, str, Any]


def play(folder: Path, *plan: Event, missing: tuple[str, ...] = (), told: bool = True) -> list[dict[str, Any] | None]:
    """What the extension's file says at first and after each event."""
    node = parts.program("node")
    assert node is not None
    task = {"extension": str(EXTENSION / "extension.js"), "folder": str(folder), "missing": missing, "plan": plan}
    environment = {**os.environ, **({"CODEHUB_ACTIVITY_FOLDER": str(folder)} if told else {})}
    done = subprocess.run(
        [node, HARNESS, json.dumps(task)], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    seen: list[dict[str, Any] | None] = json.loads(done.stdout)
    return seen


def used(seen: list[dict[str, Any] | None]) -> list[bool]:
    """For each event whether it counted as use."""
    times = [state["lastUse"] if state else 0 for state in seen]
    return [after > before for before, after in itertools.pairwise(times)]


def edit(*, dirty: bool, changes: int = 1) -> Event:
    return ("workspace", "onDidChangeTextDocument", {"contentChanges": [{}] * changes, "document": {"isDirty": dirty}})


def test_what_counts_as_use(tmp_path: Path) -> None:
    counted = [
        edit(dirty=True),
        ("window", "onDidChangeWindowState", {"focused": True, "active": True}),
        ("window", "onDidChangeTextEditorSelection", {"kind": 1}),
        ("window", "onDidStartTerminalShellExecution", {}),
        ("tasks", "onDidStartTask", {}),
    ]
    passed_over = [
        edit(dirty=False),  # a log file that grows
        edit(dirty=True, changes=0),
        ("window", "onDidChangeWindowState", {"focused": True, "active": False}),  # a tab in front that nobody touches
        ("window", "onDidChangeTextEditorSelection", {}),  # moved by an extension
    ]
    seen = play(tmp_path, *counted, *passed_over)
    assert used(seen) == [True] * len(counted) + [False] * len(passed_over)


def test_the_server_can_read_what_it_writes(tmp_path: Path) -> None:
    play(tmp_path, ("set", "", [{}, {}]), ("tasks", "onDidStartTask", {}))
    files = list(tmp_path.iterdir())
    assert [path.suffix for path in files] == [".json"], "no half-written file is left"
    report = parse_report(files[0].read_text())
    assert report is not None
    assert report.last_use is not None
    assert report.tasks == 2
    assert files[0].stat().st_mode & 0o777 == 0o600


def test_an_old_vs_code_without_the_newer_events(tmp_path: Path) -> None:
    """1.45 has neither shell executions nor `active`; focus that comes stands for it."""
    missing = (
        "window.onDidStartTerminalShellExecution", "window.onDidEndTerminalShellExecution", "window.state",
        "workspace.onDidCreateFiles", "tasks.taskExecutions",
    )  # fmt: skip
    focus = ("window", "onDidChangeWindowState", {"focused": True})
    away = ("window", "onDidChangeWindowState", {"focused": False})
    assert used(play(tmp_path, focus, away, edit(dirty=True), missing=missing)) == [True, False, True]


def test_a_vs_code_without_tasks_and_debugging(tmp_path: Path) -> None:
    assert used(play(tmp_path, edit(dirty=True), missing=("tasks", "debug"))) == [True]


def test_it_does_nothing_where_no_server_looks(tmp_path: Path) -> None:
    assert play(tmp_path, edit(dirty=True), told=False) == [None, None]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_has_gone_disturbs_nobody(tmp_path: Path) -> None:
    assert play(tmp_path / "gone", edit(dirty=True)) == [None, None]


def test_the_manifest_fits_every_version_in_reach() -> None:
    manifest = json.loads((EXTENSION / "package.json").read_text())
    assert (EXTENSION / manifest["main"]).is_file()
    assert manifest["engines"]["vscode"] == "^1.45.0", "code-server 3.4.1, the oldest, is VS Code 1.45"
    assert manifest["capabilities"]["untrustedWorkspaces"]["supported"] is True, "else off until a folder is trusted"
    assert "dependencies" not in manifest
