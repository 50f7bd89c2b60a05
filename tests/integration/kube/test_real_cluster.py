"""The same on a real cluster, where CODEHUB_TEST_KUBECONFIG names one, in a namespace of its own."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.kube.conftest import CHART, change
from tests.support.recorder import Recorder
from wizard.tools.deploy import deploy
from wizard.tools.doctor_model import State
from wizard.tools.helm import Helm, Release, UpgradeOptions
from wizard.tools.helm_diff import diff_manifests
from wizard.tools.helm_errors import NotReady
from wizard.tools.kube import connect, path
from wizard.tools.preflight import preflight
from wizard.tools.preflight_facts import Intent

pytestmark = [pytest.mark.tier("cluster"), pytest.mark.timeout(300)]


@pytest.fixture
async def release(helm: Helm) -> AsyncIterator[Release]:
    """A release in a new namespace of the real cluster."""
    kubeconfig, namespace = os.environ["CODEHUB_TEST_KUBECONFIG"], f"codehub-test-{uuid.uuid4().hex[:8]}"
    yield Release(helm=helm, name="jhub", namespace=namespace, kubeconfig=kubeconfig)
    async with connect("", kubeconfig) as cluster:
        await cluster.delete(path("v1", "namespaces", name=namespace))


async def test_install_diff_and_uninstall(release: Release, values: Path, said: Recorder) -> None:
    unwaited = UpgradeOptions(timeout=60, wait=False)
    assert (await release.upgrade_install(CHART, [values], said, unwaited)).number == 1
    before = await release.manifest()
    assert before is not None
    assert diff_manifests(before, (await release.dry_run(CHART, [values])).manifest) == ()
    change(values, '"1.0.0"', '"1.0.1"')
    changed = diff_manifests(before, (await release.dry_run(CHART, [values])).manifest)
    assert {diff.title for diff in changed} == {"Deployment hub", "Secret hub"}
    assert await release.uninstall(said)
    assert await release.history() == ()


async def test_an_image_that_is_nowhere_is_named(release: Release, values: Path, said: Recorder) -> None:
    """A reserved name (RFC 2606), so that no registry ever has it."""
    change(values, "code-server-hub", "registry.invalid/code-server-hub")
    with pytest.raises(NotReady) as caught:
        await deploy(release, CHART, [values], said, UpgradeOptions(timeout=30), load_balancer=True)
    assert "registry.invalid/code-server-hub:1.0.0" in caught.value.why


async def test_preflight(release: Release, values: Path) -> None:
    manifest = await release.template(CHART, [values], kube_version="1.33.1")
    intent = Intent(release=release.name, namespace=release.namespace, manifest=manifest, min_kubernetes="1.28")
    found = {finding.name: finding for finding in await preflight("", intent, kubeconfig=release.kubeconfig)}
    assert found["kubernetes"].state is State.OK
    assert found["namespace"].found.endswith("will be made")
