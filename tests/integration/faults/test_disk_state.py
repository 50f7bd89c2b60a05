"""What codehub remembers, state.json, in every state but the right one: who looks is told, the next apply mends it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Small

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]

DONE = "No step to run: everything is as it should be.\n"


@pytest.fixture
def applied(small: Small) -> Small:
    """A setup that was applied; all is as it should be."""
    done = small.run("apply", "--yes")
    assert done.code == 0, done.err
    return small


def memory(small: Small) -> Path:
    """state.json."""
    return small.folder / ".codehub" / "state.json"


def theirs(small: Small) -> dict[str, bytes]:
    """Every file in the folder itself."""
    return {path.name: path.read_bytes() for path in small.folder.glob("*") if path.is_file()}


def test_what_cannot_be_understood_is_put_aside_and_made_anew(applied: Small) -> None:
    state = memory(applied)
    whole, before = state.read_bytes(), theirs(applied)
    broken = {
        "empty": b"",
        "truncated": whole[: len(whole) // 2],
        "of zeros": bytes(4096),
        "not text": b"\xff\xfe\x00",
        "another document": b"[]",
        "without a schema": b'{"files": {}}',
        "a schema that is none": b'{"schema": true}',
        "a path that leads out": b'{"schema": 1, "files": {"../../etc/passwd": "sha256:0"}}',
        "steps that are none": b'{"schema": 1, "steps": {"deploy": 7}}',
        "nested": b'{"schema": 1, "files": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    }
    for what, content in broken.items():
        state.write_bytes(content)
        looked = applied.run("status", "--offline")
        assert looked.code == 0, (what, looked.err)
        assert f"{state} could not be understood" in looked.err, what
        assert not state.exists(), what
        (aside,) = [path for path in state.parent.glob("state.json.bad-*") if path.name in looked.err]
        assert aside.read_bytes() == content, what
        assert "Traceback" not in looked.err, what
    again = applied.run("apply", "--yes")
    assert again.code == 0, again.err
    assert applied.run("plan").out.endswith(DONE)
    assert theirs(applied) == before


def test_one_of_a_newer_codehub_is_left_alone(applied: Small) -> None:
    state = memory(applied)
    document = json.loads(state.read_bytes())
    newer = json.dumps({**document, "schema": document["schema"] + 1, "more": ["that", "we", "do", "not", "know"]})
    state.write_text(newer)
    before = theirs(applied)
    for command in ("status", "plan", "apply --yes", "render", "apply --dry-run"):
        applied.run(*command.split()).refused(2, "was written by a newer codehub", "Update codehub", "newer-codehub")
    assert state.read_text() == newer
    assert theirs(applied) == before
    state.write_text(json.dumps(document))
    assert applied.run("plan").out.endswith(DONE)


def _other_image(document: dict[str, Any]) -> None:
    document["steps"]["build-notebook"]["result"]["image"] = "sha256:" + "0" * 64


def _failed(document: dict[str, Any]) -> None:
    document["steps"]["build-notebook"]["outcome"] = "failed"


def _forgotten(document: dict[str, Any]) -> None:
    document["steps"].clear()


def _outcome_that_is_none(document: dict[str, Any]) -> None:
    document["steps"]["deploy"].update(outcome="splendid", finished="yesterday", result={"revision": "many"})


def _hashes_of_nothing(document: dict[str, Any]) -> None:
    document["files"] = dict.fromkeys(document["files"], "sha256:0")


def test_one_that_somebody_edited_is_not_believed_blindly(applied: Small) -> None:
    state, before = memory(applied), theirs(applied)
    edits: tuple[Callable[[dict[str, Any]], None], ...] = (
        _other_image,
        _failed,
        _forgotten,
        _outcome_that_is_none,
        _hashes_of_nothing,
    )
    for edit in edits:
        document = json.loads(state.read_bytes())
        edit(document)
        state.write_text(json.dumps(document))
        again = applied.run("apply", "--yes")
        assert again.code == 0, (edit, again.err)
        assert applied.run("plan").out.endswith(DONE), edit
        now = theirs(applied)
        assert {name for name in before if now.get(name) != before[name]} <= {"images.yaml"}, edit
    assert applied.run("status").code == 0


def test_something_else_in_its_place(applied: Small) -> None:
    state, before = memory(applied), theirs(applied)
    state.unlink()
    state.mkdir()
    for command in ("status", "plan", "apply --yes"):
        applied.run(*command.split()).refused(2, f"{state} could not be read", "Is a directory")
    state.rmdir()
    os.mkfifo(state)
    looked = applied.run("status", "--offline")
    assert (looked.code, "could not be understood" in looked.err) == (0, True)
    assert theirs(applied) == before
    again = applied.run("apply", "--yes")
    assert again.code == 0, again.err
    assert applied.run("plan").out.endswith(DONE)
