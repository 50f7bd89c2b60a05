"""deploy.sh of an export makes the cluster's login at the registry as codehub does, by the real kubectl and Helm."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.cli.conftest import CHART
from tests.kubeapi import FakeCluster
from tests.support.program import codehub
from wizard.tools.helm import Release, find
from wizard.tools.teardown import belongings

pytestmark = [pytest.mark.tier("helm4", "kubectl"), pytest.mark.timeout(200)]
NAMESPACE = "team-a"


def passwords(cluster: FakeCluster) -> list[str]:
    (found,) = [one for one in cluster.items("secrets", NAMESPACE) if one["metadata"]["name"] == "codehub-registry"]
    assert found["type"] == "kubernetes.io/dockerconfigjson"
    entries = json.loads(base64.b64decode(found["data"][".dockerconfigjson"]))["auths"]
    assert list(entries) == ["ghcr.io"]
    return [base64.b64decode(entry["auth"]).decode() for entry in entries.values()]


async def test_made_renewed_and_left_alone(
    cluster: FakeCluster, helm4: Path, kubectl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out, docker, programs = (tmp_path / name for name in ("hub", "out", "docker", "bin"))
    settings = (
        "images.registry=ghcr.io/acme",
        "target.pull_secret_from_login=true",
        f"target.context={cluster.context}",
        f"target.namespace={NAMESPACE}",
        f"target.chart.source={CHART}",
        "hub.auth.users=alice",
    )
    assert codehub("init", folder, *(word for one in settings for word in ("--set", one))).code == 0
    assert codehub("export", folder, "--with-secrets", "--output", out).code == 0
    docker.mkdir()
    programs.mkdir()
    (programs / "helm").symlink_to(helm4)
    (programs / "kubectl").symlink_to(kubectl)
    env = cluster.env() | {"PATH": f"{programs}:/usr/bin:/bin", "DOCKER_CONFIG": str(docker)}

    def deploy(**more: str) -> subprocess.CompletedProcess[str]:
        argv = [str(out / "deploy.sh"), "--no-wait"]
        return subprocess.run(argv, env=env | more, capture_output=True, text=True, check=False)

    refused = deploy()
    assert refused.returncode == 3, refused.stderr
    assert "docker login ghcr.io" in refused.stderr
    assert cluster.names("secrets", NAMESPACE) == []

    auth = base64.b64encode(b"alice:open-sesame").decode()
    (docker / "config.json").write_text(json.dumps({"auths": {"ghcr.io": {"auth": auth}}}, indent="\t"))
    done = deploy()
    assert done.returncode == 0, done.stderr
    assert passwords(cluster) == ["alice:open-sesame"]
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setenv("CODEHUB_HELM", str(helm4))
    release = Release(helm=await find(), name="jhub", namespace=NAMESPACE, context=cluster.context)
    found = await belongings(release)
    assert found.pull_secrets == ("codehub-registry",)  # codehub knows it for its own
    done = deploy(CODEHUB_REGISTRY_USERNAME="robot", CODEHUB_REGISTRY_PASSWORD="new: 'one'")
    assert done.returncode == 0, done.stderr
    assert passwords(cluster) == ["robot:new: 'one'"]
    (docker / "config.json").unlink()
    done = deploy()
    assert done.returncode == 0, done.stderr
    assert "stays as it is" in done.stderr

    cluster.delete("v1", "secrets", NAMESPACE, "codehub-registry")
    login = base64.b64encode(json.dumps({"auths": {"ghcr.io": {"auth": auth}}}).encode()).decode()
    theirs = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson"}
    cluster.create(theirs | {"metadata": {"name": "codehub-registry"}, "data": {".dockerconfigjson": login}}, NAMESPACE)
    done = deploy(CODEHUB_REGISTRY_USERNAME="robot", CODEHUB_REGISTRY_PASSWORD="mine")
    assert done.returncode == 0, done.stderr
    assert "used as it is" in done.stderr
    assert passwords(cluster) == ["alice:open-sesame"]
