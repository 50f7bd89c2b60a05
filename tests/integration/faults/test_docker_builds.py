"""A Docker daemon that fails while images are built: its disk is full, or it crashes, or somebody restarts it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.integration.cli.applying import applying, ended, read_until, says, sleeping
from tests.integration.cli.conftest import Small
from tests.integration.daemons import OwnDaemon, fill, own_daemon
from tests.support import parts

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def daemon(base_image: str) -> Iterator[OwnDaemon]:
    with own_daemon("400m") as running:
        yield running


@pytest.fixture
def there(small: Small, daemon: OwnDaemon) -> Small:
    """The small setup, whose images are built by the daemon of this test."""
    return replace(small, env={**small.env, "DOCKER_HOST": daemon.host})


def kept(small: Small) -> dict[str, bytes]:
    """What no fault may change: the answers, the secrets, and all else in the folder but what is made by deploying."""
    files = {path.name: path.read_bytes() for path in small.folder.glob("*") if path.is_file()}
    return {name: content for name, content in files.items() if name not in {"Dockerfile.notebook", "images.yaml"}}


def outcomes(small: Small) -> dict[str, str]:
    """What codehub remembers of each step."""
    state = json.loads((small.folder / ".codehub" / "state.json").read_text())
    return {name: step["outcome"] for name, step in state["steps"].items()}


def test_a_full_disk(there: Small, daemon: OwnDaemon) -> None:
    before = kept(there)
    there.dockerfile("RUN head -c 600M /dev/zero >/too-large")
    done = there.run("apply", "--yes")
    done.refused(
        1,
        "notebook image failed to build at [2/2]",
        "The disk where Docker keeps images and build cache is full.",
        "No space left on device",
        "`docker system df`",
        "`docker builder prune`",
        f"the disk with {daemon.root}, of the daemon at {daemon.host}",
        "see: codehub explain build-disk-full",
        "log: ",
    )
    assert done.err.count("Its last lines:") == 1
    assert outcomes(there) == {"build-notebook": "failed"}

    filler = fill(daemon.root)
    there.dockerfile("RUN echo small >/small")
    planned = {check["name"]: check for check in there.run("plan", "--json").document["checks"]}["disk"]
    assert (planned["state"], planned["blocks"]) == ("warn", False)
    assert planned["found"] == f"0.0 GB free in {daemon.root}"
    there.run("apply", "--yes").refused(1, "is full", "no space left on device", str(daemon.root), "log: ")
    assert there.run("status").code == 0

    filler.unlink()
    again = there.run("apply", "--yes")
    assert again.code == 0, again.err
    assert set(outcomes(there).values()) == {"done"}
    assert before.items() <= kept(there).items()
    assert daemon.docker("image", "inspect", parts.BASE_IMAGE, there.image, check=False) == 0


@pytest.mark.parametrize("end", [OwnDaemon.kill, OwnDaemon.stop], ids=["crashed", "stopped"])
def test_a_daemon_that_is_started_again_in_mid_build(
    there: Small, daemon: OwnDaemon, end: Callable[[OwnDaemon], None]
) -> None:
    before = kept(there)
    mark = sleeping(there, 120)
    with applying(there) as run:
        events = read_until(run, says(mark))
        end(daemon)
        try:
            done = ended(run, events)
        finally:
            daemon.start()
    done.refused(3, "The notebook image was not built", "does not answer", "Start it", "explain docker-daemon", "log: ")
    assert done.events[-1]["exit_code"] == 3
    assert outcomes(there)["build-notebook"] == "failed"
    assert kept(there) == before
    there.dockerfile(f"RUN echo again-{mark}")
    again = there.run("apply", "--yes")
    assert again.code == 0, again.err
    assert daemon.docker("image", "inspect", there.image, check=False) == 0
    assert there.run("plan").out.endswith("No step to run: everything is as it should be.\n")
