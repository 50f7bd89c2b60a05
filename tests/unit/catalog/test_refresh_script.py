"""scripts/refresh_catalog.py: brings the bundled lists up to date from real sources, and says what changed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.parts import ROOT
from tests.unit.catalog import loopback

SCRIPT = ROOT / "scripts" / "refresh_catalog.py"
CHANGELOG = "# Changelog\n\n## Unreleased\n\nCode v1.999.9\n\n## [4.998.0](x) - 2027-01-02\n\nCode v1.998.3\n"


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "assets" / "catalog", tmp_path / "assets"))


@pytest.fixture
def no_npm(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "bin"
    folder.mkdir()
    git = shutil.which("git")
    if git:
        (folder / "git").symlink_to(git)
    return {"PATH": str(folder), "HOME": str(tmp_path), "LANG": "C.UTF-8"}


def _run(assets: Path, env: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(SCRIPT), "--assets", str(assets), "--timeout", "20", *options]
    return subprocess.run(argv, capture_output=True, text=True, env=dict(env), timeout=90, check=False)


def _load(assets: Path, name: str, key: str) -> list[dict[str, object]]:
    return list(json.loads((assets / name).read_text(encoding="utf-8"))[key])


@pytest.mark.tier("git")
def test_new_tags_are_read_from_the_repository_and_new_charts_from_the_index(
    tmp_path: Path, assets: Path, no_npm: dict[str, str]
) -> None:
    tags = {
        "v4.133.0": {".node-version": "24.18.0\n", "CHANGELOG.md": "# Changelog\n"},
        "v4.998.0": {".node-version": "26.1.0\n", "CHANGELOG.md": CHANGELOG},
        "v4.999.0-rc.1": {".node-version": "26.2.0\n"},
    }
    repository = loopback.make_repository(tmp_path / "code-server", tags)
    answers = {"/index.yaml": loopback.body(loopback.index_yaml(("4.90.0", "5.9.0"), ("4.4.0", "5.5.0")))}
    with loopback.serve(answers) as site:
        places = ("--code-server-git", f"file://{repository}", "--chart-repository", site.address)
        checked = _run(assets, no_npm, *places, "--check")
        assert checked.returncode == 1, checked.stderr
        assert "3 entries would change." in checked.stdout
        assert _load(assets, "charts.json", "releases")[0]["version"] == "4.4.0"
        done = _run(assets, no_npm, *places)
        assert done.returncode == 0, done.stderr
        again = _run(assets, no_npm, *places, "--check")
    assert done.stdout.splitlines() == [
        "+ code-server v4.999.0-rc.1",
        "+ code-server v4.998.0",
        "+ charts 4.90.0",
        "3 entries changed.",
    ]
    assert "npm: npm is not installed" in done.stderr
    assert (again.returncode, again.stdout) == (0, "0 entries would change.\n")
    candidate, release = _load(assets, "code-server.json", "tags")[:2]
    assert (release["node"], release["node_major"], release["vscode"]) == ("26.1.0", 26, "1.998.3")
    assert release["estimated"] is False
    assert release["date"]
    assert (candidate["node"], candidate["vscode"], candidate["prerelease"]) == ("26.2.0", "1.999.9", True)
    chart = _load(assets, "charts.json", "releases")[0]
    assert (chart["jupyterhub"], chart["hub_image"]) == ("5.9.0", "quay.io/jupyterhub/k8s-hub:4.90.0")


def test_from_files_without_a_network(tmp_path: Path, assets: Path, no_npm: dict[str, str]) -> None:
    listed = tmp_path / "ls-remote.txt"
    listed.write_text("3b2f1c4d5e6f708192a3b4c5d6e7f8091a2b3c4d\trefs/tags/v4.997.0\n", encoding="utf-8")
    npm = tmp_path / "npm.json"
    npm.write_text('{"versions": ["4.997.0"], "time": {"4.997.0": "2027-01-03T00:00:00.000Z"}}', encoding="utf-8")
    index = tmp_path / "index.yaml"
    index.write_text(loopback.index_yaml(("5.0.0", "5.9.0")), encoding="utf-8")
    options = ("--no-live", "--ls-remote", str(listed), "--npm-json", str(npm), "--index", str(index))
    done = _run(assets, no_npm, *options)
    assert done.stdout.splitlines() == ["+ code-server v4.997.0", "+ charts 5.0.0", "2 entries changed."], done.stderr
    tag = _load(assets, "code-server.json", "tags")[0]
    assert (tag["tag"], tag["date"], tag["estimated"]) == ("v4.997.0", "2027-01-03", True)


def test_nothing_to_read_changes_nothing(tmp_path: Path, assets: Path, no_npm: dict[str, str]) -> None:
    before = {file.name: file.read_bytes() for file in assets.iterdir()}
    with loopback.serve({}) as site:
        nowhere = str(tmp_path / "none")
        done = _run(assets, no_npm, "--code-server-git", nowhere, "--chart-repository", site.address)
    assert done.returncode == 3
    assert "No source could be read" in done.stderr
    assert "answered 404" in done.stderr
    assert {file.name: file.read_bytes() for file in assets.iterdir()} == before


@pytest.mark.tier("shared")
def test_the_bundled_lists_have_all_that_was_measured(assets: Path, no_npm: dict[str, str]) -> None:
    reference = ROOT.parent / "shared" / "reference"
    files = ("--tags-csv", str(reference / "code-server-tags.csv"))
    charts = ("--charts-json", str(reference / "chart-versions.json"))
    done = _run(assets, no_npm, "--no-live", "--check", *files, *charts)
    assert (done.returncode, done.stdout) == (0, "0 entries would change.\n"), done.stderr
