"""Bad luck in the middle of `codehub apply`: what is said, what is left behind, and that the next apply goes on."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.cli.applying import Event, applying, descendants, ended, read_until, says, sleeping
from tests.integration.cli.conftest import Small
from tests.integration.docker.helpers import SocketProxy, refusing_registry
from tests.kubeapi import FakeCluster
from tests.support.processes import wait_until

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(400)]


def test_an_interruption_ends_every_child_within_two_seconds(small: Small) -> None:
    mark = sleeping(small, 60)
    with applying(small) as process:
        read = read_until(process, says(mark))
        children = descendants(process.pid)
        assert children, read[-3:]
        process.send_signal(signal.SIGINT)
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "the children", seconds=2)
        done = ended(process, [])
    assert done.code == 130
    assert "Traceback" not in done.err
    small.dockerfile("RUN echo awake")
    again = small.run("apply", "--yes", "--progress", "json")
    assert again.code == 0, again.err
    assert {event["outcome"] for event in again.events if event["event"] == "step-finished"} == {"done"}


def test_killed_at_any_moment_it_leaves_whole_files_and_goes_on(small: Small, tmp_path: Path) -> None:
    """The moments are chosen by what was said last, so that they fall into writing, building and deploying."""
    assert small.run("render").code == 0
    whole = _contents(small.folder)
    dice = random.Random(4711)
    said = 200
    for round_number in range(6):
        small.dockerfile(f"RUN echo {time.time_ns()}")
        for name in ("config.yaml", "README.md", "build.sh"):
            if round_number % 2:
                (small.folder / name).unlink(missing_ok=True)
        moment = dice.randrange(said)
        with applying(small) as process:
            count = 0

            def here(_event: Event, moment: int = moment) -> bool:
                nonlocal count
                count += 1
                return count > moment

            events = read_until(process, here)
            time.sleep(dice.uniform(0, 0.05))
            process.kill()
        said = max(len(events), 10)
        for name, content in _contents(small.folder).items():
            if name in whole and name not in {"Dockerfile.notebook", "images.yaml"}:
                assert content == whole[name], f"{name} is not whole"
        state = small.folder / ".codehub" / "state.json"
        assert json.loads(state.read_text())["files"]
        assert small.run("status").code == 0
    last = small.run("apply", "--yes", "--progress", "json")
    assert last.code == 0, last.err
    assert small.run("plan").out.endswith("No step to run: everything is as it should be.\n")
    for name, content in _contents(small.folder).items():
        assert name == "Dockerfile.notebook" or content == whole.get(name, content)


def _contents(folder: Path) -> dict[str, bytes]:
    """Every file of a setup but what codehub remembers, temporary names left out: those belong to nobody."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes() for name, path in found.items() if ".codehub" not in name and not name.endswith(".tmp")
    }


@contextmanager
def cuttable_docker(socket: Path, docker_host: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """An address of the Docker daemon, and what lets it go."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    proxy = SocketProxy(socket, docker_host.removeprefix("unix://"))
    asyncio.run_coroutine_threadsafe(proxy.start(), loop).result(10)

    def cut() -> None:
        loop.call_soon_threadsafe(proxy.cut)

    try:
        yield proxy.host, cut
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def test_the_daemon_goes_away_in_the_middle_of_a_build(small: Small, docker_host: str, tmp_path: Path) -> None:
    mark = sleeping(small, 30)
    with (
        cuttable_docker(tmp_path / "docker.sock", docker_host) as (host, cut),
        applying(small, DOCKER_HOST=host) as run,
    ):
        events = read_until(run, says(mark))
        cut()
        done = ended(run, events)
    done.refused(3, "notebook image was not built", "does not answer", "Start it", "log: ")
    assert done.events[-1]["exit_code"] == 3
    small.dockerfile("RUN echo back-again")
    assert small.run("apply", "--yes").code == 0


@pytest.mark.parametrize(
    ("status", "code", "said"), [(401, "UNAUTHORIZED", "log"), (403, "DENIED", "denied"), (503, "", "")]
)
def test_a_registry_that_refuses(small: Small, status: int, code: str, said: str) -> None:
    with refusing_registry(status, code) as address:
        fields = {"images.registry": address, "target.delivery": "push"}
        for field, value in fields.items():
            assert small.run("init", "--set", f"{field}={value}").code == 0
        done = small.run("apply", "--yes", "--progress", "json")
    done.refused(1, address, said, "log: ")
    outcomes = {event["step"]: event["outcome"] for event in done.events if event["event"] == "step-finished"}
    assert outcomes["build-notebook"] == "done"
    assert outcomes["deliver-notebook"] == "failed"
    assert outcomes["deploy"] != "done"


def test_the_cluster_goes_away_in_the_middle(small: Small, tmp_path: Path) -> None:
    mark = sleeping(small, 3)
    with FakeCluster(tmp_path / "first") as cluster:
        run = applying(small, KUBECONFIG=str(cluster.kubeconfig))
        process = run.__enter__()
        events = read_until(process, says(mark))
    done = ended(process, events)
    run.__exit__(None, None, None)
    assert done.code in {1, 3}
    done.refused(done.code, "log: ")
    outcomes = {event["step"]: event["outcome"] for event in done.events if event["event"] == "step-finished"}
    assert (outcomes["build-notebook"], outcomes["deploy"]) == ("done", "failed")
    again = small.run("apply", "--yes", "--progress", "json")
    assert again.code == 0, again.err
    finished = {event["step"]: event["outcome"] for event in again.events if event["event"] == "step-finished"}
    assert (finished["build-notebook"], finished["deploy"]) == ("skipped", "done")


def test_helm_goes_away_in_the_middle(small: Small, tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.symlink_to(small.env["CODEHUB_HELM"])
    mark = sleeping(small, 3)
    with applying(small, CODEHUB_HELM=str(helm)) as process:
        events = read_until(process, says(mark))
        helm.unlink()
        done = ended(process, events)
    done.refused(3, str(helm))
    assert small.run("apply", "--yes").code == 0
