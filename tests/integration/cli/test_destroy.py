"""`codehub destroy` and the live part of `status`, with the real Helm on the in-memory cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Small
from tests.kubeapi import FakeCluster
from tests.support.program import codehub

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]


def _namespace(small: Small) -> str:
    return small.image.partition(":")[0]


def _person(cluster: FakeCluster, namespace: str, name: str, release: str) -> None:
    """What a release's hub makes for somebody: a pod and a volume."""
    labels = {"app": "jupyterhub", "heritage": "jupyterhub", "release": release}
    container = {"name": "notebook", "image": "x:1"}
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"jupyter-{name}",
            "labels": {**labels, "component": "singleuser-server"},
            "annotations": {"hub.jupyter.org/username": name},
        },
        "spec": {"containers": [container]},
    }
    claim: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": f"claim-{name}", "labels": {**labels, "component": "singleuser-storage"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    cluster.create(pod, namespace)
    cluster.create(claim, namespace)


def test_the_release_goes_and_volumes_stay(small: Small, cluster: FakeCluster) -> None:
    namespace = _namespace(small)
    assert small.run("apply", "--yes").code == 0
    _person(cluster, namespace, "alice", "jhub")
    _person(cluster, namespace, "bob", "another")

    live = small.run("status", "--json").document["live"]
    assert (live["release"]["revision"], live["release"]["status"]) == (1, "deployed")
    assert {pod["name"].partition("-")[0] for pod in live["pods"]} == {"hub", "proxy"}
    assert live["users"] == ["alice"]
    assert live["addresses"][0].startswith("http://127.0.0.1:")
    assert "release jhub: revision 1, deployed" in small.run("status").out

    small.run("destroy").refused(2, "nobody to ask", "--yes")
    ended = small.run("destroy", "--yes")
    assert ended.code == 0, ended.err
    shown = {line.split("  ")[-1].partition(":")[0]: line.split()[0] for line in ended.out.splitlines()[1:]}
    assert shown["people's files"] == shown["the hub's database"] == "stays"
    assert "jupyter-alice" in ended.out
    assert "bob" not in ended.out
    assert cluster.names("deployments", namespace) == []
    assert cluster.names("pods", namespace) == ["jupyter-bob"]
    assert sorted(cluster.names("persistentvolumeclaims", namespace)) == ["claim-alice", "claim-bob", "hub-db-dir"]
    assert small.run("status", "--json").document["live"] == {"release": None}

    again = small.run("apply", "--yes")
    assert again.code == 0, again.err
    assert small.run("destroy", "--yes", "--volumes").code == 0
    assert cluster.names("persistentvolumeclaims", namespace) == ["claim-bob"]
    assert cluster.names("pods", namespace) == ["jupyter-bob"]
    nothing = small.run("destroy", "--yes")
    assert (nothing.code, nothing.out) == (0, "")
    assert "There is no release jhub" in nothing.err


def test_status_without_the_cluster_says_so(small: Small, tmp_path: Path) -> None:
    assert small.run("apply", "--yes").code == 0
    broken = tmp_path / "kubeconfig"
    broken.write_text(Path(small.env["KUBECONFIG"]).read_text().replace("https://127.0.0.1:", "https://127.0.0.1:9"))
    env = {**small.env, "KUBECONFIG": str(broken)}
    ended = codehub("status", small.folder, env=env)
    assert ended.code == 0, ended.err
    assert "the cluster could not be asked" in ended.out
    assert "deploy" in ended.out
    assert "could not be asked" not in codehub("status", small.folder, "--offline", env=env).out
