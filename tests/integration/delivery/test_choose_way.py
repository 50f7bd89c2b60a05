"""How images get to a cluster when the setup says auto: the cluster itself tells, against the in-memory API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kubeapi import FakeCluster
from tests.support.standin import StandIns
from tests.unit.render.setups import setup
from wizard.errors import MissingError, UsageError
from wizard.targets.delivery import choose_way

EXPORTS = 'export DOCKER_TLS_VERIFY="1"\nexport DOCKER_HOST="tcp://192.168.49.2:2376"\n'


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    with FakeCluster(tmp_path / "cluster") as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


def _node(cluster: FakeCluster, name: str, *, provider: str = "", labels: dict[str, str] | None = None) -> None:
    """Make the one node that of a product."""

    def work() -> None:
        for node in cluster.api.store.all("nodes"):
            node["metadata"] |= {"name": name, "labels": labels or {}}
            node["spec"] = {"providerID": provider}

    cluster.do(work)


def _auto(**more: Any) -> Any:
    return setup(target__context="in-memory", **more)


async def test_minikube_is_built_in_where_that_works(cluster: FakeCluster, standins: StandIns) -> None:
    _node(cluster, "dev", labels={"minikube.k8s.io/name": "dev"})
    standins.answer("minikube", {"-p dev docker-env --shell sh": (0, EXPORTS, "")})
    way = await choose_way(_auto())
    assert (way.delivery, way.loader) == ("same-daemon", None)
    assert way.env["DOCKER_HOST"] == "tcp://192.168.49.2:2376"
    assert way.prepare == 'eval "$(minikube -p dev docker-env --shell sh)"'


async def test_minikube_is_loaded_into_otherwise(cluster: FakeCluster, standins: StandIns) -> None:
    _node(cluster, "dev", labels={"minikube.k8s.io/name": "dev"})
    refusal = "❌  Exiting due to ENV_MULTINODE_CONFLICT: docker-env is incompatible with multi-node clusters.\n"
    standins.answer("minikube", {"-p dev docker-env": (14, "", refusal)})
    way = await choose_way(_auto())
    assert way.delivery == "minikube-load"
    assert way.loader is not None
    assert way.loader.command("x:1") == "minikube -p dev image load x:1"
    with pytest.raises(UsageError, match="no Docker to build in") as refused:
        await choose_way(_auto(target__delivery="same-daemon"))
    assert "multi-node" in refused.value.why


@pytest.mark.parametrize(
    ("node", "provider", "program", "command"),
    [
        ("dev-control-plane", "kind://docker/dev/x", "kind", "kind load docker-image x:1 --name dev"),
        ("k3d-dev-server-0", "k3s://x", "k3d", "k3d image import -c dev x:1"),
        ("here", "k3s://here", "k3s", "docker save x:1 | k3s ctr images import -"),
    ],
)
async def test_other_products_are_loaded_into(
    cluster: FakeCluster,
    standins: StandIns,
    monkeypatch: pytest.MonkeyPatch,
    node: str,
    provider: str,
    program: str,
    command: str,
) -> None:
    _node(cluster, node, provider=provider)
    standins.answer(program, {})
    way = await choose_way(_auto())
    assert way.loader is not None
    assert way.loader.command("x:1") == command
    monkeypatch.setenv("PATH", str(standins.folder.parent))
    with pytest.raises(MissingError, match=f"{program} is not on the PATH"):
        await choose_way(_auto())


async def test_a_registry_or_an_answer_settles_it_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    assert (await choose_way(_auto(images__registry="ghcr.io/acme"))).delivery == "push"
    assert (await choose_way(_auto(target__delivery="push"))).delivery == "push"


async def test_a_remote_cluster_needs_a_registry(cluster: FakeCluster) -> None:
    _node(cluster, "ip-10-0-0-1", provider="aws:///eu-west-1a/i-1")
    with pytest.raises(UsageError, match="no way to get the images") as refused:
        await choose_way(_auto())
    assert "is a remote cluster" in refused.value.why


async def test_images_on_one_of_several_nodes_are_warned_of(cluster: FakeCluster, standins: StandIns) -> None:
    standins.answer("k3s", {})
    _node(cluster, "here", provider="k3s://here")
    cluster.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "there"}})
    assert "2 nodes" in (await choose_way(_auto())).notice
