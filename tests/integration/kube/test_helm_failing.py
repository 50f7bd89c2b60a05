"""The real Helm 3 and 4 fail, roll back, are killed in the middle, lock the release and are repaired."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.integration.kube.conftest import CHART, NAMESPACE, change
from tests.kubeapi import FakeCluster
from tests.support.recorder import Recorder
from wizard.tools.helm import Release, UpgradeOptions
from wizard.tools.helm_errors import NotReady, ReleaseLocked
from wizard.tools.helm_release import RepairKind, repair_for

SHORT = UpgradeOptions(timeout=4)


async def test_a_failing_upgrade_rolls_back(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    await release.upgrade_install(CHART, [values], said)
    cluster.scenario.bad_images.add("1.0.1")
    change(values, '"1.0.0"', '"1.0.1"')
    with pytest.raises(NotReady) as caught:
        await release.upgrade_install(CHART, [values], said, SHORT)
    assert "did not get ready in time" in caught.value.what
    history = await release.history()
    assert [(item.number, item.status) for item in history] == [(1, "superseded"), (2, "failed"), (3, "deployed")]
    assert "code-server-hub:1.0.0" in (await release.manifest() or "")
    if release.helm.major == 4:
        assert "Deployment/codehub/hub" in caught.value.why


async def test_a_failing_first_install_leaves_nothing(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    cluster.scenario.bad_images.add("code-server-hub")
    with pytest.raises(NotReady):
        await release.upgrade_install(CHART, [values], said, SHORT)
    assert await release.history() == ()
    assert cluster.names("deployments", NAMESPACE) == []


async def test_a_stuck_hook_is_told_apart(release: Release, cluster: FakeCluster, values: Path, said: Recorder) -> None:
    cluster.scenario.stuck_jobs.add("awaiter")
    change(values, r"hook: \{enabled: false\}", "hook: {enabled: true}")
    with pytest.raises(NotReady):
        await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=3, wait=False))
    current = await release.current()
    assert current is not None
    assert current.status == "failed"


async def _kill_in_the_middle(release: Release, values: Path, cluster: FakeCluster, number: signal.Signals) -> None:
    """Start an upgrade whose hook hangs, and signal Helm while it waits for it."""
    cluster.scenario.stuck_jobs.add("awaiter")
    argv = release.upgrade_command(CHART, [values], UpgradeOptions(timeout=60))
    process = await asyncio.create_subprocess_exec(*argv, "--set", "prePuller.hook.enabled=true")
    async with asyncio.timeout(60):
        while "hook-image-awaiter" not in cluster.names("jobs", NAMESPACE):
            await asyncio.sleep(0.05)
    process.send_signal(number)
    await process.wait()
    cluster.scenario.stuck_jobs.clear()


async def test_a_killed_upgrade_locks_and_the_last_good_revision_frees_it(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    await release.upgrade_install(CHART, [values], said)
    cluster.scenario.bad_images.add("never")
    bad = values.with_name("bad.yaml")
    bad.write_text(values.read_text().replace("1.0.0", "never"))
    with pytest.raises(NotReady):
        await release.upgrade_install(CHART, [bad], said, UpgradeOptions(timeout=3, rollback=False))
    await _kill_in_the_middle(release, values, cluster, signal.SIGKILL)
    with pytest.raises(ReleaseLocked) as caught:
        await release.upgrade_install(CHART, [values], said, SHORT)
    assert "helm history jhub -n codehub" in caught.value.fix
    repair = repair_for(await release.history())
    assert repair is not None
    assert (repair.kind, repair.revision, repair.locked.number) == (RepairKind.ROLLBACK, 1, 3)
    freed = await release.rollback(repair.revision, said, timeout=20)
    assert (freed.number, freed.status) == (4, "deployed")
    assert repair_for(await release.history()) is None
    assert (await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=30))).deployed


async def test_a_killed_first_install_is_freed_by_an_uninstall(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    await _kill_in_the_middle(release, values, cluster, signal.SIGKILL)
    repair = repair_for(await release.history())
    assert repair is not None
    assert repair.kind is RepairKind.UNINSTALL
    assert "database" in repair.warning
    assert await release.uninstall(said)
    assert (await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=30))).deployed


async def test_cancelling_leaves_no_lock_and_no_process(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    cluster.scenario.stuck_jobs.add("awaiter")
    change(values, r"hook: \{enabled: false\}", "hook: {enabled: true}")
    task = asyncio.create_task(release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=60)))
    async with asyncio.timeout(60):
        while "hook-image-awaiter" not in cluster.names("jobs", NAMESPACE):
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    history = await release.history()
    assert not any(revision.locked for revision in history)
