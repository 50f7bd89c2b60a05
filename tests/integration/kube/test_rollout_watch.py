"""A rollout is shown while Helm works, and a stuck one is explained, also after a rollback has cleared it away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.kube.conftest import CHART, NAMESPACE, change
from tests.kubeapi import FakeCluster
from tests.support.recorder import Recorder
from wizard.reporting import TaskState
from wizard.tools import rollout_watch
from wizard.tools.helm import Release, UpgradeOptions
from wizard.tools.helm_errors import NotReady
from wizard.tools.kube import connect
from wizard.tools.rollout_model import Cause
from wizard.tools.rollout_watch import watch_rollout


async def deploy(release: Release, values: Path, said: Recorder, *, timeout: int = 4, rollback: bool = True) -> None:
    """Upgrade as a run does: watched, and explained when it fails."""
    async with connect(release.context) as api, watch_rollout(api, NAMESPACE, release.name, said) as rollout:
        try:
            options = UpgradeOptions(timeout=timeout, rollback=rollback)
            await release.upgrade_install(CHART, [values], said, options)
        except NotReady as error:
            raise await rollout.explained(error) from error


async def test_pods_events_and_the_hubs_log_are_shown(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    cluster.scenario.logs["hub"] = ["[I] Hub API listening on http://:8081/hub/"]
    async with connect(release.context) as api, watch_rollout(api, NAMESPACE, release.name, said) as rollout:
        await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=30))
        async with asyncio.timeout(60):
            await rollout.wait_ready(60)
            while not said.text("hub"):
                await asyncio.sleep(0.05)
        assert await rollout.problems() == ()
    pods = cluster.names("pods", NAMESPACE)
    assert {said.last()[f"pod/{name}"] for name in pods} == {TaskState.DONE}
    assert "[I] Hub API listening on http://:8081/hub/" in said.text("hub")
    assert any("Pulled (Pod hub-" in line for line in said.text("events"))
    assert said.steps[-1] == (2, 2, "pods")
    assert said.notices == []


def _quota(cluster: FakeCluster) -> None:
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small"},
        "spec": {"hard": {"pods": "1"}},
    }
    cluster.create(quota, NAMESPACE)


def _strict(cluster: FakeCluster) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}})


def _no_storage(cluster: FakeCluster) -> None:
    cluster.delete("storage.k8s.io/v1", "storageclasses", None, "standard")


def _set(name: str, value: object) -> Callable[[FakeCluster], None]:
    return lambda cluster: setattr(cluster.scenario, name, value)


CASES: dict[str, tuple[Callable[[FakeCluster], None], tuple[str, str] | None, Cause, str]] = {
    "image": (
        _set("bad_images", {"code-server-hub"}),
        None,
        Cause.IMAGE,
        "The image code-server-hub:1.0.0 is not in its registry.",
    ),
    "private image": (_set("private_images", {"code-server-hub"}), None, Cause.IMAGE, "the registry wants a login"),
    "image not loaded": (
        _set("node_images", ["something:else"]),
        ("hub: ", 'hub: {image: {name: "code-server-hub", tag: "1.0.0", pullPolicy: Never}}\nx-old: '),
        Cause.IMAGE,
        "is not on the node",
    ),
    "no memory": (
        _set("step", 0.05),
        ("hub: {", "hub: {resources: {requests: {memory: 64Gi}}, "),
        Cause.UNSCHEDULABLE,
        "no node has enough memory left",
    ),
    "no default storage": (_no_storage, None, Cause.VOLUME, "The volume hub-db-dir cannot be made."),
    "volume pending": (_set("pending_volumes", {"hub-db-dir"}), None, Cause.VOLUME, "Waiting for a volume"),
    "crash loop": (
        _set("crashing", {"hub": ("Traceback (most recent call last):", "ValueError: no such authenticator")}),
        None,
        Cause.CRASH,
        "no such authenticator",
    ),
    "hook": (
        _set("stuck_jobs", {"awaiter"}),
        (r"hook: \{enabled: false\}", "hook: {enabled: true}"),
        Cause.HOOK,
        "The job hook-image-awaiter is still running",
    ),
    "hook fails": (
        _set("failing_jobs", {"awaiter"}),
        (r"hook: \{enabled: false\}", "hook: {enabled: true}"),
        Cause.HOOK,
        "The job hook-image-awaiter failed",
    ),
    "quota": (_quota, None, Cause.QUOTA, "exceeded quota: small"),
    "pod security": (
        _strict,
        ("hub: {", "hub: {containerSecurityContext: {privileged: true}, "),
        Cause.POD_SECURITY,
        'violates PodSecurity "baseline:latest": privileged',
    ),
    "not ready": (_set("unready", {"hub": "HTTP probe failed with statuscode: 503"}), None, Cause.UNREADY, "503"),
    "no address": (_set("load_balancers", False), None, Cause.ADDRESS, "has no external address"),
}


# Helm 4 does not wait for an address; both majors wait for the rest alike, so Helm 3 is tried with a few.
WITH_HELM4 = [case for case in CASES if case != "no address"]
WITH_HELM3 = ["image", "crash loop", "hook", "quota", "no address"]


@pytest.mark.parametrize(
    "helm, case",
    [
        *(pytest.param("helm3", case, marks=pytest.mark.tier("helm3")) for case in WITH_HELM3),
        *(pytest.param("helm4", case, marks=pytest.mark.tier("helm4")) for case in WITH_HELM4),
    ],
    indirect=["helm"],
)
async def test_a_stuck_rollout_is_explained(
    case: str,
    release: Release,
    cluster: FakeCluster,
    values: Path,
    said: Recorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rollout_watch, "STEADY", 0.5)
    arrange, edit, cause, text = CASES[case]
    arrange(cluster)
    if edit:
        change(values, *edit)
        values.write_text(
            values.read_text().partition("x-old:")[0] if case == "image not loaded" else values.read_text()
        )
    with pytest.raises(NotReady) as caught:
        await deploy(release, values, said, timeout=3)
    assert text in f"{caught.value.what} {caught.value.why}"
    assert caught.value.fix
    if cause not in {Cause.HOOK, Cause.UNREADY, Cause.ADDRESS}:  # those need more patience than this test has
        assert said.notices, "it must be told while it happens, not only at the end"


async def test_the_cause_of_a_failed_upgrade_outlives_the_rollback(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    await deploy(release, values, said, timeout=30)
    cluster.scenario.crashing = {}
    cluster.scenario.bad_images = {"9.9.9"}
    change(values, '"1.0.0"', '"9.9.9"')
    with pytest.raises(NotReady) as caught:
        await deploy(release, values, said)
    assert "code-server-hub:9.9.9 is not in its registry" in caught.value.why
    current = await release.current()
    assert current is not None
    assert current.deployed


async def test_the_watch_survives_cuts_and_limited_rights(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    cluster.scenario.cut_watches_after, cluster.scenario.step = 0.2, 0.4
    cluster.scenario.forbidden = {("*", "events")}
    async with connect(release.context) as api, watch_rollout(api, NAMESPACE, release.name, said) as rollout:
        await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=60))
        async with asyncio.timeout(30):
            while len(said.last()) < 2 or set(said.last().values()) != {TaskState.DONE}:
                await asyncio.sleep(0.1)
        await rollout.wait_ready(30)
    assert any("events cannot be watched" in text for _, text in said.notices)
    assert any("connection lost" in line for line in said.text("events"))


async def test_a_watch_that_breaks_is_said_and_fails_nothing(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("what no cluster ever said")

    monkeypatch.setattr(rollout_watch, "pod_state", broken)
    await deploy(release, values, said, timeout=30)
    assert any("what no cluster ever said" in text for _, text in said.notices)


async def test_users_pods_and_other_releases_are_left_out(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    await deploy(release, values, said, timeout=30)
    cluster.scenario.bad_images = {"theirs"}
    for labels in ({"component": "singleuser-server", "release": "jhub"}, {"release": "other"}):
        metadata = {"generateName": "jupyter-", "labels": labels}
        spec = {"containers": [{"name": "x", "image": "theirs"}]}
        cluster.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, NAMESPACE)
    async with connect(release.context) as api, watch_rollout(api, NAMESPACE, release.name, said) as rollout:
        await rollout.wait_ready(60)
        assert await rollout.problems() == ()


async def test_waiting_names_what_is_not_ready(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    """Without Helm's own wait: how a LoadBalancer that gets no address is deployed with Helm 3."""
    cluster.scenario.bad_images.add("code-server-hub")
    options = UpgradeOptions(timeout=30, wait=False)
    async with connect(release.context) as api, watch_rollout(api, NAMESPACE, release.name, said) as rollout:
        await release.upgrade_install(CHART, [values], said, options)
        with pytest.raises(NotReady) as caught:
            await rollout.wait_ready(2)
    assert "is not in its registry" in caught.value.why
    assert "jhub did not get ready in 2 seconds" in caught.value.what
