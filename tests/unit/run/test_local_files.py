"""A person's own files: found from the setup folder, and named by their answer when they cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.render.setups import setup
from wizard.errors import UsageError
from wizard.run.local_files import absolute, read_local_files


def test_paths_begin_at_the_setup_folder_or_at_home(tmp_path: Path) -> None:
    assert absolute(tmp_path, "a/b.pem") == tmp_path / "a/b.pem"
    assert absolute(tmp_path, "/etc/ssl/ca.pem") == Path("/etc/ssl/ca.pem")
    assert absolute(tmp_path, "~/ca.pem") == Path.home() / "ca.pem"


def test_every_file_is_read_under_its_answer(tmp_path: Path) -> None:
    for name in ("x.vsix", "settings.json", "extra", "ca.pem"):
        (tmp_path / name).write_text(name)
    chosen = setup(
        code_server__extensions=["ms-python.python", "./x.vsix"],
        code_server__settings="settings.json",
        images__notebook__extra="extra",
        build__ca_bundle="ca.pem",
    )
    expected = {"./x.vsix": b"x.vsix", "settings.json": b"settings.json", "extra": b"extra", "ca.pem": b"ca.pem"}
    assert read_local_files(chosen, tmp_path) == expected


@pytest.mark.parametrize("path", ["missing.json", "/missing.json", "~nobody-here/x.json", "a folder", "pipe"])
def test_what_cannot_be_read_names_its_answer(tmp_path: Path, path: str) -> None:
    (tmp_path / "a folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match=r"code_server\.settings"):
        read_local_files(setup(code_server__settings=path), tmp_path)


@pytest.mark.parametrize("path", ["missing.pem", "~nobody-here/ca.pem"])
def test_a_missing_ca_is_the_builds_to_report(tmp_path: Path, path: str) -> None:
    assert read_local_files(setup(build__ca_bundle=path), tmp_path) == {}


def test_nothing_is_read_where_nothing_is_built(tmp_path: Path) -> None:
    assert read_local_files(setup(target__kind="local", code_server__settings="missing"), tmp_path) == {}
