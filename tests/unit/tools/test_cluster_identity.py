"""What a cluster's own tool calls it."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.tools.cluster_identity import identity
from wizard.tools.kubeconfig import KubeContext
from wizard.tools.loaders import familiar


def _context(name: str, cluster: str = "") -> KubeContext:
    return KubeContext(name=name, cluster=cluster or name, user="", namespace="default", server="", proxy="")


def _node(name: str, provider: str = "", runtime: str = "containerd://2.0", **labels: str) -> dict[str, Any]:
    named = {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
    return {
        "metadata": {"name": name, "labels": named},
        "spec": {"providerID": provider},
        "status": {"nodeInfo": {"containerRuntimeVersion": runtime}},
    }


@pytest.mark.parametrize(
    ("context", "nodes", "product", "name"),
    [
        (_context("minikube"), None, "minikube", "minikube"),
        (_context("work", "minikube"), None, "minikube", "minikube"),
        (_context("work"), [_node("m1", minikube_k8s_io__name="dev")], "minikube", "dev"),
        (_context("kind-dev"), None, "kind", "dev"),
        (_context("mine", "kind-dev"), None, "kind", "dev"),
        (_context("mine"), [_node("my-dev-control-plane", "kind://docker/my-dev/x")], "kind", "my-dev"),
        (_context("mine"), [_node("dev-worker2", "kind://docker/dev/x")], "kind", "dev"),
        (_context("k3d-a-b"), None, "k3d", "a-b"),
        (_context("mine"), [_node("k3d-a-b-server-0", "k3s://x")], "k3d", "a-b"),
        (_context("mine"), [_node("host", "k3s://host")], "k3s", "mine"),
        (_context("prod"), None, None, "prod"),
        (_context("prod"), [_node("n1", "aws:///eu/i-1")], "remote", "prod"),
    ],
)
def test_product_and_name(
    context: KubeContext, nodes: list[dict[str, Any]] | None, product: str | None, name: str
) -> None:
    found = identity(context, context.name, nodes)
    assert found.product == product
    assert found.name_for(product or "remote") == name
    assert found.nodes == (None if nodes is None else len(nodes))


def test_nodes_that_run_their_pods_in_docker() -> None:
    found = identity(_context("x"), "x", [_node("here", runtime="docker://20.10.24"), _node("there")])
    assert found.docker_nodes == ("here",)


def test_names_as_docker_shows_them() -> None:
    assert {familiar(f"{prefix}x:1") for prefix in ("", "docker.io/library/", "localhost/")} == {"x:1"}
    assert familiar("docker.io/acme/x:1") == "acme/x:1"
    assert familiar("localhost:5000/x:1") == "localhost:5000/x:1"
