"""A hub on a Docker host whose daemon crashes, or whose disk is full: what is said, and what comes back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.cli.applying import Event, applying, ended, read_until
from tests.integration.cli.conftest import Small
from tests.integration.daemons import OwnDaemon, fill, own_daemon
from tests.integration.docker_target.hosted import Hosted, make
from tests.integration.images.building import answers, build, docker
from tests.support import parts
from tests.support.processes import wait_until
from tests.support.program import Ended
from wizard.tools.docker_start import PATIENCE

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "network"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def hub_image(hub_base: str, base_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hub image as codehub builds it for one Docker host, on the machine's own daemon, which has most of it."""
    ca = parts.company_ca()
    folder = tmp_path_factory.mktemp("hub-image")
    setup = answers(
        folder,
        base_image,
        images={"hub": {"base": hub_base}},
        target={"kind": "docker"},
        build={"ca_bundle": str(ca) if ca else ""},
    )
    reference = build(folder, setup, image="hub", reference="codehub-test-faults/hub:1").reference
    yield reference
    docker("rmi", "--force", reference)


@pytest.fixture(scope="module")
def daemon(hub_image: str) -> Iterator[OwnDaemon]:
    with own_daemon("2g") as running:
        running.take(hub_image)
        yield running


class Hub:
    """A setup whose images are made in a moment from those that the daemon has."""

    def __init__(self, daemon: OwnDaemon, made: Hosted) -> None:
        self.daemon, self.made = daemon, made
        self._as_small = Small(made.folder, {"DOCKER_HOST": daemon.host}, "")

    def run(self, name: str, *options: str) -> Ended:
        """codehub with a command for this folder."""
        return self.daemon.codehub(name, self.made.folder, *options)

    def apply(self) -> None:
        """Carry the plan out."""
        done = self.run("apply", "--yes")
        assert done.code == 0, done.err
        assert self.containers() == {self.made.hub: True, self.made.proxy: True}
        assert self.live()["answers"]

    def live(self) -> dict[str, Any]:
        """What status says of Docker."""
        found: dict[str, Any] = self.run("status", "--json").document["live"]
        return found

    def containers(self) -> dict[str, bool]:
        """All containers that the daemon has by name, and whether they run."""
        lines = self.daemon.says("ps", "--all", "--format={{json .}}").splitlines()
        return {one["Names"]: one["State"] == "running" for one in map(json.loads, lines)}

    def changed(self) -> None:
        """Answer something else, so that the hub has to be made anew."""
        self.made.answer(f"hub.auth.users=alice,user{time.time_ns()}")

    def crashed_at(self, task: str) -> Ended:
        """An apply in which the daemon crashes as a task of the deploy step begins; afterwards it is there again."""

        def begins(event: Event) -> bool:
            return (event["event"], event.get("step"), event.get("task")) == ("task", "deploy", task)

        with applying(self._as_small, within=self.daemon.inside) as run:
            events = read_until(run, begins)
            assert begins(events[-1]), events[-3:]
            self.daemon.kill()
            try:
                return ended(run, events)
            finally:
                self.daemon.start()


@pytest.fixture(scope="module")
def hub(daemon: OwnDaemon, hub_image: str, base_image: str, tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A hub that runs."""
    made = make(tmp_path_factory.mktemp("host") / "hub", hub_image, base_image, target__verify="hub")
    running = Hub(daemon, made)
    assert running.run("render").code == 0
    for image, base in (("hub", hub_image), ("notebook", base_image)):
        (made.folder / f"Dockerfile.{image}").write_text(f"FROM {base}\nLABEL made.by=a-person\n", encoding="utf-8")
    running.apply()
    return running


def test_a_hub_comes_back_after_the_daemon_crashed(hub: Hub) -> None:
    volumes = hub.daemon.says("volume", "ls", "--quiet")
    hub.daemon.kill()
    try:
        gone = f"The Docker daemon at {hub.daemon.host} does not answer."
        status = hub.run("status")
        assert (status.code, f"Docker could not be asked: {gone}" in status.out) == (0, True)
        for name, *options in (
            ("apply", "--yes"),
            ("plan",),
            ("verify",),
            ("destroy", "--yes"),
            ("logs", "--of", "hub"),
        ):
            hub.run(name, *options).refused(3, gone, "the daemon is not running", "systemctl start docker")
    finally:
        hub.daemon.start()
    wait_until(lambda: hub.live()["answers"], "the hub's return", seconds=120)
    assert hub.containers() == {hub.made.hub: True, hub.made.proxy: True}
    assert hub.daemon.says("volume", "ls", "--quiet") == volumes
    assert hub.run("verify").code == 0


@pytest.mark.parametrize("task", ["hub", "answers"])
def test_the_daemon_crashes_in_mid_deploy(hub: Hub, task: str) -> None:
    hub.changed()
    secrets = (hub.made.folder / "secrets.yaml").read_bytes()
    done = hub.crashed_at(task)
    done.refused(3, f"The Docker daemon at {hub.daemon.host} does not answer.", "Start it", "docker-daemon", "log: ")
    finished = {event["step"]: event for event in done.events if event["event"] == "step-finished"}
    outcomes = [finished[step]["outcome"] for step in ("build-hub", "deploy", "verify")]
    assert outcomes == ["skipped", "failed", "cancelled"]
    assert finished["deploy"]["seconds"] < PATIENCE, "it waited for a hub that cannot answer"
    hub.apply()
    assert (hub.made.folder / "secrets.yaml").read_bytes() == secrets
    assert f"{hub.made.name}-hub-data" in hub.daemon.says("volume", "ls", "--quiet")


def test_no_room_for_a_container(hub: Hub) -> None:
    hub.changed()
    filler = fill(hub.daemon.root)
    try:
        done = hub.run("apply", "--yes")
    finally:
        filler.unlink()
    done.refused(1, "is full", "no space left on device", "docker system df", "explain build-disk-full", "log: ")
    hub.apply()


def test_what_is_left_can_be_destroyed(hub: Hub) -> None:
    hub.daemon.stop()
    hub.daemon.start()
    done = hub.run("destroy", "--yes", "--with-data")
    assert done.code == 0, done.err
    assert hub.containers() == {}
    assert hub.daemon.says("volume", "ls", "--quiet") == ""
