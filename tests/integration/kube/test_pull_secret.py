"""The pull secret: made with its namespace, renewed, never taken from somebody else, and gone with the release."""

from __future__ import annotations

import base64
import json

import pytest

from tests.integration.kube.conftest import NAMESPACE
from tests.kubeapi import FakeCluster
from tests.support.recorder import Recorder
from wizard.errors import UsageError
from wizard.tools.helm import Release
from wizard.tools.kube import connect
from wizard.tools.pull_secret import make_pull_secret
from wizard.tools.registry_credentials import Credentials
from wizard.tools.teardown import belongings, tear_down

LOGIN = Credentials(host="ghcr.io", username="alice", password="hunter2")


def _passwords(cluster: FakeCluster, name: str = "pull") -> list[str]:
    found = next(item for item in cluster.items("secrets", NAMESPACE) if item["metadata"]["name"] == name)
    assert found["type"] == "kubernetes.io/dockerconfigjson"
    document = json.loads(base64.b64decode(found["data"][".dockerconfigjson"]))
    return [entry["password"] for entry in document["auths"].values()]


async def test_made_and_renewed(cluster: FakeCluster) -> None:
    async with connect(cluster.context) as api:
        await make_pull_secret(api, NAMESPACE, "jhub", "pull", LOGIN)
        assert _passwords(cluster) == ["hunter2"]
        newer = Credentials(host="ghcr.io", username="alice", password="hunter3")
        await make_pull_secret(api, NAMESPACE, "jhub", "pull", newer)
        assert _passwords(cluster) == ["hunter3"]
        assert not any("hunter" in path for _, path, _ in cluster.api.requests)


async def test_somebody_elses_is_left_alone(cluster: FakeCluster) -> None:
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    theirs = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"}, "data": {}}
    cluster.create(theirs, NAMESPACE)
    async with connect(cluster.context) as api:
        with pytest.raises(UsageError, match="is not codehub's") as refused:
            await make_pull_secret(api, NAMESPACE, "jhub", "pull", LOGIN)
        assert "target.pull_secret" in refused.value.fix
        await make_pull_secret(api, NAMESPACE, "other", "pull-2", LOGIN)
        with pytest.raises(UsageError, match="is not codehub's"):
            await make_pull_secret(api, NAMESPACE, "jhub", "pull-2", LOGIN)


async def test_a_namespace_that_may_not_be_seen_is_no_obstacle(cluster: FakeCluster) -> None:
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    cluster.scenario.forbidden = {("get", "namespaces"), ("create", "namespaces")}
    async with connect(cluster.context) as api:
        await make_pull_secret(api, NAMESPACE, "jhub", "pull", LOGIN)
    assert _passwords(cluster) == ["hunter2"]


async def test_it_goes_with_its_release_only(release: Release, cluster: FakeCluster, said: Recorder) -> None:
    async with connect(cluster.context) as api:
        await make_pull_secret(api, NAMESPACE, "jhub", "ours", LOGIN)
        await make_pull_secret(api, NAMESPACE, "other", "theirs", LOGIN)
    found = await belongings(release)
    assert found.pull_secrets == ("ours",)
    await tear_down(release, found, said, volumes=False)
    assert cluster.names("secrets", NAMESPACE) == ["theirs"]
    assert (await belongings(release)).nothing
