"""Preflight of what the hub makes later, a user's pod, and of a cluster before there is a chart; no Helm is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.kube.conftest import NAMESPACE
from tests.kubeapi import FakeCluster
from wizard.setup.model import Setup
from wizard.setup.store import with_settings
from wizard.targets.preflight import EARLY, early_check
from wizard.targets.preflight_user import user_pod
from wizard.tools.doctor_model import Finding, State
from wizard.tools.preflight import preflight
from wizard.tools.preflight_facts import Intent


def _namespace(cluster: FakeCluster, **labels: str) -> None:
    named = {f"pod-security.kubernetes.io/{mode}": level for mode, level in labels.items()}
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": named}})


def _no_pods(cluster: FakeCluster) -> None:
    _namespace(cluster)
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small"},
        "spec": {"hard": {"pods": "0"}},
    }
    cluster.create(quota, NAMESPACE)


async def _of_users_pod(cluster: FakeCluster, setup: Setup) -> Finding:
    intent = Intent(release="jhub", namespace=NAMESPACE, user_pod=user_pod(setup))
    return {finding.name: finding for finding in await preflight(cluster.context, intent)}["user-pod"]


def _may_not_make_pods(cluster: FakeCluster) -> None:
    _namespace(cluster)
    cluster.scenario.forbidden.add(("create", "pods"))


USERS: dict[str, tuple[Callable[[FakeCluster], None], State, str]] = {
    "nothing wrong": (_namespace, State.OK, ""),
    "restricted": (
        lambda cluster: _namespace(cluster, enforce="restricted"),
        State.WARN,
        'violates PodSecurity "restricted:latest"',
    ),
    "quota": (_no_pods, State.WARN, "exceeded quota: small"),
    "no right": (
        _may_not_make_pods,
        State.UNKNOWN,
        "Your rights",
    ),
    "no namespace": (lambda _: None, State.OK, ""),
}


@pytest.mark.parametrize("case", list(USERS))
async def test_a_users_pod_is_tried_too(case: str, cluster: FakeCluster) -> None:
    """The hub's pods may pass where nobody's editor would."""
    arrange, state, text = USERS[case]
    arrange(cluster)
    found = await _of_users_pod(cluster, Setup())
    assert (found.state, text in found.why, found.blocks) == (state, True, False), found
    assert cluster.names("pods", NAMESPACE) == []


async def test_a_user_pod_that_a_cloud_needs_is_refused_by_baseline(cluster: FakeCluster) -> None:
    """Keeping users from a cloud's metadata takes a privileged container, which Pod Security Standards refuse."""
    _namespace(cluster, enforce="baseline")
    pushed = with_settings(Setup(), ["images.registry=ghcr.io/acme", "target.delivery=push"])
    for setup, state in ((pushed, State.WARN), (Setup(), State.OK)):
        found = await _of_users_pod(cluster, setup)
        assert found.state is state, found


async def test_early_checks_need_no_chart(cluster: FakeCluster) -> None:
    _namespace(cluster)
    setup = with_settings(Setup(), [f"target.context={cluster.context}", f"target.namespace={NAMESPACE}"])
    found = {finding.name: finding for finding in await early_check(setup)}
    assert list(found) == list(EARLY)
    assert {finding.state for finding in found.values()} == {State.OK}, found
    cluster.scenario.forbidden = {("create", "deployments")}
    assert "create deployments.apps" in {one.name: one for one in await early_check(setup)}["rights"].why
    cluster.kubeconfig.write_text(cluster.kubeconfig.read_text().replace(str(cluster.port), "9"))
    assert {finding.state for finding in await early_check(setup)} == {State.UNKNOWN}
