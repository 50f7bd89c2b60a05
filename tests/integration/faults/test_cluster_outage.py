"""The Kubernetes API goes away while a deploy waits for its pods: for ten seconds, and for good."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.applying import Event, applying, ended, read_until
from tests.integration.cli.conftest import Small
from tests.integration.main_job import outcomes
from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.line import Line, line_to

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(400)]

DOWN = 10.0


@pytest.fixture
def line(small: Small, cluster: FakeCluster, tmp_path: Path) -> Iterator[Line]:
    """The way from the setup to its cluster, on which the hub never gets ready."""
    with line_to(cluster.port) as running:
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(cluster.kubeconfig.read_text().replace(f":{cluster.port}", f":{running.port}"))
        small.env["KUBECONFIG"] = str(kubeconfig)
        cluster.scenario.unready = {"hub": "not yet"}
        yield running
        cluster.scenario.unready = {}


def _waits_for_the_hub(event: Event) -> bool:
    return event["event"] == "task" and str(event["task"]).startswith("pod/hub")


@pytest.mark.parametrize("program", [pytest.param(name, marks=pytest.mark.tier(name)) for name in ("helm3", "helm4")])
def test_down_for_ten_seconds(small: Small, cluster: FakeCluster, line: Line, program: str) -> None:
    """The run goes on, and what got ready meanwhile is seen to be."""
    small.env["CODEHUB_HELM"] = str(parts.program(program))
    with applying(small) as process:
        events = read_until(process, _waits_for_the_hub)
        line.cut()
        time.sleep(DOWN / 2)
        cluster.scenario.unready = {}
        time.sleep(DOWN / 2)
        assert line.refused, "it was tried again meanwhile"
        line.mend()
        done = ended(process, events)
    assert done.code == 0, done.err
    assert any(event["event"] == "log" and "connection lost" in " ".join(event["lines"]) for event in done.events)
    assert outcomes(done.events)["deploy"] == "done"
    assert small.run("plan").out.endswith("No step to run: everything is as it should be.\n")


def test_down_for_good(small: Small, cluster: FakeCluster, line: Line) -> None:
    """It is said after a minute and a half, not after Helm's ten; the release that was left locked is freed later."""
    with applying(small) as process:
        events = read_until(process, _waits_for_the_hub)
        line.cut()
        done = ended(process, events, seconds=300)
    done.refused(3, "The Kubernetes cluster does not answer any more.", "Nothing was heard from it", "log: ")
    assert outcomes(done.events)["build-notebook"] == "done"
    assert outcomes(done.events)["deploy"] == "failed"
    small.run("apply", "--yes").refused(3, "does not answer")
    line.mend()
    cluster.scenario.unready = {}
    small.run("apply", "--yes").refused(3, "release", "codehub apply --repair")
    again = small.run("apply", "--yes", "--repair", "--progress", "json")
    assert again.code == 0, again.err
    assert small.run("plan").out.endswith("No step to run: everything is as it should be.\n")
