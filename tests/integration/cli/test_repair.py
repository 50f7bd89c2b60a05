"""A release that a killed Helm left locked: refused, asked about on a terminal, freed by --repair."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Small
from tests.kubeapi import FakeCluster
from tests.support.helm_lock import lock_release
from tests.support.terminal import on_terminal

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]


def _values(small: Small) -> tuple[Path, ...]:
    return (small.folder / "config.yaml", small.folder / "secrets.yaml")


def _history(small: Small, helm: Path, cluster: FakeCluster) -> list[dict[str, Any]]:
    argv = [str(helm), "history", "jhub", "--namespace", _namespace(small), "-o", "json"]
    env = {**os.environ, **cluster.env()}
    said = subprocess.run(argv, env=env, capture_output=True, text=True, check=False).stdout
    found: list[dict[str, Any]] = json.loads(said) if said else []
    return found


def _namespace(small: Small) -> str:
    return small.image.partition(":")[0]


def test_an_upgrade_is_rolled_back_after_a_question(small: Small, cluster: FakeCluster, helm3: Path) -> None:
    assert small.run("apply", "--yes").code == 0
    lock_release(helm3, cluster, _namespace(small), values=_values(small))
    assert _history(small, helm3, cluster)[-1]["status"] == "pending-upgrade"

    small.run("apply", "--yes").refused(3, "release", "pending-upgrade", "codehub apply --repair")
    with on_terminal("apply", small.folder, env=small.env) as session:
        session.answer("Roll jhub back to revision 1?", "n")
        session.read_until("Nothing was done.")
        assert session.finish() == 0
        assert "Say yes only if nobody else is deploying it." in session.text
    assert _history(small, helm3, cluster)[-1]["status"] == "pending-upgrade"

    with on_terminal("apply", small.folder, env=small.env) as session:
        session.answer("Roll jhub back to revision 1?", "y")
        session.answer("Do this now?", "y")
        assert session.finish() == 0
    rolled_back, upgraded = _history(small, helm3, cluster)[-2:]
    assert (rolled_back["description"], upgraded["status"]) == ("Rollback to 1", "deployed")
    logs = sorted((small.folder / ".codehub" / "logs").glob("*/*repair*"))
    assert logs, "what the repair did is kept"


def test_a_first_install_is_uninstalled_with_a_warning(small: Small, cluster: FakeCluster, helm3: Path) -> None:
    lock_release(helm3, cluster, _namespace(small), values=_values(small))
    assert [row["status"] for row in _history(small, helm3, cluster)] == ["pending-install"]
    ended = small.run("apply", "--yes", "--repair", "--progress", "json")
    assert ended.code == 0, ended.err
    assert "removes the volume with the hub's database" in ended.err
    started = [event for event in ended.events if event["event"] == "run-started"]
    assert [step["id"] for step in started[0]["steps"]] == ["repair"]
    assert "helm uninstall jhub" in started[0]["steps"][0]["command"]
    assert [row["status"] for row in _history(small, helm3, cluster)] == ["deployed"]
    again = small.run("apply", "--yes", "--repair")
    assert again.code == 0, "a release that is not locked needs no repair, and is not refused one"
