"""./codehub in a fresh copy of the checkout: first starts, two at once, an interrupted one, and a quick second."""

import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import wizard
from tests.support.parts import ROOT
from tests.support.processes import wait_until

pytestmark = [pytest.mark.tier("network"), pytest.mark.timeout(900)]

_FIRST = "First start: installing"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout that has never been started, in a folder with a blank in its name."""
    folder = tmp_path_factory.mktemp("fresh copy") / "codehub"
    left_out = shutil.ignore_patterns(".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "results", "tests")
    shutil.copytree(ROOT, folder, ignore=left_out)
    return folder


def _start(checkout: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [checkout / "codehub", "--version"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _children_seconds() -> float:
    """The processor time of all ended children: unlike the clock, it does not run on while others work."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_an_interrupted_first_start_and_then_two_at_once(checkout: Path) -> None:
    interrupted = _start(checkout)
    log = checkout / ".venv" / "install.log"
    wait_until(lambda: log.exists() and log.stat().st_size > 0, "pip to be at work", seconds=120)
    os.killpg(interrupted.pid, signal.SIGKILL)
    interrupted.communicate()
    assert not list((checkout / ".venv").glob("*.stamp"))

    started = [_start(checkout), _start(checkout)]
    results = [(*process.communicate(), process.returncode) for process in started]
    for out, err, code in results:
        assert (code, wizard.__version__ in out) == (0, True), err
    said = "".join(err for _, err, _ in results)
    assert said.count(_FIRST) == 1
    assert "Another start is installing the libraries" in said


def test_a_later_start_installs_nothing_and_costs_nothing(checkout: Path) -> None:
    first = _start(checkout)
    assert first.communicate()[1].count(_FIRST) <= 1
    venv = checkout / ".venv"
    bare = [str(venv / "bin/python"), "-P", str(venv / "bin/codehub"), "--version"]
    seconds: dict[str, list[float]] = {"bare": [], "launcher": []}
    for _ in range(15):
        for name, command in (("bare", bare), ("launcher", [str(checkout / "codehub"), "--version"])):
            begun = _children_seconds()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds[name].append(_children_seconds() - begun)
            assert done.stderr == ""
    assert min(seconds["launcher"]) - min(seconds["bare"]) < 0.030


def test_a_changed_pyproject_brings_the_environment_up_to_date(checkout: Path) -> None:
    _start(checkout).communicate()
    with (checkout / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write("\n# changed\n")
    again = _start(checkout)
    out, err = again.communicate()
    assert (again.returncode, wizard.__version__ in out) == (0, True), err
    assert "Bringing the libraries in .venv up to date" in err
    assert _start(checkout).communicate()[1] == ""


def test_an_installation_that_fails_names_the_log(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (checkout / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write("\n# changed again\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(checkout / "nothing"))
    failed = _start(checkout)
    out, err = failed.communicate()
    assert (failed.returncode, out) == (3, "")
    assert "codehub's libraries could not be installed." in err
    assert str(checkout / ".venv" / "install.log") in err
    assert not list((checkout / ".venv").glob("*.stamp"))
