"""What the real Helm 3 and 4 refuse, and how it is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.kube.conftest import CHART, NAMESPACE, change
from tests.kubeapi import FakeCluster
from tests.kubeapi.resources import find
from tests.support.recorder import Recorder
from wizard.errors import CodehubError, ExitCode, MissingError, UsageError
from wizard.tools.helm import Release, UpgradeOptions
from wizard.tools.helm_chart import Chart
from wizard.tools.helm_errors import FieldConflict


async def test_unknown_values_are_refused_before_anything_happens(
    release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    change(values, "hub: ", "hub: {colour: red}\nx: ")
    for attempt in (release.template(CHART, [values]), release.upgrade_install(CHART, [values], said)):
        with pytest.raises(UsageError) as caught:
            await attempt
        assert "colour" in caught.value.why
    assert await release.history() == ()


async def test_a_field_changed_by_hand(release: Release, cluster: FakeCluster, values: Path, said: Recorder) -> None:
    """Helm 4 refuses to overwrite it unless told to; Helm 3 overwrites it."""
    await release.upgrade_install(CHART, [values], said)

    def edit() -> None:
        hub = cluster.api.store.objects["apps/v1", "deployments", NAMESPACE, "hub"]
        edited = {**hub, "spec": {**hub["spec"], "replicas": 0}}
        cluster.api.store.update(find("apps/v1", "deployments"), NAMESPACE, "hub", edited, "kubectl-edit")

    cluster.do(edit)
    if release.helm.major == 4:
        with pytest.raises(FieldConflict) as caught:
            await release.upgrade_install(CHART, [values], said)
        assert "kubectl-edit" in caught.value.why
    options = UpgradeOptions(timeout=30, force_conflicts=True)
    assert (await release.upgrade_install(CHART, [values], said, options)).deployed
    hub = next(item for item in cluster.items("deployments", NAMESPACE) if item["metadata"]["name"] == "hub")
    if release.helm.major == 4:
        assert hub["spec"]["replicas"] == 1


async def test_a_second_release_in_the_namespace_is_refused(release: Release, values: Path, said: Recorder) -> None:
    await release.upgrade_install(CHART, [values], said)
    other = Release(helm=release.helm, name="other", namespace=NAMESPACE, context=release.context)
    with pytest.raises(CodehubError, match="already has objects"):
        await other.upgrade_install(CHART, [values], said)


@pytest.mark.parametrize("kind", ["expired", "gone", "context", "forbidden"])
async def test_a_cluster_that_cannot_be_used(
    kind: str, release: Release, cluster: FakeCluster, values: Path, said: Recorder
) -> None:
    expected = {
        "expired": (MissingError, "does not accept your credentials"),
        "gone": (MissingError, "does not answer"),
        "context": (UsageError, "no kube context elsewhere"),
        "forbidden": (CodehubError, "not allowed"),
    }
    if kind == "expired":
        cluster.scenario.tokens = {"another"}
    elif kind == "gone":
        config = cluster.kubeconfig.read_text().replace(str(cluster.port), "9")
        cluster.kubeconfig.write_text(config)
    elif kind == "context":
        release = Release(helm=release.helm, name="jhub", namespace=NAMESPACE, context="elsewhere")
    else:
        cluster.scenario.forbidden = {("*", "secrets")}
    error, text = expected[kind]
    with pytest.raises(error) as caught:
        await release.upgrade_install(CHART, [values], said)
    assert text in caught.value.what
    assert caught.value.fix


async def test_a_chart_that_is_not_there(release: Release, values: Path, said: Recorder, tmp_path: Path) -> None:
    charts = (
        Chart("http://127.0.0.1:9/charts", "4.4.0"),
        Chart(str(tmp_path / "no.tgz")),
        Chart("oci://127.0.0.1:9/a/b"),
    )
    codes = []
    for chart in charts:
        with pytest.raises(CodehubError) as caught:
            await release.upgrade_install(chart, [values], said)
        assert "chart" in caught.value.what
        codes.append(caught.value.exit_code)
    assert codes == [ExitCode.MISSING, ExitCode.USAGE, ExitCode.MISSING]


async def test_a_folder_named_like_the_chart_does_not_replace_it(
    release: Release, values: Path, said: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Helm prefers ./jupyterhub to the repository of --repo."""
    (tmp_path / "jupyterhub").symlink_to(CHART.source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", os.path.relpath(os.environ["KUBECONFIG"]))
    with pytest.raises(MissingError, match="could not be fetched"):
        await release.upgrade_install(Chart("http://127.0.0.1:9/charts", "4.4.0"), [values], said)
    assert await release.history() == ()
