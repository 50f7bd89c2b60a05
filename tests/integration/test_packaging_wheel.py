"""A wheel, really built and really installed: the command runs and finds its files without a checkout."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import wizard
from tests.support.parts import ROOT

pytestmark = [pytest.mark.tier("network"), pytest.mark.timeout(600)]


def _run(*command: str | Path, cwd: Path) -> str:
    # Nothing of this checkout may be importable by way of the environment.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made by way of the source distribution as a release is."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel and what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=True)
    _run(folder / "bin/python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return folder


def test_the_wheel_holds_every_asset_of_the_checkout(wheel: Path) -> None:
    listed = _run("git", "ls-files", "assets", cwd=ROOT).split("\n") if (ROOT / ".git").exists() else []
    wanted = [name.replace("assets/", "wizard/_assets/", 1) for name in listed if name and (ROOT / name).is_file()]
    if not wanted:
        pytest.skip("missing: git's list of the assets")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert set(wanted) <= set(names)
        for name in wanted:
            assert archive.read(name) == (ROOT / name.replace("wizard/_assets/", "assets/", 1)).read_bytes()
    assert "wizard/py.typed" in names
    assert not [name for name in names if not name.startswith(("wizard/", "codehub_wizard-"))]


def test_the_command_runs_from_anywhere(installed: Path, tmp_path: Path) -> None:
    assert wizard.__version__ in _run(installed / "bin/codehub", "--version", cwd=tmp_path)
    assert "Usage" in _run(installed / "bin/codehub", "--help", cwd=tmp_path)


def test_the_installed_package_uses_its_own_assets(installed: Path, tmp_path: Path) -> None:
    code = (
        "import json, wizard.assets as a;"
        "print(json.dumps([str(a.assets_folder()), a.asset_text('dockerfiles/Dockerfile.notebook')]))"
    )
    folder, text = json.loads(_run(installed / "bin/python", "-c", code, cwd=tmp_path))
    assert Path(folder).is_relative_to(installed)
    assert text == (ROOT / "assets/dockerfiles/Dockerfile.notebook").read_text(encoding="utf-8")


def test_a_setup_is_made_without_a_checkout(installed: Path, tmp_path: Path) -> None:
    _run(installed / "bin/codehub", "init", "team", "--yes", cwd=tmp_path)
    assert (tmp_path / "team" / "codehub.yaml").read_text(encoding="utf-8")
