"""`codehub plan --diff`: what would change in the cluster's objects, by Helm's dry run on the in-memory API."""

from __future__ import annotations

import pytest

from tests.integration.cli.conftest import Small
from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.program import codehub

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]


def test_the_clusters_objects_are_compared_and_nothing_is_changed(small: Small, cluster: FakeCluster) -> None:
    namespace = small.image.partition(":")[0]
    new = small.run("plan", "--diff", "--json")
    assert new.code == 0, new.err
    changes = {(one["kind"], one["name"]): one for one in new.document["cluster"]["objects"]}
    assert changes["Deployment", "hub"]["change"] == "added"
    assert "tags of their own" in new.document["cluster"]["notes"][0]
    assert cluster.names("deployments", namespace) == []

    assert small.run("apply", "--yes").code == 0
    assert "cluster" not in small.run("plan", "--json").document
    assert small.run("plan", "--diff", "--json").document["cluster"] is None
    assert "nothing changes there" in small.run("plan", "--diff").out

    for setting in ("hub.cull.timeout=7200", "hub.resources.memory_limit=3G"):
        assert codehub("init", small.folder, "--set", setting, env=small.env).code == 0
    planned = small.run("plan", "--diff")
    assert planned.code == 0, planned.err
    changed = planned.out.partition("In the cluster:")[2]
    assert "object changed" in changed or "objects changed" in changed
    assert "changed  Secret hub" in changed, "the hub's values are in its Secret"
    assert "•••" in changed
    assert "no object would change" not in changed
    passwords = [line.split()[-1].strip('"') for line in _secrets(small) if "password:" in line]
    assert passwords
    assert not any(password in planned.out + new.out for password in passwords)
    assert len(_revisions(cluster, namespace)) == 1


def test_tags_that_are_not_known_yet_are_marked(small: Small) -> None:
    assert small.run("apply", "--yes").code == 0
    small.dockerfile("RUN echo another")
    planned = small.run("plan", "--diff")
    assert planned.code == 0, planned.err
    assert "changed  Secret hub" in planned.out, "the notebook image's tag is among the hub's values"
    assert "tags of their own" in planned.out
    changed = codehub("init", small.folder, "--set", f"images.hub.base={parts.BASE_IMAGE}", env=small.env)
    assert changed.code == 0, changed.err
    planned = small.run("plan", "--diff")
    assert planned.code == 0, planned.err
    lines = planned.out.partition("In the cluster:")[2].splitlines()
    (line,) = [line for line in lines if "code-server-hub:" in line and line.lstrip().startswith("+")]
    assert line.endswith("code-server-hub:1.0.0-…   (the tag is known once the image is built)")
    assert "known-once-built" not in planned.out
    assert not (small.folder / "images.yaml").read_text().count("known")


def _secrets(small: Small) -> list[str]:
    return (small.folder / "secrets.yaml").read_text(encoding="utf-8").splitlines()


def _revisions(cluster: FakeCluster, namespace: str) -> list[str]:
    return [name for name in cluster.names("secrets", namespace) if name.startswith("sh.helm.release")]
