"""A setup whose images build in a moment: the person has put Dockerfiles of their own in place of codehub's."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.cli.deployed import deployed, tags  # noqa: F401 - a fixture
from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.program import Ended, codehub

CHART = parts.ROOT / "tests" / "charts" / "jupyterhub"


@dataclass(frozen=True)
class Small:
    """A setup folder, and the environment in which its cluster and its Helm are found."""

    folder: Path
    env: dict[str, str]
    image: str

    def run(self, *arguments: str, **more: str) -> Ended:
        """codehub with a command for this folder."""
        name, *options = arguments
        return codehub(name, self.folder, *options, env={**self.env, **more}, seconds=120)

    def dockerfile(self, *instructions: str) -> None:
        """Put other instructions into Dockerfile.notebook, as a person would."""
        text = "\n".join([f"FROM {parts.BASE_IMAGE}", *instructions, ""])
        (self.folder / "Dockerfile.notebook").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeCluster]:
    with FakeCluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path, cluster: FakeCluster, helm3: Path) -> Iterator[Small]:
    name = f"cli-test-{uuid.uuid4().hex[:8]}"
    made = Small(tmp_path / "hub", {"CODEHUB_HELM": str(helm3), "KUBECONFIG": str(cluster.kubeconfig)}, f"{name}:1.0.0")
    settings = {
        "images.notebook.name": name,
        "target.context": cluster.context,
        "target.namespace": name,
        "target.delivery": "same-daemon",
        "target.chart.source": str(CHART),
        "target.verify": "none",  # there is no hub behind the in-memory API
        "hub.auth.users": "alice",
    }
    flags = [word for field, value in settings.items() for word in ("--set", f"{field}={value}")]
    assert made.run("init", *flags).code == 0
    assert made.run("render").code == 0
    made.dockerfile("RUN echo built-by-a-person")
    yield made
    subprocess.run(["docker", "image", "rm", "--force", *tags(name)], capture_output=True, check=False)


@pytest.fixture
def image_exists() -> Callable[[str], bool]:
    """Whether the Docker daemon has an image."""
    return lambda name: (
        subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False).returncode == 0
    )
