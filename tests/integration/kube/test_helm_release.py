"""The real Helm 3 and 4 install, upgrade, show and uninstall a release."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.integration.kube.conftest import CHART, NAMESPACE, change
from tests.kubeapi import FakeCluster
from tests.support.recorder import Recorder
from wizard.errors import MissingError
from wizard.tools.helm import Release, UpgradeOptions
from wizard.tools.helm_diff import Change, diff_manifests


async def test_installs_and_says_so(release: Release, cluster: FakeCluster, values: Path, said: Recorder) -> None:
    assert await release.current() is None
    revision = await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=30))
    assert (revision.number, revision.status, revision.chart_version) == (1, "deployed", "4.4.0")
    assert "STATUS: deployed" in said.text("helm")
    assert {name.partition("-")[0] for name in cluster.names("pods", NAMESPACE)} == {"hub", "proxy"}


async def test_hooks_run_before_the_rest(release: Release, cluster: FakeCluster, values: Path, said: Recorder) -> None:
    change(values, r"hook: \{enabled: false\}", "hook: {enabled: true}")
    await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=30))
    reasons = [event["message"] for event in cluster.items("events", NAMESPACE)]
    assert any("hook-image-awaiter" in message for message in reasons)
    assert cluster.names("jobs", NAMESPACE) == []


async def test_no_change_is_no_difference_and_a_change_is_one(release: Release, values: Path, said: Recorder) -> None:
    await release.upgrade_install(CHART, [values], said)
    before = await release.manifest()
    assert before is not None
    same = await release.dry_run(CHART, [values])
    assert diff_manifests(before, same.manifest) == ()
    assert same.revision == 2
    change(values, '"1.0.0"', '"1.0.1"')
    diffs = {diff.title: diff for diff in diff_manifests(before, (await release.dry_run(CHART, [values])).manifest)}
    assert set(diffs) == {"Deployment hub", "Secret hub"}
    assert diffs["Deployment hub"].change is Change.CHANGED
    assert any("+" in line and "code-server-hub:1.0.1" in line for line in diffs["Deployment hub"].lines)
    assert [revision.number for revision in await release.history()] == [1], "a dry run must not leave a revision"


async def test_a_dry_run_of_the_first_install(release: Release, cluster: FakeCluster, values: Path) -> None:
    dry = await release.dry_run(CHART, [values])
    assert {diff.change for diff in diff_manifests("", dry.manifest)} == {Change.ADDED}
    assert NAMESPACE not in cluster.names("namespaces")


async def test_values_and_manifest_of_a_revision(release: Release, values: Path, said: Recorder) -> None:
    assert await release.values() is None
    assert await release.manifest() is None
    await release.upgrade_install(CHART, [values], said)
    change(values, '"1.0.0"', '"1.0.1"')
    await release.upgrade_install(CHART, [values], said)
    first, second, computed = (
        await release.values(revision=1),
        await release.values(),
        await release.values(computed=True),
    )
    assert first is not None
    assert second is not None
    assert computed is not None
    assert (first["hub"]["image"]["tag"], second["hub"]["image"]["tag"]) == ("1.0.0", "1.0.1")
    assert computed["cull"]["timeout"] == 3600
    assert "code-server-hub:1.0.0" in (await release.manifest(revision=1) or "")


async def test_later_values_files_win(release: Release, values: Path, tmp_path: Path, said: Recorder) -> None:
    extra = tmp_path / "values.extra.yaml"
    extra.write_text('hub: {image: {tag: "2"}}')
    await release.upgrade_install(CHART, [values, extra], said)
    assert "code-server-hub:2" in (await release.manifest() or "")


async def test_uninstall_says_whether_there_was_one(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    assert not await release.uninstall(said)
    await release.upgrade_install(CHART, [values], said)
    assert await release.uninstall(said)
    assert await release.history() == ()
    assert cluster.names("pods", NAMESPACE) == []


async def test_template_needs_no_cluster_but_its_version(release: Release, cluster: FakeCluster, values: Path) -> None:
    manifest = await release.template(CHART, [values], kube_version="v1.31.2")
    assert "code-server-hub:1.0.0" in manifest
    assert cluster.api.requests == []
    with pytest.raises(MissingError, match="Kubernetes version"):
        await release.template(CHART, [values], kube_version="1.20.0")


async def test_no_secret_is_an_argument_or_a_line(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder, tmp_path: Path
) -> None:
    """Looks at /proc while Helm runs."""
    secret = tmp_path / "secrets.yaml"
    secret.write_text('proxy: {secretToken: "hush-hush-hush"}')
    cluster.scenario.step = 0.3
    seen: set[str] = set()

    async def look() -> None:
        while True:
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen.add(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    await release.upgrade_install(CHART, [values, secret], said)
    await release.dry_run(CHART, [values, secret])
    looking.cancel()
    assert any("upgrade --install jhub" in line for line in seen)
    assert not any("hush-hush" in line for line in seen)
    assert "hush-hush" not in repr(said)
    assert "hush-hush" not in repr(await release.dry_run(CHART, [values, secret]))
