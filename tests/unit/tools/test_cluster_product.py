"""Which product a cluster is, by its names and by its signs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from wizard.tools.cluster_product import product_by_config, product_by_nodes
from wizard.tools.kubeconfig import KubeContext, read_kubeconfig


def context(name: str, cluster: str = "", provider: str = "") -> KubeContext:
    return KubeContext(
        name=name,
        cluster=cluster or name,
        user="u",
        namespace="default",
        server="https://x",
        proxy="",
        provider=provider,
    )


@pytest.mark.parametrize(
    "chosen, product",
    [
        (context("minikube"), "minikube"),
        (context("dev", "kind-dev"), "kind"),
        (context("prod", "arn:aws:eks:eu-west-1:1:cluster/prod"), "remote"),
        (context("prod", "prod"), None),
        (context("minikube", "kind-dev"), "kind"),
        (context("teaching", "teaching", "minikube.sigs.k8s.io"), "minikube"),
    ],
)
def test_by_the_kubeconfig(chosen: KubeContext, product: str | None) -> None:
    assert product_by_config(chosen) == product


@pytest.mark.parametrize(
    "node, product",
    [
        ({"metadata": {"name": "m", "labels": {"minikube.k8s.io/name": "teaching"}}}, "minikube"),
        ({"metadata": {"name": "x"}, "spec": {"providerID": "kind://docker/dev/dev-control-plane"}}, "kind"),
        ({"metadata": {"name": "k3d-dev-server-0"}, "spec": {"providerID": "k3s://k3d-dev-server-0"}}, "k3d"),
        ({"metadata": {"name": "box"}, "spec": {"providerID": "k3s://box"}}, "k3s"),
        ({"metadata": {"name": "box", "labels": {"microk8s.io/cluster": "true"}}}, "microk8s"),
        ({"metadata": {"name": "docker-desktop"}}, "docker-desktop"),
        ({"metadata": {"name": "ip-10-0-0-1"}, "spec": {"providerID": "aws:///eu-west-1a/i-0"}}, "remote"),
        ({"metadata": {"name": "node-1"}}, None),
        ({}, None),
    ],
)
def test_by_the_nodes(node: dict[str, Any], product: str | None) -> None:
    assert product_by_nodes([node]) == product


@pytest.mark.parametrize(
    "cluster",
    [
        {"extensions": [{"name": "cluster_info", "extension": {"provider": "minikube.sigs.k8s.io", "version": "1"}}]},
        {"certificate-authority": "/home/a/.minikube/ca.crt"},
    ],
)
def test_minikube_signs_its_entries(cluster: dict[str, Any], tmp_path: Path) -> None:
    config = {
        "clusters": [{"name": "teaching", "cluster": {"server": "https://192.168.49.2:8443", **cluster}}],
        "contexts": [{"name": "teaching", "context": {"cluster": "teaching", "user": "teaching"}}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    (found,) = read_kubeconfig([tmp_path / "config"]).contexts
    assert product_by_config(found) == "minikube"


@pytest.mark.parametrize("extensions", ["x", [1], [{"extension": "y"}], [{"extension": {"provider": 3}}], None])
def test_odd_extensions_say_nothing(extensions: object, tmp_path: Path) -> None:
    config = {
        "clusters": [{"name": "a", "cluster": {"server": "https://a", "extensions": extensions}}],
        "contexts": [{"name": "a", "context": {"cluster": "a"}}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    (found,) = read_kubeconfig([tmp_path / "config"]).contexts
    assert product_by_config(found) is None
