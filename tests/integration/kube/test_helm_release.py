"""The real Helm 3 and 4 install, upgrade, fail, roll back, lock, are repaired and uninstall."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests.integration.kube.conftest import CHART, NAMESPACE, change
from tests.kubeapi import FakeCluster
from tests.kubeapi.resources import find
from tests.support.recorder import Recorder
from wizard.errors import CodehubError, ExitCode, MissingError, UsageError
from wizard.tools.helm import Release, UpgradeOptions
from wizard.tools.helm_chart import Chart
from wizard.tools.helm_diff import Change, diff_manifests
from wizard.tools.helm_errors import FieldConflict, NotReady, ReleaseLocked
from wizard.tools.helm_release import RepairKind, repair_for

SHORT = UpgradeOptions(timeout=4)


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
    async with asyncio.timeout(20):
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
    async with asyncio.timeout(20):
        while "hook-image-awaiter" not in cluster.names("jobs", NAMESPACE):
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    history = await release.history()
    assert not any(revision.locked for revision in history)


async def test_uninstall_says_whether_there_was_one(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    assert not await release.uninstall(said)
    await release.upgrade_install(CHART, [values], said)
    assert await release.uninstall(said)
    assert await release.history() == ()
    assert cluster.names("pods", NAMESPACE) == []


async def test_unknown_values_are_refused_before_anything_happens(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    change(values, "hub: ", "hub: {colour: red}\nx: ")
    for attempt in (release.template(CHART, [values]), release.upgrade_install(CHART, [values], said)):
        with pytest.raises(UsageError) as caught:
            await attempt
        assert "colour" in caught.value.why
    assert await release.history() == ()


async def test_template_needs_no_cluster_but_its_version(release: Release, cluster: FakeCluster, values: Path) -> None:
    manifest = await release.template(CHART, [values], kube_version="v1.31.2")
    assert "code-server-hub:1.0.0" in manifest
    assert cluster.api.requests == []
    with pytest.raises(MissingError, match="Kubernetes version"):
        await release.template(CHART, [values], kube_version="1.20.0")


async def test_a_field_changed_by_hand(release: Release, cluster: FakeCluster, values: Path, said: Recorder) -> None:
    """Helm 4 refuses to overwrite it unless told to; Helm 3 overwrites it."""
    await release.upgrade_install(CHART, [values], said)

    def edit() -> None:
        hub = cluster.api.store.objects["apps/v1", "deployments", NAMESPACE, "hub"]
        edited = {**hub, "spec": {**hub["spec"], "replicas": 0}}
        cluster.api.store.update(find("apps/v1", "deployments"), NAMESPACE, "hub", edited, "kubectl-edit")

    cluster.do(edit)
    if release.helm.major == 4:
        with pytest.raises(FieldConflict) as caught:
            await release.upgrade_install(CHART, [values], said)
        assert "kubectl-edit" in caught.value.why
    options = UpgradeOptions(timeout=30, force_conflicts=True)
    assert (await release.upgrade_install(CHART, [values], said, options)).deployed
    hub = next(item for item in cluster.items("deployments", NAMESPACE) if item["metadata"]["name"] == "hub")
    if release.helm.major == 4:
        assert hub["spec"]["replicas"] == 1


async def test_a_second_release_in_the_namespace_is_refused(release: Release, values: Path, said: Recorder) -> None:
    await release.upgrade_install(CHART, [values], said)
    other = Release(helm=release.helm, name="other", namespace=NAMESPACE, context=release.context)
    with pytest.raises(CodehubError, match="already has objects"):
        await other.upgrade_install(CHART, [values], said)


@pytest.mark.parametrize("kind", ["expired", "gone", "context", "forbidden"])
async def test_a_cluster_that_cannot_be_used(
    kind: str, release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    expected = {
        "expired": (MissingError, "does not accept your credentials"),
        "gone": (MissingError, "does not answer"),
        "context": (UsageError, "no kube context elsewhere"),
        "forbidden": (CodehubError, "not allowed"),
    }
    if kind == "expired":
        cluster.scenario.tokens = {"another"}
    elif kind == "gone":
        config = cluster.kubeconfig.read_text().replace(str(cluster.port), "9")
        cluster.kubeconfig.write_text(config)
    elif kind == "context":
        release = Release(helm=release.helm, name="jhub", namespace=NAMESPACE, context="elsewhere")
    else:
        cluster.scenario.forbidden = {("*", "secrets")}
    error, text = expected[kind]
    with pytest.raises(error) as caught:
        await release.upgrade_install(CHART, [values], said)
    assert text in caught.value.what
    assert caught.value.fix


async def test_a_chart_that_is_not_there(release: Release, values: Path, said: Recorder, tmp_path: Path) -> None:
    charts = (
        Chart("http://127.0.0.1:9/charts", "4.4.0"),
        Chart(str(tmp_path / "no.tgz")),
        Chart("oci://127.0.0.1:9/a/b"),
    )
    codes = []
    for chart in charts:
        with pytest.raises(CodehubError) as caught:
            await release.upgrade_install(chart, [values], said)
        assert "chart" in caught.value.what
        codes.append(caught.value.exit_code)
    assert codes == [ExitCode.MISSING, ExitCode.USAGE, ExitCode.MISSING]


async def test_a_folder_named_like_the_chart_does_not_replace_it(
    release: Release, values: Path, said: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Helm prefers ./jupyterhub to the repository of --repo."""
    (tmp_path / "jupyterhub").symlink_to(CHART.source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", os.path.relpath(os.environ["KUBECONFIG"]))
    with pytest.raises(MissingError, match="could not be fetched"):
        await release.upgrade_install(Chart("http://127.0.0.1:9/charts", "4.4.0"), [values], said)
    assert await release.history() == ()


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
