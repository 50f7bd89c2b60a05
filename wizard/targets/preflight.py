"""Checks before a deploy: the chart rendered with this setup's values, and held against the cluster."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.catalog import known_chart
from wizard.errors import CodehubError
from wizard.setup.model import Setup
from wizard.targets.release_inputs import as_files
from wizard.tools.doctor_model import Finding, State
from wizard.tools.helm import Release
from wizard.tools.helm_chart import Chart
from wizard.tools.kube import connect
from wizard.tools.preflight import preflight
from wizard.tools.preflight_facts import Intent


async def check(setup: Setup, release: Release, chart: Chart, values: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """Every check of a deploy. `values`: the values files as they will be, by name, in the order they are merged.

    Changes nothing. Raises MissingError when the cluster cannot be asked for its version.
    """
    async with connect(release.context, release.kubeconfig) as cluster:
        version = await cluster.version()
    known = known_chart(setup.target.chart.version)
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
    resources = setup.hub.resources
    intent = Intent(
        release=release.name,
        namespace=release.namespace,
        manifest=manifest,
        min_kubernetes=(known.min_kubernetes or "") if known else "",
        user_memory=_quantity(resources.memory_guarantee),
        user_cpu=f"{resources.cpu_guarantee:g}" if resources.cpu_guarantee else "",
        user_storage_class=setup.hub.storage.storage_class,
    )
    return (rendered, *await preflight(release.context, intent, kubeconfig=release.kubeconfig))


async def _rendered(release: Release, chart: Chart, values: Mapping[str, bytes], version: str) -> str:
    with as_files(values) as paths:
        return await release.template(chart, paths, kube_version=version)


def _quantity(memory: str) -> str:
    """KubeSpawner's memory as a quantity of Kubernetes: its K, M, G and T are powers of 1024."""
    return f"{memory}i" if memory[-1:] in {"K", "M", "G", "T"} else memory
