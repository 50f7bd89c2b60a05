"""Listing contexts while one of them never answers, and what a cluster has to choose from."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.kubeapi import FakeCluster
from wizard.errors import MissingError
from wizard.tools.clusters import Found, StorageClass, details, survey


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_contexts_are_asked_together_and_told_as_they_answer(
    cluster: FakeCluster, silent: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = ["asleep", "also", "too", "again"]
    servers = {"kind-gone": "https://127.0.0.1:9"} | dict.fromkeys(asleep, f"https://127.0.0.1:{silent}")
    other = tmp_path / "other.yaml"
    config = {
        "clusters": [{"name": name, "cluster": {"server": server}} for name, server in servers.items()],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "u"}} for name in servers],
    }
    other.write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", f"{other}:{cluster.kubeconfig}")
    told: list[Found] = []
    began = time.monotonic()
    found = {entry.context.name: entry for entry in await survey(told.append, patience=5)}
    assert time.monotonic() - began < 18, "one after the other would take 20 s"
    assert list(found) == ["kind-gone", *asleep, cluster.context]
    assert found[cluster.context].version == "v1.33.1", found[cluster.context].why
    assert (found["kind-gone"].reachable, found["kind-gone"].product) == (False, "kind")
    assert "within 5 seconds" in found["asleep"].why
    assert {entry.context.name for entry in told[-len(asleep) :]} == set(asleep)


async def test_nothing_blocks_while_clusters_are_asked(cluster: FakeCluster) -> None:
    """The event loop goes on: a screen can be drawn meanwhile."""
    cluster.scenario.latency = 0.5
    await survey()  # the client library is imported now
    longest, last = 0.0, time.monotonic()
    task = asyncio.create_task(survey())
    while not task.done():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 0.3


async def test_no_kubeconfig_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(MissingError, match="no kubeconfig"):
        await survey()


async def test_what_a_cluster_has_to_choose_from(cluster: FakeCluster) -> None:
    late = {"metadata": {"name": "late"}, "provisioner": "csi.acme", "volumeBindingMode": "WaitForFirstConsumer"}
    cluster.create({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", **late})
    found = await details(cluster.context)
    assert found.namespaces == ("default", "kube-system")
    assert found.storage_classes == (
        StorageClass(name="late", default=False, provisioner="csi.acme", late=True),
        StorageClass(name="standard", default=True, provisioner="in-memory", late=False),
    )
    assert found.ingress_classes == {"nginx": False}
    assert (found.nodes, found.architectures, found.product) == (1, ("amd64",), "remote")


async def test_what_may_not_be_seen_is_unknown(cluster: FakeCluster) -> None:
    cluster.scenario.forbidden = {("list", "*")}
    found = await details(cluster.context)
    assert found.version == "v1.33.1"
    assert (found.namespaces, found.storage_classes, found.ingress_classes, found.nodes) == (None, None, None, None)
