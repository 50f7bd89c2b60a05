"""A setup that is deployed by the real Docker and Helm 3 or 4 to a cluster in memory, from a chart repository."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.chart_repository import chart_repository
from tests.support.program import Ended, codehub

OWN = """\
# what the lecturers asked for
hub:
  config:
    jupyterHub:
      admin_access: false  # not even for admins
"""


@dataclass(frozen=True)
class Deployed:
    folder: Path
    env: dict[str, str]
    image: str
    cluster: FakeCluster

    @property
    def database(self) -> Path:
        """The hub's, on its volume."""
        return self.folder.parent / "volume" / "jupyterhub.sqlite"

    def run(self, name: str, *options: str) -> Ended:
        return codehub(name, self.folder, *options, env=self.env, seconds=200)

    def good(self, name: str, *options: str) -> Ended:
        ended = self.run(name, *options)
        assert ended.code == 0, ended.out + ended.err
        return ended

    def helm(self, *arguments: str) -> str:
        where = ["--namespace", self.image.partition(":")[0]]
        argv = [self.env["CODEHUB_HELM"], *arguments, "jhub", *where]
        return subprocess.run(argv, env=self.cluster.env(), capture_output=True, text=True, check=True).stdout

    def history(self) -> Any:
        return json.loads(self.helm("history", "--output", "json"))

    def waits_for(self, reason: str) -> bool:
        """Whether a container does not come up, for this reason."""
        states = [
            status["state"].get("waiting", {}).get("reason")
            for pod in self.cluster.items("pods")
            for status in pod.get("status", {}).get("containerStatuses", [])
        ]
        return reason in states

    def values(self) -> Any:
        return yaml.safe_load(self.helm("get", "values", "--output", "yaml"))

    def files(self) -> dict[str, bytes]:
        """Everything that a person sees, and what codehub remembers of it."""
        found = {str(path.relative_to(self.folder)): path for path in self.folder.rglob("*") if path.is_file()}
        machine = (".codehub/backups", ".codehub/logs", ".codehub/lock", ".codehub/revisions", ".codehub/state.json")
        return {name: path.read_bytes() for name, path in found.items() if not name.startswith(machine)}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.tier(name)) for name in ("helm3", "helm4")])
def deployed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployed]:
    helm = parts.program(request.param)
    assert helm is not None
    name = f"upgrade-test-{uuid.uuid4().hex[:8]}"
    with FakeCluster(tmp_path / "cluster") as cluster, chart_repository(tmp_path / "charts", helm) as repository:
        env = {
            "CODEHUB_HELM": str(helm),
            "KUBECONFIG": str(cluster.kubeconfig),
            "CODEHUB_CODE_SERVER_GIT": str(tmp_path / "no-git"),
        }
        made = Deployed(tmp_path / "hub", env, f"{name}:1.0.0", cluster)
        settings = {
            "code_server.version": "v4.9.1",
            "images.notebook.name": name,
            "target.context": cluster.context,
            "target.namespace": name,
            "target.delivery": "same-daemon",
            "target.chart.source": repository,
            "target.verify": "none",
            "target.chart.version": "3.3.8",
            "hub.auth.kind": "dummy",
            "hub.auth.insecure_dummy": "true",
            "hub.auth.users": "alice",
        }
        made.good("init", *(word for field, value in settings.items() for word in ("--set", f"{field}={value}")))
        answers = made.folder / "codehub.yaml"
        answers.write_text(answers.read_text().replace("code_server:", "# by the team\ncode_server:"))
        made.good("render")
        (made.folder / "values.extra.yaml").write_text(OWN)
        (made.folder / "Dockerfile.notebook").write_text(
            f"FROM {parts.BASE_IMAGE}\nARG CODE_SERVER_VERSION\nRUN echo $CODE_SERVER_VERSION > /version\n"
        )
        made.good("apply", "--yes")
        made.database.parent.mkdir()
        cluster.scenario.mounts["/srv/jupyterhub"] = made.database.parent
        with closing(sqlite3.connect(made.database)) as hub, hub:
            hub.execute("CREATE TABLE users (name TEXT)")
            hub.execute("INSERT INTO users VALUES ('alice')")
        yield made
    # By name: an image that another test built from the same lines is the same one, and has its id.
    subprocess.run(["docker", "image", "rm", "--force", *tags(name)], capture_output=True, check=False)


def tags(name: str) -> list[str]:
    """An image's references in the daemon."""
    argv = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", name]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
