"""Checks before a deploy: the chart rendered with this setup's values, and held against the cluster."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.catalog import known_chart
from wizard.errors import CodehubError
from wizard.setup.model import Setup
from wizard.targets.preflight_user import quantity, user_pod
from wizard.targets.release_inputs import as_files
from wizard.tools.doctor_model import Finding, State
from wizard.tools.helm import Release
from wizard.tools.helm_chart import Chart
from wizard.tools.kube import connect
from wizard.tools.preflight import RELEASE, preflight
from wizard.tools.preflight_facts import Intent


async def check(setup: Setup, release: Release, chart: Chart, values: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """Every check of a deploy. `values`: the values files as they will be, by name, in the order they are merged.

    Changes nothing. Raises MissingError when the cluster cannot be asked for its version.
    """
    async with connect(release.context, release.kubeconfig) as cluster:
        version = await cluster.version()
    try:
        manifest = await _rendered(release, chart, values, version)
    except CodehubError as error:
        manifest = ""
        rendered = Finding(
            name="chart",
            title="Chart",
            state=State.MISSING,
            why=f"{error.what} {error.why}".strip(),
            fix=error.fix,
            required=True,
        )
    else:
        rendered = Finding(
            name="chart", title="Chart", state=State.OK, found=f"{setup.target.chart.version}, renders with your values"
        )
    return (rendered, *await preflight(release.context, _intent(setup, manifest), kubeconfig=release.kubeconfig))


async def early_check(setup: Setup) -> tuple[Finding, ...]:
    """What can be told of a cluster before the answers are complete: no chart is fetched or rendered for it."""
    found = {finding.name: finding for finding in await preflight(setup.target.context, _intent(setup, ""))}
    silent = found.get("cluster")
    return tuple(
        found.get(name)
        or Finding(name=name, title=title, state=State.UNKNOWN, why=silent.why if silent else "Nothing was said of it.")
        for name, title in EARLY.items()
    )


EARLY: Mapping[str, str] = {
    "namespace": "Namespace",
    "rights": "Your rights",
    RELEASE: "Release",
    "storage": "Storage",
    "quota": "Quota",
    "capacity": "Capacity",
    "user-pod": "A user's pod",
}
"""The checks of `early_check`, by name, and their titles."""


def _intent(setup: Setup, manifest: str) -> Intent:
    known = known_chart(setup.target.chart.version)
    resources = setup.hub.resources
    return Intent(
        release=setup.target.release,
        namespace=setup.target.namespace,
        manifest=manifest,
        min_kubernetes=(known.min_kubernetes or "") if known else "",
        user_memory=quantity(resources.memory_guarantee),
        user_cpu=f"{resources.cpu_guarantee:g}" if resources.cpu_guarantee else "",
        user_storage_class=setup.hub.storage.storage_class,
        user_pod=user_pod(setup),
    )


async def _rendered(release: Release, chart: Chart, values: Mapping[str, bytes], version: str) -> str:
    with as_files(values) as paths:
        return await release.template(chart, paths, kube_version=version)
