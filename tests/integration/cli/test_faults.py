"""Bad luck in the middle of `codehub apply`: what is said, what is left behind, and that the next apply goes on."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.cli.applying import applying, descendants, ended, read_until, says, sleeping
from tests.integration.cli.conftest import Small
from tests.integration.docker.helpers import SocketProxy
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
