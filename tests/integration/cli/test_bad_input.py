"""Folders and files that cannot be used: each command says what, why and what to do, and loses nothing."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import Ended, codehub

FOLDER_COMMANDS = (
    ("render",),
    ("render", "--check"),
    ("plan",),
    ("apply", "--yes"),
    ("apply", "--dry-run"),
    ("status",),
    ("export", "--output", "out.tar"),
)

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{chr(ord(c) + 1)}: &{chr(ord(c) + 1)} [{', '.join([f'*{c}'] * 9)}]" for c in "abcdefgh"
)

BAD_FILES: dict[str, tuple[str | bytes, str]] = {
    "tabs": ("schema: 1\ntarget:\n\tkind: docker\n", "line 3"),
    "unclosed": ("schema: 1\nhub: {auth: {kind: dummy\n", "is not valid YAML"),
    "bomb": (BOMB, "anchors and aliases are not used here"),
    "binary": (b"\x00\xff\xfe\x80", "UTF-8"),
    "list": ("- a\n- b\n", "does not hold answers"),
    "text": ("hello\n", "does not hold answers"),
    "deep": ("a: " + "[" * 20000, ""),
    "twice": ("schema: 1\ntarget: {kind: docker}\ntarget: {kind: local}\n", "is there twice"),
    "unknown": ("schema: 1\nnamespaces: a\n", "there is no such answer"),
    "unknown inside": ("schema: 1\nhub: {auth: {kinds: dummy}}\n", "Did you mean hub.auth.kind?"),
    "number for text": ("schema: 1\nimages: {notebook: {tag: 1.0}}\n", 'Write "1.0".'),
    "text for number": ('schema: 1\nhub: {cull: {timeout: "60"}}\n', "must be a whole number, without quotes"),
    "text for bool": ('schema: 1\nhub: {cull: {enabled: "no"}}\n', "must be true or false"),
    "text for map": ("schema: 1\nhub: chp\n", "must be a map of fields"),
    "null": ("schema: 1\nhub:\n", "hub"),
    "newer": ("schema: 99\n", "newer"),
    "tag": ("schema: !!python/object/apply:os.system [echo x]\n", "is not valid YAML"),
    "date": ("schema: 1\nimages: {notebook: {tag: 2024-01-01}}\n", "must be text"),
    "two documents": ("schema: 1\n---\nschema: 1\n", "is not valid YAML"),
    "large": ("# " + "x" * 10_000_000, "is too large"),
}


@pytest.mark.parametrize("arguments", FOLDER_COMMANDS, ids=" ".join)
def test_a_folder_that_does_not_exist(arguments: tuple[str, ...], tmp_path: Path) -> None:
    name, *options = arguments
    codehub(name, "absent", *options, cwd=tmp_path).refused(2, "absent does not exist", "codehub init absent --yes")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", FOLDER_COMMANDS, ids=" ".join)
def test_a_folder_without_answers(arguments: tuple[str, ...], tmp_path: Path) -> None:
    name, *options = arguments
    codehub(name, ".", *options, cwd=tmp_path).refused(2, "is not a setup folder", "codehub init . --yes")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [*FOLDER_COMMANDS, ("logs",)], ids=" ".join)
def test_a_file_in_place_of_the_folder(arguments: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    name, *options = arguments
    codehub(name, "file", *options, cwd=tmp_path).refused(2, "file is not a folder")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("kind", BAD_FILES)
def test_answers_that_cannot_be_read(kind: str, tmp_path: Path) -> None:
    content, said = BAD_FILES[kind]
    raw = content if isinstance(content, bytes) else content.encode()
    path = tmp_path / "codehub.yaml"
    path.write_bytes(raw)
    for arguments in (("render", "."), ("plan", "."), ("doctor", "."), (".",)):
        codehub(*arguments, cwd=tmp_path).refused(2, "codehub.yaml", said)
    assert path.read_bytes() == raw
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != ".codehub"] == ["codehub.yaml"]


def test_answers_that_are_a_folder(tmp_path: Path) -> None:
    (tmp_path / "codehub.yaml").mkdir()
    codehub("render", tmp_path).refused(2, "codehub.yaml is not a file")
    codehub("init", tmp_path, "--yes").refused(2, "codehub.yaml is not a file")


def test_a_program_file_that_is_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "codehub.yaml")
    codehub("render", tmp_path).refused(2, "codehub.yaml is not a file")
    codehub("init", tmp_path, "--yes").refused(2, "codehub.yaml is not a file")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder with a setup on a file system that is mounted read-only: permission bits do not stop root."""
    place = tmp_path / "mounted"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let tests mount a file system")
    try:
        (place / "hub").mkdir()
        made = codehub("init", place / "hub", "--yes")
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        assert made.code == 0
        yield place / "hub"
    finally:
        subprocess.run(["umount", "-l", place], check=False)


def test_a_folder_that_cannot_be_written_to(read_only: Path) -> None:
    before = (read_only / "codehub.yaml").read_bytes()
    for arguments in (
        ("init", read_only, "--set", "target.release=other"),
        ("init", read_only / "new", "--yes"),
        ("render", read_only),
        ("export", read_only, "--output", read_only / "out.tar"),
        ("export", read_only, "--output", read_only / "out"),
    ):
        codehub(*arguments).refused(1, "Read-only file system")
    doctor = codehub("doctor", read_only, "--target", "local")
    assert (doctor.code, "cannot be written to" in doctor.out) == (3, True)
    assert (read_only / "codehub.yaml").read_bytes() == before
    assert [entry.name for entry in read_only.iterdir()] == ["codehub.yaml"]


def test_what_only_looks_works_on_a_read_only_folder(read_only: Path) -> None:
    check = codehub("render", read_only, "--check")
    assert check.code == 1
    assert "config.yaml: would be written" in check.out
    assert codehub("status", read_only).code == 0


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let tests mount a file system")
    try:
        assert codehub("init", place, "--yes").code == 0
        before = (place / "codehub.yaml").read_bytes()
        codehub("render", place).refused(1, "No space left on device", "free space")
        assert (place / "codehub.yaml").read_bytes() == before
        left = {path.name for path in place.rglob("*") if path.is_file()}
        assert left <= {"codehub.yaml", "lock", "state.json"}, left
    finally:
        subprocess.run(["umount", "-l", place], check=False)


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    assert codehub("init", tmp_path / "hub", "--set", "hub.auth.users=alice").code == 0
    return tmp_path / "hub"


def _without(setup: Path, **env: str) -> list[Ended]:
    return [
        codehub("plan", setup, env=env),
        codehub("apply", setup, "--yes", "--progress", "json", env=env),
    ]


def test_no_docker_daemon_is_3(setup: Path) -> None:
    for ended in _without(setup, DOCKER_HOST="unix:///nonexistent/docker.sock", CODEHUB_HELM="true"):
        assert ended.out == ""
        ended.refused(3)


def test_no_helm_is_3(setup: Path) -> None:
    for ended in _without(setup, CODEHUB_HELM="/nonexistent/helm"):
        assert ended.out == ""
        ended.refused(3, "/nonexistent/helm")
