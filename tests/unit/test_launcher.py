"""./codehub where it cannot start: the person is told what is missing and what to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.parts import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What ./codehub needs, without a virtual environment; the folder's name has a blank."""
    folder = tmp_path / "my checkout"
    (folder / ".ci").mkdir(parents=True)
    for name in ("codehub", "pyproject.toml", "requirements-dev.txt", ".ci/venv.sh", ".ci/make_venv.py"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def _start(checkout: Path, search: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    # The shell's own tools, but no Python except those in `search`.
    tools = checkout.parent / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("cat", "cksum", "readlink"):
        if not (tools / name).exists():
            (tools / name).symlink_to(str(shutil.which(name)))
    environment = {**os.environ, "PATH": f"{search}:{tools}", **extra}
    command = ["/bin/sh", str(checkout / "codehub"), "--version"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def _fake_python(folder: Path, name: str, answer: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{answer}'\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def test_no_python_at_all(checkout: Path, tmp_path: Path) -> None:
    result = _start(checkout, tmp_path / "nothing")
    assert result.returncode == 3
    assert result.stdout == ""
    assert "needs Python 3.11, 3.12 or 3.13" in result.stderr
    assert "do:  install one" in result.stderr


def test_only_a_python_that_is_too_old(checkout: Path, tmp_path: Path) -> None:
    _fake_python(tmp_path / "old", "python3", "version False")
    assert "needs Python 3.11" in _start(checkout, tmp_path / "old").stderr


def test_a_python_without_venv_names_the_package(checkout: Path, tmp_path: Path) -> None:
    _fake_python(tmp_path / "bare", "python3", "version True")
    result = _start(checkout, tmp_path / "bare")
    assert result.returncode == 3
    assert "python3 is there, but without its modules venv and ensurepip" in result.stderr
    assert "sudo apt install python3-venv" in result.stderr


def test_a_python_that_is_named_is_the_only_one_tried(checkout: Path, tmp_path: Path) -> None:
    result = _start(checkout, tmp_path / "nothing", CODEHUB_PYTHON="/opt/no/python")
    assert "tried /opt/no/python" in result.stderr


def test_a_finished_environment_is_used_as_it_is(checkout: Path, tmp_path: Path) -> None:
    venv = checkout / ".venv" / "bin"
    venv.mkdir(parents=True)
    _fake_python(venv, "python", "started")
    with (checkout / "pyproject.toml").open("rb") as project:
        checksum = subprocess.run(["cksum"], stdin=project, capture_output=True, text=True, check=True).stdout.strip()
    (checkout / ".venv" / "codehub-user.stamp").write_text(f"{checksum} {checkout.resolve()}\n", encoding="utf-8")
    result = _start(checkout, tmp_path / "nothing")
    assert (result.returncode, result.stdout) == (0, "started\n")


def test_a_start_through_a_link_finds_the_checkout(checkout: Path, tmp_path: Path) -> None:
    link = tmp_path / "bin" / "codehub"
    link.parent.mkdir()
    link.symlink_to("../my checkout/codehub")
    result = subprocess.run(
        ["/bin/sh", link],
        check=False,
        env={**os.environ, "CODEHUB_PYTHON": "/opt/no/python"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "tried /opt/no/python" in result.stderr
