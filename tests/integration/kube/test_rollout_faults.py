"""A deployment that is watched through a connection that is cut for ten seconds, and through a token that expires."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.kube.conftest import CHART, NAMESPACE
from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.line import Line, line_to
from tests.support.recorder import Recorder
from wizard.errors import ExitCode
from wizard.tools import helm as helm_tool
from wizard.tools import kube_alive
from wizard.tools.deploy import deploy
from wizard.tools.helm import Release, UpgradeOptions
from wizard.tools.kube import connect
from wizard.tools.kube_errors import ClusterUnreachable
from wizard.tools.rollout_watch import watch_rollout

pytestmark = pytest.mark.tier("helm3", "helm4")
CUT = 10.0


@contextlib.contextmanager
def through_a_line(cluster: FakeCluster) -> Iterator[Line]:
    """Put a line between the kubeconfig and the API."""
    with line_to(cluster.port) as line:
        text = cluster.kubeconfig.read_text()
        cluster.kubeconfig.write_text(text.replace(str(cluster.port), str(line.port)))
        yield line


@pytest.fixture(autouse=True)
def _helm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEHUB_HELM", str(parts.program("helm4")))


async def _release(cluster: FakeCluster) -> Release:
    return Release(helm=await helm_tool.find(), name="jhub", namespace=NAMESPACE, context=cluster.context)


async def test_a_cut_of_ten_seconds_is_survived(cluster: FakeCluster, values: Path, said: Recorder) -> None:
    """The watch goes on where it was, and pods that got ready meanwhile are seen to be."""
    release = await _release(cluster)
    with through_a_line(cluster) as line:
        cluster.scenario.unready = {"hub": "not yet"}
        options = UpgradeOptions(timeout=120, wait=False)
        async with connect(release.context) as api, watch_rollout(api, NAMESPACE, release.name, said) as rollout:
            await release.upgrade_install(CHART, [values], said, options)
            async with asyncio.timeout(60):
                while not any(name.startswith("pod/hub") for name in said.last()):
                    await asyncio.sleep(0.1)
            line.cut()
            await asyncio.sleep(CUT / 2)
            cluster.scenario.unready.clear()
            await asyncio.sleep(CUT / 2)
            assert line.refused, "it was tried again meanwhile"
            line.mend()
            await rollout.wait_ready(90)
        assert any("connection lost" in text for text in said.text("events"))
    current = await (await _release_direct(cluster)).current()
    assert current is not None
    assert current.deployed


@pytest.mark.parametrize("own_wait", [False, True])
async def test_a_cluster_that_is_gone_ends_the_wait(
    cluster: FakeCluster, values: Path, said: Recorder, monkeypatch: pytest.MonkeyPatch, *, own_wait: bool
) -> None:
    """Helm waits on until its ten minutes are over, and so did codehub's own wait."""
    monkeypatch.setattr(kube_alive, "PATIENCE", 3.0)
    monkeypatch.setattr(kube_alive, "_EVERY", 0.2)
    monkeypatch.setenv("CODEHUB_HELM", str(parts.program("helm3")))
    cluster.scenario.unready = {"hub": "not yet"}
    with through_a_line(cluster) as line:
        release = await _release(cluster)
        work = asyncio.create_task(deploy(release, CHART, [values], said, load_balancer=own_wait))
        async with asyncio.timeout(60):
            while not any(name.startswith("pod/hub") for name in said.last()):
                await asyncio.sleep(0.1)
        line.cut()
        async with asyncio.timeout(60):
            with pytest.raises(ClusterUnreachable, match="does not answer any more") as caught:
                await work
    assert caught.value.exit_code is ExitCode.MISSING
    assert "codehub apply --repair" in caught.value.fix


async def _release_direct(cluster: FakeCluster) -> Release:
    cluster.write_kubeconfig(cluster.kubeconfig)
    return await _release(cluster)


@pytest.fixture
def expiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    with FakeCluster(tmp_path / "expiring", auth="exec") as running:
        for name, value in running.env().items():
            monkeypatch.setenv(name, value)
        yield running


async def test_a_token_that_expires_during_the_rollout(expiring: FakeCluster, values: Path, said: Recorder) -> None:
    """It is fetched anew by the plug-in, and the watch goes on; what Helm does in its own wait is Helm's."""
    expiring.scenario.unready = {"hub": "not yet"}
    release = await _release(expiring)
    options = UpgradeOptions(timeout=120, wait=False)
    async with connect(release.context) as api, watch_rollout(api, NAMESPACE, release.name, said) as rollout:
        await release.upgrade_install(CHART, [values], said, options)
        expiring.set_token("the-next-one")
        expiring.scenario.tokens = {"the-next-one"}
        expiring.scenario.cut_watches_after = 0.5
        await asyncio.sleep(1)
        expiring.scenario.unready.clear()
        await rollout.wait_ready(90)
        assert await rollout.problems() == ()
    assert any(name.startswith("pod/hub") for name in said.last())
