"""The real wizard in tmux: from an empty folder by "Try it on this machine" to an editor that answers."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.test_wizard import Tmux, tmux  # noqa: F401 - a fixture
from tests.integration.local.conftest import TIERS
from tests.integration.local.tried import processes_of, try_environment
from tests.support.program import codehub

_NAMES = ("PATH", "XDG_CACHE_HOME", "XDG_DATA_HOME", "CODEHUB_TEST_RUN")

pytestmark = [pytest.mark.tier(*TIERS, "tmux"), pytest.mark.timeout(600)]


@pytest.fixture
def env(parts_cache: Path, tmp_path: Path) -> dict[str, str]:
    return try_environment(parts_cache, tmp_path / "data")


@pytest.fixture
def folder(env: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    """The setup's folder; what the wizard leaves running is ended."""
    made = tmp_path / "data" / "codehub" / "try"
    yield made
    if made.exists():
        codehub("destroy", made, "--yes", env=env)


def test_from_an_empty_folder_to_an_answering_hub(
    folder: Path,
    tmp_path: Path,
    env: dict[str, str],
    tmux: Tmux,  # noqa: F811 - the fixture
) -> None:
    tmux.start(tmp_path / "hub", {name: env[name] for name in _NAMES})
    tmux.wait_for("Enter: ")
    tmux.press("Down", "Enter")
    tmux.wait_for("+ secrets.yaml")
    tmux.press("2")
    tmux.wait_for("Install JupyterHub")
    tmux.press("C-r")
    tmux.wait_for("✔ Deployed.", seconds=300)
    tmux.wait_for("http://127.0.0.1:")
    url = re.search(r"http://127\.0\.0\.1:\d+/", tmux.text)
    assert url
    with urllib.request.urlopen(f"{url[0]}hub/api", timeout=30) as answer:
        assert json.load(answer)["version"]
    tmux.press("PageDown")
    tmux.wait_for(f"running at {url[0]}")
    tmux.press("C-q")
    tmux.wait_for("ended with 0")
    assert f"running at {url[0]}" in codehub("status", folder, env=env).out
    assert not (tmp_path / "hub").exists()
    assert codehub("destroy", folder, "--yes", env=env).code == 0
    assert processes_of(env) == []
