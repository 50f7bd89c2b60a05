"""Deploying as a run does: shown, explained, and with Helm 3 not waiting for an address that never comes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.integration.kube.conftest import CHART, NAMESPACE, change
from tests.kubeapi import FakeCluster
from tests.support.recorder import Recorder
from wizard.errors import MissingError
from wizard.tools import deploy as deploying
from wizard.tools.deploy import deploy
from wizard.tools.helm import Release, UpgradeOptions
from wizard.tools.helm_errors import NotReady, ReleaseLocked
from wizard.tools.helm_release import RepairKind

SHORT = UpgradeOptions(timeout=3)


async def test_a_load_balancer_without_an_address_is_no_failure(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    cluster.scenario.load_balancers = False
    options = UpgradeOptions(timeout=20)
    assert (await deploy(release, CHART, [values], said, options, load_balancer=True)).deployed


async def test_own_wait_rolls_back_too(release: Release, cluster: FakeCluster, values: Path, said: Recorder) -> None:
    cluster.scenario.load_balancers = False
    await deploy(release, CHART, [values], said, UpgradeOptions(timeout=20), load_balancer=True)
    cluster.scenario.bad_images = {"1.0.1"}
    change(values, '"1.0.0"', '"1.0.1"')
    with pytest.raises(NotReady, match=r"1\.0\.1 is not in its registry"):
        await deploy(release, CHART, [values], said, SHORT, load_balancer=True)
    assert "code-server-hub:1.0.0" in (await release.manifest() or "")


async def test_own_wait_leaves_nothing_of_a_first_install(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    cluster.scenario.bad_images = {"code-server-hub"}
    with pytest.raises(NotReady, match="is not in its registry"):
        await deploy(release, CHART, [values], said, SHORT, load_balancer=True)
    assert await release.history() == ()


async def test_a_locked_release_is_named_with_its_repair_and_repaired(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    await deploy(release, CHART, [values], said, UpgradeOptions(timeout=20))
    cluster.scenario.bad_images = {"1.0.1"}
    change(values, '"1.0.0"', '"1.0.1"')
    argv = release.upgrade_command(CHART, [values], UpgradeOptions(timeout=60, rollback=False))
    await _killed(argv, cluster)
    with pytest.raises(ReleaseLocked) as caught:
        await deploy(release, CHART, [values], said, SHORT)
    assert "`helm rollback jhub 1 --namespace codehub --kube-context in-memory`" in caught.value.fix
    assert "pending-upgrade since 20" in caught.value.why
    found = await deploying.repair(release, said, timeout=20)
    assert found is not None
    assert (found.kind, found.revision) == (RepairKind.ROLLBACK, 1)
    assert await deploying.repair(release, said) is None


async def _killed(argv: list[str], cluster: FakeCluster) -> None:
    process = await asyncio.create_subprocess_exec(*argv)
    async with asyncio.timeout(60):
        while not any(event["reason"] == "BackOff" for event in cluster.items("events", NAMESPACE)):
            await asyncio.sleep(0.05)
    process.kill()
    await process.wait()


async def test_without_a_view_of_the_cluster_helm_still_deploys(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind(*_: str) -> None:
        raise MissingError("No view.", why="a login that only Helm knows")

    monkeypatch.setattr(deploying, "connect", blind)
    assert (await deploy(release, CHART, [values], said, UpgradeOptions(timeout=20))).deployed
    assert said.notices == [("warning", "The rollout cannot be shown: a login that only Helm knows")]
