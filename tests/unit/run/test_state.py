"""state.json: read back as written, and forgiving about whatever happened to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import CodehubError, UsageError
from wizard.plan.model import StepRecord
from wizard.run.state import State, load_state

FULL = State(
    files={"config.yaml": "sha256:ab"},
    steps={"build-notebook": StepRecord("sha256:cd", "done", "2026-01-02T03:04:05Z", {"image_id": "sha256:ef"})},
)


def test_reads_back_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / ".codehub" / "state.json"
    FULL.save(path)
    assert load_state(path).state == FULL
    assert load_state(path).notice == ""
    assert [entry.name for entry in path.parent.iterdir()] == ["state.json"]


def test_none_yet_is_empty(tmp_path: Path) -> None:
    assert load_state(tmp_path / "none" / "state.json").state == State()


def test_changes_make_new_states() -> None:
    state = State()
    record = StepRecord("f", "done", "t", {})
    assert state.with_step("a", record).with_step("b", record).steps == {"a": record, "b": record}
    assert state.with_files({"x": "y"}).files == {"x": "y"}
    assert state == State()


@given(st.dictionaries(st.text(st.characters(exclude_categories=[])), st.text(st.characters(exclude_categories=[]))))
def test_any_text_can_be_saved(facts: dict[str, str]) -> None:
    state = State(steps={"deploy": StepRecord("f", "done", "t", facts)})
    assert json.loads(state.to_json().encode())["steps"]["deploy"]["result"] == facts


BROKEN: list[Any] = [
    "",
    "{",
    "[]",
    "null",
    '"text"',
    "{}",
    '{"schema": "1"}',
    '{"schema": true}',
    '{"schema": 0}',
    '{"schema": 1, "files": []}',
    '{"schema": 1, "files": {"a": 1}}',
    '{"schema": 1, "files": {"/etc/passwd": "sha256:0"}}',
    '{"schema": 1, "files": {"../outside": "sha256:0"}}',
    '{"schema": 1, "files": {"": "sha256:0"}}',
    '{"schema": 1, "files": {"a\\u0000b": "sha256:0"}}',
    '{"schema": 1, "steps": {"a": 1}}',
    '{"schema": 1, "steps": {"a": {"fingerprint": "f"}}}',
    '{"schema": 1, "steps": {"a": {"fingerprint": "f", "outcome": "done", "finished": "t", "result": 1}}}',
    '{"schema": ' + "9" * 5000 + "}",
    "[" * 100_000,
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_kept_aside_and_told_of(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "state.json"
    raw = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(raw)
    loaded = load_state(path)
    assert loaded.state == State()
    (aside,) = tmp_path.iterdir()
    assert aside.name.startswith("state.json.bad-")
    assert aside.read_bytes() == raw
    assert aside.name in loaded.notice
    assert "every step will run again" in loaded.notice


def test_every_truncation_is_survived(tmp_path: Path) -> None:
    whole = FULL.to_json()
    for length in range(len(whole.rstrip())):
        path = tmp_path / "state.json"
        path.write_text(whole[:length])
        assert load_state(path).notice
        assert not path.exists()


def test_two_broken_files_are_both_kept(tmp_path: Path) -> None:
    for content in ("one", "two"):
        (tmp_path / "state.json").write_text(content)
        load_state(tmp_path / "state.json")
    assert sorted(entry.read_text() for entry in tmp_path.iterdir()) == ["one", "two"]


def test_a_newer_layout_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"schema": 2, "files": "of another kind"}')
    with pytest.raises(UsageError, match="newer codehub"):
        load_state(path)
    assert path.exists()


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state.json").mkdir()
    with pytest.raises(UsageError, match="could not be read"):
        load_state(tmp_path / "state.json")


def test_a_file_in_the_place_of_its_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".codehub").write_text("")
    with pytest.raises(CodehubError, match="could not be made"):
        FULL.save(tmp_path / ".codehub" / "state.json")
