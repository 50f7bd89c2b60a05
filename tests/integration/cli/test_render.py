"""`codehub render`: files written once, a person's changes kept and said so, and `--check`."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from tests.support.program import codehub


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    assert codehub("init", tmp_path / "hub", "--set", "hub.auth.users=alice").code == 0
    return tmp_path / "hub"


def test_files_are_written_once(setup: Path) -> None:
    first = codehub("render", setup)
    assert (first.code, first.err) == (0, "")
    assert "written  config.yaml" in first.out
    assert stat.S_IMODE((setup / "secrets.yaml").stat().st_mode) == 0o600
    secrets = (setup / "secrets.yaml").read_bytes()
    again = codehub("render", setup)
    assert again.out == "Nothing to write: the files are as they should be.\n"
    assert (setup / "secrets.yaml").read_bytes() == secrets


def test_check_writes_nothing_and_says_what_would_change(setup: Path) -> None:
    before = sorted(path.name for path in setup.iterdir())
    check = codehub("render", setup, "--check")
    assert check.code == 1
    assert "new      config.yaml: would be written" in check.out
    assert sorted(path.name for path in setup.iterdir()) == before
    assert codehub("render", setup).code == 0
    check = codehub("render", setup, "--check")
    assert (check.code, check.out) == (0, "")
    assert codehub("init", setup, "--set", "hub.cull.timeout=900").code == 0
    check = codehub("render", setup, "--check")
    assert check.code == 1
    assert "changed  config.yaml: would be changed" in check.out
    assert re.search(r"^    - +timeout: 3600$", check.out, re.MULTILINE)


def test_a_persons_change_is_kept_until_they_give_it_up(setup: Path) -> None:
    assert codehub("render", setup).code == 0
    config = setup / "config.yaml"
    mine = config.read_text(encoding="utf-8") + "# mine\n"
    config.write_text(mine, encoding="utf-8")
    assert codehub("render", setup).err == ""
    assert codehub("init", setup, "--set", "hub.cull.timeout=900").code == 0
    check = codehub("render", setup, "--check")
    assert "yours    config.yaml: would be kept" in check.out
    kept = codehub("render", setup)
    assert kept.code == 0
    assert "you changed it" in kept.err
    assert "--overwrite config.yaml" in kept.err
    assert config.read_text(encoding="utf-8") == mine
    taken = codehub("render", setup, "--overwrite", "config.yaml")
    assert "written  config.yaml" in taken.out
    assert "timeout: 900" in config.read_text(encoding="utf-8")
    assert "# mine" not in config.read_text(encoding="utf-8")


def test_the_values_of_secrets_are_not_shown(setup: Path) -> None:
    assert codehub("render", setup).code == 0
    secrets = setup / "secrets.yaml"
    kept = [line.split('"')[1] for line in secrets.read_text(encoding="utf-8").splitlines() if '"' in line]
    secrets.write_text("hub: {config: {SharedPasswordAuthenticator: {user_password: hunter22hunter22}}}\n")
    check = codehub("render", setup, "--check")
    assert check.code == 1
    assert "secrets.yaml" in check.out
    assert not [word for word in (*kept, "hunter22") if word in check.out + check.err]
