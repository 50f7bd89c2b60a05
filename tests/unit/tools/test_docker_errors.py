"""What is said when the Docker daemon refuses, and of the room that it has."""

from dataclasses import replace
from typing import Any

import pytest
from docker.errors import APIError

from wizard.targets.docker_preflight import place
from wizard.tools.docker_engine import Engine
from wizard.tools.docker_errors import refused
from wizard.tools.doctor_docker import room_for_images
from wizard.tools.doctor_model import State

ENGINE = Engine(
    endpoint="unix:///var/run/docker.sock",
    version="28.0.0",
    api_version="1.48",
    os="Debian",
    arch="amd64",
    name="here",
    storage_driver="overlay2",
    containerd_store=False,
    data_root="/data/docker",
    cpus=2,
    memory_bytes=1,
    free_bytes=None,
)


def test_a_full_disk_is_told_from_other_refusals() -> None:
    said = "mkdir /var/lib/docker/overlay2/x: no space left on device"
    full = refused("The container hub could not be started.", APIError("500", explanation=said), fix="Mend that.")
    assert full.address == "build-disk-full"
    assert said in full.why
    assert "docker system df" in full.fix
    other = refused(
        "The container hub could not be started.", APIError("500", explanation="no such image"), fix="Mend."
    )
    assert (other.why, other.fix, other.address) == ("no such image", "Mend.", "failed")


@pytest.mark.parametrize(
    ("free", "method", "state", "found"),
    [
        (None, "npm", State.UNKNOWN, ""),
        (0, "image", State.WARN, "0.0 GB free in /data/docker"),
        (6 * 10**9, "release", State.OK, "6.0 GB free in /data/docker"),
        (6 * 10**9, "npm", State.WARN, "6.0 GB free in /data/docker"),
        (42 * 10**9, "source", State.OK, "42 GB free in /data/docker"),
    ],
)
def test_room_is_what_the_way_of_building_needs(free: int | None, method: str, state: State, found: str) -> None:
    finding = room_for_images(replace(ENGINE, free_bytes=free), method)
    assert (finding.state, finding.found) == (state, found)
    assert not finding.blocks


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"endpoint": "unix:///home/me/.docker/run/docker.sock", "os": "Docker Desktop"}, ""),
        ({"endpoint": "unix:///run/user/1000/docker.sock", "rootless": True}, "rootless"),
        ({"endpoint": "ssh://build.example.org"}, "what it mounts"),
        ({"endpoint": "tcp://192.0.2.7:2376"}, "what it mounts"),
    ],
)
def test_which_daemons_can_hold_a_hub(changed: dict[str, Any], said: str) -> None:
    found = place(replace(ENGINE, **changed))
    assert found.blocks == bool(said)
    assert said in found.why
    assert bool(found.fix) == bool(said)
