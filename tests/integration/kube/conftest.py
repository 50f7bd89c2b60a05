"""The in-memory API, and the real Helm 3 and Helm 4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.recorder import Recorder
from wizard.tools import helm as helm_tool
from wizard.tools.helm import Helm, Release
from wizard.tools.helm_chart import Chart

CHART = Chart(str(parts.ROOT / "tests" / "charts" / "jupyterhub"))
NAMESPACE = "codehub"
VALUES = """
prePuller: {hook: {enabled: false}, continuous: {enabled: false}}
scheduling: {userScheduler: {enabled: false}}
hub: {image: {name: "code-server-hub", tag: "1.0.0"}}
singleuser: {image: {name: "code-server-notebook", tag: "1.0.0"}}
"""


@pytest.fixture
def said() -> Recorder:
    """What the tool reported."""
    return Recorder()


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """An in-memory cluster that KUBECONFIG names."""
    with FakeCluster(tmp_path / "cluster") as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


@pytest.fixture(
    params=[
        pytest.param("helm3", marks=pytest.mark.tier("helm3")),
        pytest.param("helm4", marks=pytest.mark.tier("helm4")),
    ]
)
async def helm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Helm:
    """The real Helm 3, then the real Helm 4."""
    monkeypatch.setenv("CODEHUB_HELM", str(parts.program(request.param)))
    return await helm_tool.find()


@pytest.fixture
def release(helm: Helm, cluster: FakeCluster) -> Release:
    return Release(helm=helm, name="jhub", namespace=NAMESPACE, context=cluster.context)


@pytest.fixture
def values(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(VALUES)
    return path


def change(path: Path, pattern: str, new: str) -> None:
    """Edit a values file; fails when there is nothing to edit."""
    text, count = re.subn(pattern, new, path.read_text())
    assert count, f"{pattern} is not in {path}"
    path.write_text(text)
