"""`codehub upgrade` and `codehub rollback` with the real Docker, Helm 3 and 4, a chart repository and a cluster in
memory: what is changed, what goes back, and that nothing else does."""

from __future__ import annotations

import json
import signal
import sqlite3
import stat
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
from tests.support.processes import wait_until
from tests.support.program import Ended, codehub, command, environment

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image"), pytest.mark.timeout(400)]

OWN = """\
# what the lecturers asked for
hub:
  config:
    jupyterHub:
      admin_access: false  # not even for admins
"""


@dataclass(frozen=True)
class Setup:
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

    def hub_crashes(self) -> bool:
        """Whether a hub does not come up."""
        states = [
            status["state"].get("waiting", {}).get("reason")
            for pod in self.cluster.items("pods")
            for status in pod.get("status", {}).get("containerStatuses", [])
        ]
        return "CrashLoopBackOff" in states

    def values(self) -> Any:
        return yaml.safe_load(self.helm("get", "values", "--output", "yaml"))

    def files(self) -> dict[str, bytes]:
        """Everything that a person sees, and what codehub remembers of it."""
        found = {str(path.relative_to(self.folder)): path for path in self.folder.rglob("*") if path.is_file()}
        machine = (".codehub/backups", ".codehub/logs", ".codehub/lock", ".codehub/revisions", ".codehub/state.json")
        return {name: path.read_bytes() for name, path in found.items() if not name.startswith(machine)}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.tier(name)) for name in ("helm3", "helm4")])
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setup]:
    helm = parts.program(request.param)
    assert helm is not None
    name = f"upgrade-test-{uuid.uuid4().hex[:8]}"
    with FakeCluster(tmp_path / "cluster") as cluster, chart_repository(tmp_path / "charts", helm) as repository:
        env = {
            "CODEHUB_HELM": str(helm),
            "KUBECONFIG": str(cluster.kubeconfig),
            "CODEHUB_CODE_SERVER_GIT": str(tmp_path / "no-git"),
        }
        made = Setup(tmp_path / "hub", env, f"{name}:1.0.0", cluster)
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


def test_across_majors_and_back_again(setup: Setup) -> None:
    before, secrets = setup.files(), (setup.folder / "secrets.yaml").read_bytes()
    old_values = setup.values()
    dry = setup.good("upgrade", "--code-server", "v4.100.3", "--chart", "4.4.0", "--dry-run", "--progress", "json")
    found = dry.document
    assert {change["path"] for change in found["changes"]} == {
        "code_server.version", "images.notebook.tag", "target.chart.version"
    }  # fmt: skip
    assert [one["version"] for one in found["advice"]] == ["4.0.0", "4.3.0"]
    saved = Path(found["backup"]["file"])
    assert saved.parent == setup.folder / ".codehub" / "backups"
    rows = {row["name"]: row for row in found["columns"]}
    assert (rows["chart"]["deployed"], rows["chart"]["files"], rows["chart"]["newest"]) == ("3.3.8", "3.3.8", "4.4.0")
    assert rows["code-server"]["deployed"] == "v4.9.1"
    assert rows["JupyterHub"]["deployed"] == "4.1.6"
    assert found["drift"] == ["Dockerfile.notebook was changed by hand."]
    assert setup.files() == before

    setup.run("upgrade").refused(2, "there is nobody to ask", "--yes")
    shown = setup.good("upgrade", "--code-server", "v4.100.3", "--chart", "4.4.0", "--yes")
    assert "v4.9.1 -> v4.100.3" in shown.out
    assert str(saved) in found["backup"]["restore"][0]
    with closing(sqlite3.connect(saved)) as copy:
        assert copy.execute("SELECT name FROM users").fetchall() == [("alice",)]
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert f"is saved first to {saved}" in shown.out
    assert "Save the hub's database" in shown.out
    text = (setup.folder / "codehub.yaml").read_text()
    assert "# by the team\n" in text
    assert "4.4.0" in text
    extra = (setup.folder / "values.extra.yaml").read_text()
    assert extra.startswith("# what the lecturers asked for\n")
    assert "admin_access: false  # not even for admins" in extra
    assert yaml.safe_load(extra)["hub"]["config"] == {
        "JupyterHub": {"admin_access": False}, "KubeSpawner": {"slug_scheme": "escape"}
    }  # fmt: skip
    assert (setup.folder / "secrets.yaml").read_bytes() == secrets
    new_values = setup.values()
    assert new_values["hub"]["config"]["DummyAuthenticator"] == old_values["hub"]["config"]["DummyAuthenticator"]
    assert new_values["singleuser"]["image"]["tag"].startswith("1.0.1")
    again = setup.good("upgrade", "--code-server", "v4.100.3", "--yes")
    assert "Everything is as new as it can be here." in again.out
    assert setup.good("plan", "--json").document["to_run"] == 0

    listed = setup.good("rollback", "--list", "--json").document
    assert [past["revision"] for past in listed] == [1, 2]
    assert "code_server.version: v4.9.1 -> v4.100.3" in listed[1]["changes"]
    assert any("values.extra.yaml: +" in line for line in listed[1]["changes"])
    setup.run("rollback", "--to", "7", "--yes").refused(2, "There is no revision 7")
    back = setup.good("rollback", "--yes")
    assert "database does not go back: JupyterHub 5.5.0" in back.err
    assert setup.files() == before
    assert setup.values() == old_values
    assert setup.good("plan", "--json").document["to_run"] == 0
    assert [past["known"] for past in setup.good("rollback", "--list", "--json").document] == [True] * 3

    forward = setup.good("rollback", "--to", "2", "--yes")
    assert "Going back to revision 2" in forward.out
    assert (setup.folder / "values.extra.yaml").read_text() == extra
    assert setup.values() == new_values


def test_one_that_is_stopped_in_the_middle_is_taken_back_wholly(setup: Setup) -> None:
    before, old_values = setup.files(), setup.values()
    setup.cluster.scenario.crashing["hub"] = ("database is newer than me",)
    argv = command("upgrade", setup.folder, "--code-server", "v4.100.3", "--chart", "4.0.0", "--yes")
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(setup.env))
    # Helm says pending-upgrade before it touches the hub: only a hub that has crashed holds it up for certain.
    wait_until(setup.hub_crashes, "the new hub to crash", seconds=120)
    setup.cluster.scenario.crashing.clear()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=200)
    assert running.returncode == 130, out + err
    assert b"The answers and files are as they were before." in err
    # Helm goes back by itself where it gets the time to, else codehub has it do so.
    newest = setup.history()[-1]
    assert (newest["status"], newest["description"].lower()) == ("deployed", "rollback to 1"), out
    assert setup.files() == before
    assert setup.values() == old_values
    planned = setup.good("plan", "--json").document
    assert planned["to_run"] == 0, planned


def test_what_fails_is_taken_back_wholly(setup: Setup) -> None:
    old_values = setup.values()
    (setup.folder / "Dockerfile.notebook").write_text(f"FROM {parts.BASE_IMAGE}\nRUN exit 9\n")
    before = setup.files()
    setup.run("upgrade", "--code-server", "v4.100.3", "--yes").refused(1, "notebook image")
    assert setup.files() == before
    assert setup.values() == old_values

    (setup.folder / "values.extra.yaml").write_text(OWN + "noSuchKey: 1\n")
    before = setup.files()
    setup.run("upgrade", "--chart", "4.4.0", "--yes").refused(3, "noSuchKey")
    assert setup.files() == before


def test_images_that_are_gone_are_built_again(setup: Setup) -> None:
    setup.good("upgrade", "--code-server", "v4.100.3", "--yes")
    old = [reference for reference in tags(setup.image.partition(":")[0]) if ":1.0.0" in reference]
    assert old
    subprocess.run(["docker", "image", "rm", "--force", *old], check=True, capture_output=True)
    back = setup.good("rollback", "--to", "1", "--yes")
    assert "Build the notebook image" in back.out
    assert "4.9.1" in (setup.folder / "codehub.yaml").read_text()
    version = subprocess.run(
        ["docker", "run", "--rm", "--network=none", setup.image, "cat", "/version"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert version.strip().removeprefix("v") == "4.9.1"
    assert setup.good("plan", "--json").document["to_run"] == 0


def test_what_was_changed_behind_codehub_is_seen(setup: Setup) -> None:
    repository = yaml.safe_load((setup.folder / "codehub.yaml").read_text())["target"]["chart"]["source"]
    chart = ["jupyterhub", "--repo", repository, "--version", "3.3.8"]
    where = ["--namespace", setup.image.partition(":")[0], "--reuse-values", "--set", "debug.enabled=true"]
    argv = [setup.env["CODEHUB_HELM"], "upgrade", "jhub", *chart, *where]
    subprocess.run(argv, env=setup.cluster.env(), check=True, capture_output=True, cwd=setup.folder.parent)
    subprocess.run(["docker", "image", "rm", "--force", setup.image], check=True, capture_output=True)
    shown = setup.good("upgrade", "--dry-run")
    assert "Somebody changed the release: it is at revision 2, codehub left it at 1." in shown.out
    assert f"The image {setup.image} is no longer there." in shown.out
    assert "Dockerfile.notebook was changed by hand." in shown.out


def test_a_tag_that_the_registry_of_images_here_has_is_not_taken(setup: Setup) -> None:
    subprocess.run(["docker", "tag", parts.BASE_IMAGE, setup.image.replace("1.0.0", "1.0.1")], check=True)
    dry = setup.good("upgrade", "--code-server", "v4.100.3", "--dry-run", "--progress", "json").document
    assert {change["path"]: change["after"] for change in dry["changes"]}["images.notebook.tag"] == "1.0.2"
