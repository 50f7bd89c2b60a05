"""`codehub apply` onto a cluster that images are loaded into: the real Docker and Helm, a stand-in for k3s."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.cli.conftest import Small
from tests.kubeapi import FakeCluster
from tests.support.program import codehub

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]

K3S = f"""#!{sys.executable}
import json, pathlib, sys, tarfile
store = pathlib.Path(__file__).with_name("k3s-images")
if sys.argv[1:] == ["ctr", "images", "import", "-"]:
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as tar:
        for member in tar:
            if member.name == "manifest.json":
                names = [tag for image in json.load(tar.extractfile(member)) for tag in image["RepoTags"]]
    with store.open("a") as images:
        images.write("".join(f"docker.io/library/{{name}}\\n" for name in names))
elif sys.argv[1:] == ["ctr", "images", "ls", "-q"]:
    sys.stdout.write(store.read_text() if store.exists() else "")
else:
    sys.exit(64)
"""


@pytest.fixture
def k3s(tmp_path: Path, cluster: FakeCluster) -> Iterator[Path]:
    """A folder with a k3s whose images are in its file k3s-images; the cluster's node is its node."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "k3s").write_text(K3S)
    (folder / "k3s").chmod(0o755)
    _change_node(cluster, lambda node: node["spec"].update(providerID="k3s://node-1"))
    yield folder
    _change_node(cluster, lambda node: node["spec"].pop("providerID", None))


def _change_node(cluster: FakeCluster, change: Callable[[dict[str, Any]], object]) -> None:
    def work() -> None:
        for node in cluster.api.store.all("nodes"):
            node.setdefault("spec", {})
            change(node)

    cluster.do(work)


def _auto(small: Small, **env: str) -> Small:
    small.env.update(env)
    assert codehub("init", small.folder, "--set", "target.delivery=auto", env=small.env).code == 0
    return small


def test_images_are_loaded_once_and_pinned(small: Small, k3s: Path, cluster: FakeCluster) -> None:
    _auto(small, PATH=f"{k3s}{os.pathsep}{os.environ['PATH']}")
    planned = small.run("plan")
    assert planned.code == 0, planned.err
    assert f"$ docker save {small.image} | k3s ctr images import -" in planned.out
    applied = small.run("apply", "--yes")
    assert applied.code == 0, applied.err
    (loaded,) = (k3s / "k3s-images").read_text().splitlines()
    name, _, own = loaded.removeprefix("docker.io/library/").partition(":")
    assert own.startswith("1.0.0-")
    assert len(own) == len("1.0.0-0123456789ab")
    assert f"{name}:1.0.0" == small.image
    pinned = yaml.safe_load((small.folder / "images.yaml").read_text())
    assert pinned["singleuser"]["image"]["tag"] == own
    assert small.run("plan").out.endswith("No step to run: everything is as it should be.\n")

    (k3s / "k3s-images").write_text("")
    lost = {step["id"]: step for step in small.run("plan", "--json").document["steps"]}
    assert lost["build-notebook"]["decision"] == "skip"
    assert lost["deliver-notebook"]["why"] == "it is no longer there"

    small.dockerfile("RUN echo another image, under the same tag")
    assert small.run("apply", "--yes").code == 0
    again = yaml.safe_load((small.folder / "images.yaml").read_text())
    assert again["singleuser"]["image"]["tag"] not in {own, "1.0.0"}
    assert again["singleuser"]["image"]["tag"] in (k3s / "k3s-images").read_text()


def test_a_program_that_is_missing_is_3_before_anything_is_built(small: Small, k3s: Path) -> None:
    _auto(small)
    (k3s / "k3s").unlink()
    small.run("plan").refused(3, "k3s is not on the PATH")


def test_a_cluster_that_nothing_is_known_of_needs_a_registry(small: Small) -> None:
    _auto(small).run("plan").refused(2, "There is no way to get the images into in-memory", "images.registry")


def test_a_node_that_runs_its_pods_in_this_docker_needs_no_delivery(
    small: Small, cluster: FakeCluster, docker_name: str
) -> None:
    _change_node(cluster, lambda node: node["status"]["nodeInfo"].update(containerRuntimeVersion="docker://20.10.24"))
    before = cluster.names("nodes")[0]
    _change_node(cluster, lambda node: node["metadata"].update(name=docker_name))
    try:
        steps = [step["id"] for step in _auto(small).run("plan", "--json").document["steps"]]
    finally:
        _change_node(cluster, lambda node: node["metadata"].update(name=before))
        _change_node(cluster, lambda node: node["status"]["nodeInfo"].pop("containerRuntimeVersion"))
    assert steps[:2] == ["build-notebook", "deploy"]


@pytest.fixture
def docker_name() -> str:
    """The name of the machine that the Docker daemon runs on."""
    import docker

    client = docker.from_env()
    try:
        return str(client.info()["Name"])
    finally:
        client.close()
