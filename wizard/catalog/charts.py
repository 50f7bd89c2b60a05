"""The JupyterHub chart: which JupyterHub, hub image, Kubernetes and Helm go with a version.

A version that the bundled list lacks gets facts by rule: those of the newest known one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from wizard.catalog import bundled
from wizard.catalog.models import ChartRelease
from wizard.catalog.version import Version, parse_version
from wizard.errors import UsageError

_QUAY_SINCE = Version(3, 2, 0)
_HELM_3_SINCE = Version(1, 0, 0)
_LIMIT = re.compile(r">=\s*v?([0-9]{1,3}\.[0-9]{1,3})")
_CLUSTER = re.compile(r"v?([0-9]{1,3})\.([0-9]{1,3})")


def known_chart(version: str) -> ChartRelease | None:
    """The release of this version from the bundled list, or None."""
    parsed = parse_version(version)
    return bundled.charts_by_version().get(parsed) if parsed else None


def chart_release(version: str, releases: Iterable[ChartRelease] = ()) -> ChartRelease:
    """The release of this version, its facts worked out by rule when it is not known (`estimated` is then set).

    Looks in `releases`, such as those of a live listing, then in the bundled list. Raises UsageError for a text that
    is no version.
    """
    parsed = parse_version(version)
    listed = next((release for release in releases if release.order == parsed), None)
    return listed or known_chart(version) or estimate(version)


def jupyterhub_major(version: str) -> int:
    """The JupyterHub major that a chart carries, such as 5 for chart 4.4.0; raises UsageError for no version.

    The notebook image needs `jupyterhub==MAJOR.*`, or the hub refuses its servers.
    """
    return chart_release(version).jupyterhub_major


def hub_image(version: str) -> str:
    """The hub image of a chart, such as `quay.io/jupyterhub/k8s-hub:4.4.0`; raises UsageError for no version."""
    return chart_release(version).hub_image


def estimate(
    version: str, *, jupyterhub: str = "", kube_version: str = "", published: date | None = None
) -> ChartRelease:
    """A release made of what an index says of it, the rest by rule.

    jupyterhub: the index's `appVersion`; kube_version: its `kubeVersion`, such as `>=1.28.0-0`.
    Raises UsageError for a version that is none.
    """
    parsed = parse_version(version)
    if parsed is None:
        raise UsageError(
            f"{version!r} is not a chart version.",
            why="A version has three numbers, such as 4.4.0.",
            fix="Choose one from `codehub versions chart`.",
        )
    before, stated = _nearest(parsed), parse_version(jupyterhub)
    limit = _LIMIT.search(kube_version)
    text = version.removeprefix("v")
    return ChartRelease(
        version=text,
        date=published,
        jupyterhub=stated.text if stated else before.jupyterhub,
        hub_image=_image_name(parsed) + ":" + text.replace("+", "_"),
        min_kubernetes=limit.group(1) if limit else before.min_kubernetes,
        min_helm=before.min_helm if parsed >= _HELM_3_SINCE else None,
        prerelease=parsed.prerelease,
        estimated=not (stated and limit),
    )


def with_index(version: str, *, jupyterhub: str, kube_version: str, published: date | None) -> ChartRelease | None:
    """A release as a live index lists it, completed by what is known; None for a version that is none."""
    if parse_version(version) is None:
        return None
    fresh = estimate(version, jupyterhub=jupyterhub, kube_version=kube_version, published=published)
    known = known_chart(version)
    if known is None:
        return fresh
    return replace(known, date=known.date or published)


def newest_chart(
    releases: Iterable[ChartRelease], *, kubernetes: str = "", helm: str = "", prereleases: bool = False
) -> ChartRelease | None:
    """The newest release that a cluster and a Helm of these versions can take; empty means any.

    Versions as the programs print them: `v1.31.2-gke.1`, `v3.17.0`.
    """
    fitting = [
        release
        for release in releases
        if (prereleases or not release.prerelease) and not why_not_chart(release, kubernetes=kubernetes, helm=helm)
    ]
    return max(fitting, key=lambda release: release.order, default=None)


def why_not_chart(release: ChartRelease, *, kubernetes: str = "", helm: str = "") -> str:
    """Why a cluster or a Helm cannot take a release, as one sentence; empty when both can."""
    cluster, limit = _pair(kubernetes), _pair(release.min_kubernetes or "")
    if cluster and limit and cluster < limit:
        return f"Chart {release.version} needs Kubernetes {release.min_kubernetes} or newer; this is {kubernetes}."
    if cluster and cluster >= (1, 25) and release.order < _HELM_3_SINCE:
        return f"Chart {release.version} uses interfaces that Kubernetes 1.25 and newer no longer have."
    have, wanted = parse_version(helm), parse_version(release.min_helm or "")
    if have and wanted and have < wanted:
        return f"Chart {release.version} needs Helm {release.min_helm} or newer; this is {helm}."
    return ""


def pairing(chart: str | ChartRelease) -> str:
    """What belongs to a chart version or release, as one sentence; raises UsageError for no version."""
    release = chart_release(chart) if isinstance(chart, str) else chart
    parts = [f"JupyterHub {release.jupyterhub}", f"the hub image {release.hub_image}"]
    if release.min_kubernetes:
        parts.append(f"Kubernetes {release.min_kubernetes} or newer")
    if release.min_helm:
        parts.append(f"Helm {release.min_helm} or newer")
    guess = " (partly worked out by rule: this codehub does not know that release)" if release.estimated else ""
    return f"Chart {release.version} goes with {', '.join(parts)}{guess}."


def _image_name(version: Version) -> str:
    return "quay.io/jupyterhub/k8s-hub" if version >= _QUAY_SINCE else "jupyterhub/k8s-hub"


def _nearest(version: Version) -> ChartRelease:
    """The newest known release not after `version`, or the oldest; announced majors count as known."""
    known = list(bundled.chart_releases())
    for entry in bundled.document(bundled.CHARTS_FILE)["announced"]:
        start = parse_version(entry["from"])
        if start is not None and version >= start > known[0].order:
            return replace(known[0], jupyterhub=entry["jupyterhub"], min_kubernetes=entry["min_kubernetes"])
    return next((release for release in known if release.order <= version), known[-1])


def _pair(text: str) -> tuple[int, int] | None:
    found = _CLUSTER.match(text)
    return (int(found.group(1)), int(found.group(2))) if found else None
