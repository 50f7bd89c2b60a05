"""Bringing up a compose document through the Docker API: what is made anew, what is taken back, and what is said."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.docker_target.hosted import Hosted, inspect, kill, remove_all
from tests.integration.images.building import docker
from tests.support import parts
from tests.support.processes import wait_until
from tests.support.recorder import Recorder
from wizard.errors import StepFailed, UsageError
from wizard.tools import docker_compose, docker_host

pytestmark = [pytest.mark.tier("docker", "base_image"), pytest.mark.timeout(120)]


class Project:
    """A document with one service that sleeps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"dt-{uuid.uuid4().hex[:8]}"
        self.container = f"{self.name}-hub"
        labels = {"codehub.project": self.name}
        self.service: dict[str, Any] = {
            "image": parts.BASE_IMAGE,
            "container_name": self.container,
            "init": True,
            "restart": "unless-stopped",
            "command": ["sleep", "600"],
            "env_file": ["its.env"],
            "volumes": ["data:/data"],
            "networks": {"default": {"aliases": ["sleeper"]}},
            "labels": labels,
        }
        self.document: dict[str, Any] = {
            "name": self.name,
            "services": {"hub": self.service},
            "networks": {"default": {"name": self.name, "labels": labels}},
            "volumes": {"data": {"name": f"{self.name}-data", "labels": labels}},
        }
        (folder / "its.env").write_text("# a comment\nSECRET=a=b $c\n", encoding="utf-8")

    def up(self) -> tuple[str, ...]:
        wanted = docker_compose.marks(self.document, self.folder, {})
        return asyncio.run(docker_compose.up(self.document, self.folder, wanted, Recorder()))

    @property
    def id(self) -> str:
        return str(inspect(self.container)["Id"])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    remove_all(Hosted(tmp_path, made.name, 0))


def test_only_what_changed_is_made_anew(project: Project) -> None:
    assert project.up() == ("hub",)
    first = project.id
    environment = docker("exec", project.container, "env").splitlines()
    assert "SECRET=a=b $c" in environment
    assert project.up() == ()
    assert project.id == first
    docker("stop", "--time=1", project.container)
    assert project.up() == ()
    assert project.id == first
    assert inspect(project.container)["State"]["Running"]
    (project.folder / "its.env").write_text("SECRET=other\n", encoding="utf-8")
    assert project.up() == ("hub",)
    assert project.id != first
    assert docker("ps", "--all", "--quiet", f"--filter=label=codehub.project={project.name}").count("\n") == 1


def test_what_cannot_be_started_is_taken_back(project: Project) -> None:
    project.up()
    first = project.id
    project.service["command"] = ["/no/such/program"]
    project.service["init"] = False
    with pytest.raises(StepFailed) as failed:
        project.up()
    assert f"The container {project.container} could not be started." in failed.value.what
    assert "no such file" in failed.value.why
    assert project.id == first
    assert inspect(project.container)["State"]["Running"]
    assert docker("ps", "--all", "--quiet", f"--filter=label=codehub.project={project.name}").count("\n") == 1


@pytest.mark.parametrize("new", ["", "created", "started"])
def test_what_a_run_that_was_cut_short_left_behind(project: Project, new: str) -> None:
    """The old container was put aside; of the new one there is nothing, or it was only made, or it took over."""
    project.up()
    old = project.id
    docker("stop", "--time=1", project.container)
    docker("rename", project.container, f"{project.container}-before")
    if new:
        labels = docker("inspect", "--format={{json .Config.Labels}}", f"{project.container}-before")
        options = [f"--label={key}={value}" for key, value in json.loads(labels).items()]
        verb = ["create"] if new == "created" else ["run", "--detach"]
        docker(*verb, f"--name={project.container}", *options, parts.BASE_IMAGE, "sleep", "600")
    expected = project.id if new == "started" else old
    assert project.up() == ()
    assert project.id == expected
    assert inspect(project.container)["State"]["Running"]
    assert docker("ps", "--all", "--quiet", f"--filter=label=codehub.project={project.name}").count("\n") == 1


def test_a_port_that_somebody_took_meanwhile(project: Project) -> None:
    taker = f"{project.name}-taker"
    label = f"--label=codehub.project={project.name}"
    docker("run", "--detach", label, f"--name={taker}", "--publish=127.0.0.1::80", parts.BASE_IMAGE, "sleep", "600")
    taken = inspect(taker)["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"]
    project.service["ports"] = [f"127.0.0.1:{taken}:80"]
    with pytest.raises(StepFailed) as failed:
        project.up()
    assert "target.expose.port" in failed.value.fix
    assert docker("ps", "--all", "--quiet", f"--filter=name={project.container}") == ""


def test_a_file_that_is_missing(project: Project) -> None:
    (project.folder / "its.env").unlink()
    with pytest.raises(UsageError, match=r"its\.env cannot be read"):
        project.up()


def test_what_status_tells_of_a_container_that_ends_again_and_again(project: Project) -> None:
    project.up()
    assert not asyncio.run(docker_host.belongings(project.name)).service("proxy")
    kill(project.container)

    def said() -> str:
        found = asyncio.run(docker_host.belongings(project.name)).service("hub")
        return found.said if found else ""

    wait_until(lambda: said() == "running, started again 1 times by Docker", "the container's return", seconds=60)


def test_a_volume_that_somebody_else_uses_is_told_of(project: Project) -> None:
    project.up()
    stranger = f"{project.name}-stranger"
    docker("create", f"--name={stranger}", f"--volume={project.name}-data:/x", parts.BASE_IMAGE, "true")
    try:
        found = asyncio.run(docker_host.belongings(project.name))
        with pytest.raises(StepFailed) as failed:
            asyncio.run(docker_host.tear_down(found, Recorder(), volumes=True))
        assert f"{project.name}-data" in failed.value.what
        assert "docker ps" in failed.value.fix
    finally:
        docker("rm", "--force", stranger)
    asyncio.run(docker_host.tear_down(asyncio.run(docker_host.belongings(project.name)), Recorder(), volumes=True))
    left = asyncio.run(docker_host.belongings(project.name))
    assert (left.containers, left.networks, left.volumes) == ((), (), ())
