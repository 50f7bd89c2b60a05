"""What is changed in a release's objects behind Helm is seen, and nothing else is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.kube.conftest import CHART, NAMESPACE
from tests.kubeapi import FakeCluster
from tests.support.recorder import Recorder
from wizard.tools.helm import Release
from wizard.tools.kube import connect
from wizard.tools.live_drift import changed_by_hand


@pytest.mark.tier("kubectl")
async def test_what_kubectl_changed_is_named(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder, kubectl: Path
) -> None:
    await release.upgrade_install(CHART, [values], said)
    manifest = await release.manifest() or ""

    async def seen() -> tuple[str, ...]:
        async with connect(cluster.context) as connected:
            return await changed_by_hand(connected, NAMESPACE, manifest)

    assert await seen() == ()
    run(kubectl, cluster, "patch", "deployment", "hub", "--type=merge", '--patch={"spec":{"replicas":0}}')
    run(kubectl, cluster, "patch", "secret", "hub", "--type=merge", '--patch={"stringData":{},"data":{"x":"aHVzaA=="}}')
    run(kubectl, cluster, "delete", "service", "proxy-api", "--wait=false")
    found = "\n".join(await seen())
    assert "Deployment hub was changed by hand: spec.replicas is 0, the release has 1." in found
    assert "Service proxy-api is gone from the cluster." in found
    assert "aHVzaA" not in found
    cluster.scenario.forbidden.add(("*", "deployments"))
    assert "Deployment" not in "\n".join(await seen())


def run(kubectl: Path, cluster: FakeCluster, *words: str) -> None:
    argv = [str(kubectl), "--namespace", NAMESPACE, *words]
    subprocess.run(argv, env=os.environ | cluster.env(), check=True, capture_output=True)
