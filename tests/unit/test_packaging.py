"""What holds for the repository as a whole: its launchers, its pins, and what must never be in it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import wizard
from tests.support.parts import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LAUNCHERS = ("codehub", "check", ".ci/run")
# Put together here, so that this file does not hold what it looks for.
REGISTRY_HOSTS = re.compile("://[a-z.]*(python" + "hosted|npm" + r"js|deb" + r"ian)\.")


def _tracked() -> list[Path]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("missing: git and its folder .git, to list the files of the repository")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]


def test_the_command_is_installed_under_its_name() -> None:
    (command,) = entry_points(group="console_scripts", name="codehub")
    assert command.value == "wizard.cli:main"
    assert metadata("codehub-wizard")["Version"] == wizard.__version__


@pytest.mark.parametrize("name", LAUNCHERS)
def test_launchers_are_executable(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)


def test_this_python_is_one_that_the_package_supports() -> None:
    assert Version(".".join(map(str, sys.version_info[:2]))) in SpecifierSet(PROJECT["requires-python"])


def test_every_dependency_has_a_range_and_the_pins_are_within_it() -> None:
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    pinned = {}
    for line in lines:
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            pinned[re.sub(r"[-_.]+", "-", name).lower()] = Version(version)
    for text in wanted:
        requirement = Requirement(text)
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert len(requirement.specifier) > 0, f"{text}: no range"
        assert pinned[name] in requirement.specifier, f"{text}: the pin {pinned[name]} is outside"


def test_no_registry_host_is_in_the_repository() -> None:
    files = [path for path in _tracked() if path.is_file()]
    assert ROOT / "pyproject.toml" in files
    assert [path for path in files if REGISTRY_HOSTS.search(path.read_bytes().decode("utf-8", "replace"))] == []
