"""The checks before a deploy, in `codehub plan` and `apply`: against the in-memory cluster, with the real Helm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.cli.conftest import Small
from tests.kubeapi import FakeCluster, Scenario

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _healthy(cluster: FakeCluster) -> Iterator[None]:
    """The cluster is shared by these tests: each leaves it as it was."""
    yield
    cluster.scenario.forbidden = Scenario().forbidden
    cluster.scenario.version = Scenario().version


def _checks(small: Small) -> dict[str, dict[str, Any]]:
    ended = small.run("plan", "--json")
    assert ended.code == 0, ended.err
    return {check["name"]: check for check in ended.document["checks"]}


def _namespace(small: Small) -> str:
    return small.image.partition(":")[0]


def test_a_healthy_cluster_is_checked_and_deployed_to(small: Small) -> None:
    checks = _checks(small)
    assert {"chart", "rights", "storage", "release", "capacity", "dry-run"} <= checks.keys()
    assert not any(check["blocks"] for check in checks.values())
    assert "renders with your values" in small.run("plan").out
    assert small.run("apply", "--yes").code == 0
    assert _checks(small) == {}, "there is nothing to deploy, and so nothing to check"


def _viewer(cluster: FakeCluster, _: Small) -> None:
    cluster.scenario.forbidden = {(verb, "*") for verb in ("create", "patch", "update", "delete")}


def _old(cluster: FakeCluster, _: Small) -> None:
    cluster.scenario.version = "v1.19.0"


def _restricted(cluster: FakeCluster, small: Small) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _namespace(small), "labels": labels}})


def _quota(cluster: FakeCluster, small: Small) -> None:
    name = _namespace(small)
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    hard = {"pods": "0"}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": hard}}
    cluster.create(quota, name)


def _wrong_values(_: FakeCluster, small: Small) -> None:
    (small.folder / "values.extra.yaml").write_text("no-such-key: true\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_viewer, "you may not"),
        (_old, "The chart needs Kubernetes"),
        (_quota, "quota"),
        (_wrong_values, "no-such-key"),
    ],
)
def test_what_cannot_work_stops_apply_before_anything_is_built(
    small: Small,
    cluster: FakeCluster,
    image_exists: Callable[[str], bool],
    spoil: Callable[[FakeCluster, Small], None],
    said: str,
) -> None:
    spoil(cluster, small)
    blocking = [check for check in _checks(small).values() if check["blocks"]]
    assert any(said in check["why"] for check in blocking), blocking
    assert all(check["fix"] for check in blocking)
    small.run("apply", "--yes").refused(3, "This cannot work yet", said)
    assert not image_exists(small.image)
    assert small.run("apply", "--dry-run").code == 0


def test_a_namespace_with_restricted_pod_security_is_warned_of(small: Small, cluster: FakeCluster) -> None:
    _restricted(cluster, small)
    check = _checks(small)["namespace"]
    assert (check["state"], check["blocks"]) == ("warn", False)
    assert "restricted" in check["why"]


def test_a_namespace_admin_gets_unknown_and_may_deploy(small: Small, cluster: FakeCluster) -> None:
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _namespace(small)}})
    lists = {("list", plural) for plural in ("nodes", "storageclasses", "ingressclasses")}
    cluster.scenario.forbidden = lists | {("get", "namespaces")}
    states = {name: check["state"] for name, check in _checks(small).items()}
    assert states["storage"] == states["capacity"] == "unknown"
    assert small.run("apply", "--yes").code == 0


def test_another_release_in_the_namespace_blocks(small: Small) -> None:
    assert small.run("apply", "--yes").code == 0
    text = (small.folder / "codehub.yaml").read_text()
    (small.folder / "codehub.yaml").write_text(text.replace("release: jhub", "release: other"))
    other = replace(small)
    other.run("apply", "--yes").refused(3, "belong to jhub")
