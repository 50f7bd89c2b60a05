"""Preflight against an API: as an administrator, with limited rights, and with what is wrong in a namespace."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.kube.conftest import CHART, NAMESPACE, change
from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.recorder import Recorder
from wizard.tools import helm as helm_tool
from wizard.tools.doctor_model import Finding, State
from wizard.tools.helm import Release, UpgradeOptions
from wizard.tools.preflight import preflight
from wizard.tools.preflight_facts import Intent

pytestmark = pytest.mark.tier("helm4")


@pytest.fixture
async def release(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> Release:
    """One major is enough here: only its rendering is used."""
    monkeypatch.setenv("CODEHUB_HELM", str(parts.program("helm4")))
    return Release(helm=await helm_tool.find(), name="jhub", namespace=NAMESPACE, context=cluster.context)


@pytest.fixture
async def intent(release: Release, values: Path) -> Intent:
    return await _intent(release, values)


async def _intent(release: Release, values: Path) -> Intent:
    manifest = await release.template(CHART, [values], kube_version="1.33.1")
    return Intent(
        release="jhub", namespace=NAMESPACE, manifest=manifest, min_kubernetes="1.28", user_memory="1G", user_cpu="0.1"
    )


async def _findings(cluster: FakeCluster, intent: Intent) -> dict[str, Finding]:
    return {finding.name: finding for finding in await preflight(cluster.context, intent)}


def _namespace(cluster: FakeCluster, **labels: str) -> None:
    named = {f"pod-security.kubernetes.io/{mode}": level for mode, level in labels.items()}
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": named}})


async def test_a_healthy_cluster_passes_quickly(cluster: FakeCluster, intent: Intent) -> None:
    _namespace(cluster)
    cluster.scenario.latency = 0.05
    await _findings(cluster, intent)  # the client library is imported now
    began = time.monotonic()
    found = await _findings(cluster, intent)
    assert time.monotonic() - began < 20
    assert {finding.state for finding in found.values()} == {State.OK}, found
    assert "objects accepted" in found["dry-run"].found
    assert found["capacity"].found == "room for about 8 users at a time"
    assert cluster.names("deployments", NAMESPACE) == [], "a preflight changes nothing"


async def test_a_namespace_that_is_not_there_yet(cluster: FakeCluster, intent: Intent) -> None:
    found = await _findings(cluster, intent)
    assert found["namespace"].found == "codehub will be made"
    assert not any(finding.blocks for finding in found.values())
    cluster.scenario.forbidden = {("create", "namespaces")}
    assert "create namespaces" in (await _findings(cluster, intent))["rights"].why


async def test_an_upgrade_of_our_own_release_passes(
    cluster: FakeCluster, intent: Intent, release: Release, values: Path, said: Recorder
) -> None:
    await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=30))
    found = await _findings(cluster, intent)
    assert not any(finding.blocks for finding in found.values())
    assert found["release"].found == "jhub, revision 1, deployed"


async def test_another_release_in_the_namespace_blocks(
    cluster: FakeCluster, intent: Intent, release: Release, values: Path, said: Recorder
) -> None:
    other = dataclasses.replace(release, name="other")
    await other.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=30))
    found = (await _findings(cluster, intent))["owners"]
    assert found.blocks
    assert "belong to other" in found.why


async def test_a_viewer_is_told_what_is_missing(cluster: FakeCluster, intent: Intent) -> None:
    _namespace(cluster)
    cluster.scenario.forbidden = {(verb, "*") for verb in ("create", "patch", "update", "delete")}
    found = await _findings(cluster, intent)
    assert found["rights"].blocks
    assert "create secrets" in found["rights"].why
    assert found["dry-run"].state is State.UNKNOWN
    assert found["storage"].state is State.OK


async def test_a_namespace_admin_gets_unknown_not_errors(cluster: FakeCluster, intent: Intent) -> None:
    _namespace(cluster)
    cluster.scenario.forbidden = {
        (verb, plural)
        for verb in ("get", "list")
        for plural in ("namespaces", "nodes", "storageclasses", "ingressclasses")
    } | {("list", "pods"), ("list", "resourcequotas")}
    found = await _findings(cluster, intent)
    unknown = {name for name, finding in found.items() if finding.state is State.UNKNOWN}
    assert unknown == {"namespace", "storage", "capacity", "quota"}
    assert not any(finding.blocks for finding in found.values())


async def test_cluster_roles_need_cluster_rights(cluster: FakeCluster, release: Release, values: Path) -> None:
    _namespace(cluster)
    change(values, r"userScheduler: \{enabled: false\}", "userScheduler: {enabled: true}")
    cluster.scenario.forbidden = {("create", "clusterroles")}
    found = (await _findings(cluster, await _intent(release, values)))["rights"]
    assert found.blocks
    assert "userScheduler" in found.fix


def _quota(**hard: str) -> Callable[[FakeCluster], None]:
    def arrange(cluster: FakeCluster) -> None:
        _namespace(cluster)
        names = {name.replace("_", "."): amount for name, amount in hard.items()}
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": names}}
        cluster.create(quota, NAMESPACE)

    return arrange


def _no_class(plural: str, group: str, name: str) -> Callable[[FakeCluster], None]:
    return lambda cluster: cluster.delete(group, plural, None, name)


def _terminating(cluster: FakeCluster) -> None:
    _namespace(cluster)
    status = {"phase": "Terminating"}
    cluster.do(lambda: cluster.api.store.objects["v1", "namespaces", "", NAMESPACE].update(status=status))


def _nodes(**spec: Any) -> Callable[[FakeCluster], None]:
    def arrange(cluster: FakeCluster) -> None:
        cluster.do(lambda: cluster.api.store.objects["v1", "nodes", "", "node-1"].update(spec=spec))

    return arrange


INGRESS = 'ingress: {enabled: true, ingressClassName: "%s", hosts: ["hub.acme.org"]}\nhub: '
CASES: dict[str, tuple[Callable[[FakeCluster], None], tuple[str, str] | None, str, State, str]] = {
    "old cluster": (
        lambda cluster: setattr(cluster.scenario, "version", "v1.27.3"),
        None,
        "kubernetes",
        State.MISSING,
        "needs Kubernetes 1.28",
    ),
    "terminating": (
        _terminating,
        None,
        "namespace",
        State.MISSING,
        "being deleted",
    ),
    "restricted": (
        lambda cluster: _namespace(cluster, enforce="restricted"),
        None,
        "namespace",
        State.WARN,
        "restricted",
    ),
    "pods refused": (
        lambda cluster: _namespace(cluster, enforce="baseline"),
        ("hub: {", "hub: {containerSecurityContext: {privileged: true}, "),
        "dry-run",
        State.MISSING,
        'violates PodSecurity "baseline:latest"',
    ),
    "pods warned of": (
        lambda cluster: _namespace(cluster, warn="restricted"),
        ("hub: {", "hub: {containerSecurityContext: {privileged: true}, "),
        "dry-run",
        State.WARN,
        "would violate",
    ),
    "no default storage": (
        _no_class("storageclasses", "storage.k8s.io/v1", "standard"),
        None,
        "storage",
        State.MISSING,
        "No storage class is the default",
    ),
    "unknown storage": (
        lambda _: None,
        ("hub: {", "hub: {db: {pvc: {storageClassName: fast}}, "),
        "storage",
        State.MISSING,
        "no storage class fast; there are: standard",
    ),
    "no ingress controller": (
        _no_class("ingressclasses", "networking.k8s.io/v1", "nginx"),
        ("hub: ", INGRESS % "nginx"),
        "ingress",
        State.MISSING,
        "no ingress controller",
    ),
    "unknown ingress class": (
        lambda _: None,
        ("hub: ", INGRESS % "traefik"),
        "ingress",
        State.MISSING,
        "no ingress class traefik; there are: nginx",
    ),
    "no default ingress class": (
        lambda _: None,
        ("hub: ", INGRESS % ""),
        "ingress",
        State.WARN,
        "none is the default",
    ),
    "quota too small": (
        _quota(pods="2"),
        None,
        "quota",
        State.WARN,
        "leaves 2 of pods; the hub with one user needs 3",
    ),
    "quota that refuses": (
        _quota(requests_memory="1Gi"),
        None,
        "dry-run",
        State.MISSING,
        "must specify requests.memory",
    ),
    "too big for any node": (
        lambda _: None,
        ("hub: {", "hub: {resources: {requests: {memory: 64Gi}}, "),
        "capacity",
        State.WARN,
        "No node has room for Deployment hub: it asks for 65,536 Mi of memory",
    ),
    "cordoned": (_nodes(unschedulable=True), None, "capacity", State.MISSING, "No node is ready"),
}


@pytest.mark.parametrize("case", list(CASES))
async def test_what_is_wrong_is_found(case: str, cluster: FakeCluster, release: Release, values: Path) -> None:
    arrange, edit, name, state, text = CASES[case]
    arrange(cluster)
    if edit:
        change(values, *edit)
    found = (await _findings(cluster, await _intent(release, values)))[name]
    assert (found.state, text in found.why) == (state, True), found
    assert found.fix
    assert found.blocks == (state is State.MISSING)


async def test_a_locked_release_blocks(
    cluster: FakeCluster, intent: Intent, release: Release, values: Path, said: Recorder
) -> None:
    await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=30))

    def lock() -> None:
        key = ("v1", "secrets", NAMESPACE, "sh.helm.release.v1.jhub.v1")
        cluster.api.store.objects[key]["metadata"]["labels"]["status"] = "pending-upgrade"

    cluster.do(lock)
    found = (await _findings(cluster, intent))["release"]
    assert found.blocks
    assert found.command == "helm history jhub -n codehub"


async def test_a_cluster_that_does_not_answer_is_the_only_finding(cluster: FakeCluster, intent: Intent) -> None:
    cluster.kubeconfig.write_text(cluster.kubeconfig.read_text().replace(str(cluster.port), "9"))
    (found,) = await preflight(cluster.context, intent)
    assert found.blocks
    assert found.fix


async def test_no_secret_is_read(
    cluster: FakeCluster, intent: Intent, release: Release, values: Path, said: Recorder
) -> None:
    """Helm's records hold all values: only their metadata may be asked for."""
    await release.upgrade_install(CHART, [values], said, UpgradeOptions(timeout=30))
    asked = len(cluster.api.requests)
    await _findings(cluster, intent)
    reading = [path for method, path, _ in cluster.api.requests[asked:] if method == "GET" and "/secrets" in path]
    assert reading
    assert all("labelSelector=owner%3Dhelm" in path for path in reading)
