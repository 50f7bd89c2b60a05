"""Ending a release with all that belongs to it, and with nothing that does not; volumes stay unless they are asked for.

Helm does not know what the hub made: users' pods and volumes. Those carry the release's name in a label, by which
they are told from another release's. Source of the labels: the chart's jupyterhub_config.py and KubeSpawner 6 and 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wizard.reporting import Reporter
from wizard.text import clean
from wizard.tools.helm import Release
from wizard.tools.kube import METADATA_ONLY, Cluster, connect, path
from wizard.tools.kube_errors import ApiRefused
from wizard.tools.manifest import manifest_objects
from wizard.tools.preflight_kinds import where_of
from wizard.tools.pull_secret import labels

KEEP = {"helm.sh/resource-policy": "keep"}
"""The annotation with which Helm leaves an object behind when it removes its release."""


@dataclass(frozen=True, kw_only=True)
class Belongings:
    """What is there of a release. revision: 0 when there is no release.

    objects: what Helm removes, as `Kind name`; database: the hub's volume, kept: whether Helm leaves it; servers,
    homes: names of the users' pods and volumes; pull_secrets: those that codehub made.
    """

    revision: int = 0
    objects: tuple[str, ...] = ()
    database: tuple[str, ...] = ()
    kept: bool = True
    servers: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    pull_secrets: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """True when there is nothing to end."""
        return not (self.revision or self.servers or self.pull_secrets)


async def belongings(release: Release) -> Belongings:
    """Look at what there is of a release; changes nothing. Raises what Helm and the cluster raise."""
    current = await release.current()
    manifest = (await release.manifest() or "") if current else ""
    documents = [item for item in manifest_objects(manifest) if item.get("kind")]
    claims = [item for item in documents if item["kind"] == "PersistentVolumeClaim"]
    async with connect(release.context, release.kubeconfig) as cluster:
        servers = await _labelled(cluster, release, "pods", "singleuser-server")
        homes = await _labelled(cluster, release, "persistentvolumeclaims", "singleuser-storage")
        there = await _labelled(cluster, release, "persistentvolumeclaims", "hub")
        pull_secrets = await _pull_secrets(cluster, release)
    named = {_name(item) for item in claims} | set(there)
    return Belongings(
        revision=current.number if current else 0,
        objects=tuple(f"{item['kind']} {_name(item)}" for item in documents if item not in claims),
        database=tuple(sorted(named)),
        kept=all(_is_kept(item) for item in claims),
        servers=tuple(servers),
        homes=tuple(homes),
        pull_secrets=tuple(pull_secrets),
    )


async def tear_down(release: Release, found: Belongings, reporter: Reporter, *, volumes: bool) -> None:
    """End what `belongings` found; with `volumes` people's files and the hub's database too, for good."""
    if found.revision:
        await release.uninstall(reporter)
    async with connect(release.context, release.kubeconfig) as cluster:
        # Only now: a hub that still ran would take a pod's end for a crash.
        await _remove(cluster, release, "pods", await _labelled(cluster, release, "pods", "singleuser-server"))
        await _left_by_hooks(cluster, release)
        await _remove(cluster, release, "secrets", await _pull_secrets(cluster, release))
        if volumes:
            for component in ("singleuser-storage", "hub"):
                claims = await _labelled(cluster, release, "persistentvolumeclaims", component)
                await _remove(cluster, release, "persistentvolumeclaims", claims)


async def _labelled(cluster: Cluster, release: Release, plural: str, component: str) -> list[str]:
    items = await cluster.list(
        path("v1", plural, release.namespace), labels=f"release={release.name},component={component}"
    )
    return sorted(clean(str(item["metadata"]["name"])) for item in items)


async def _pull_secrets(cluster: Cluster, release: Release) -> list[str]:
    """Names only: what is in secrets is not asked for."""
    chosen = ",".join(f"{key}={value}" for key, value in labels(release.name).items())
    where = path("v1", "secrets", release.namespace)
    try:
        items = await cluster.list(where, labels=chosen, accept=METADATA_ONLY)
    except ApiRefused as error:
        if error.forbidden:
            return []
        raise
    return sorted(clean(str(item["metadata"]["name"])) for item in items)


async def _remove(cluster: Cluster, release: Release, plural: str, names: Sequence[str]) -> None:
    for name in names:
        await cluster.delete(path("v1", plural, release.namespace, name))


async def _left_by_hooks(cluster: Cluster, release: Release) -> None:
    """What the chart's image puller left when a deployment failed: Helm forgets the objects of hooks."""
    for group, kind in _OF_HOOKS:
        place = where_of({"kind": kind})
        if place is None:
            continue
        where = path(group, place.plural, release.namespace)
        for item in await cluster.list(where, labels=f"release={release.name},hub.jupyter.org/deletable=true"):
            await cluster.delete(f"{where}/{item['metadata']['name']}")


_OF_HOOKS = (
    ("batch/v1", "Job"),
    ("apps/v1", "DaemonSet"),
    ("v1", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
)


def _is_kept(item: dict[str, Any]) -> bool:
    annotations = item["metadata"].get("annotations") or {}
    return all(annotations.get(key) == value for key, value in KEEP.items())


def _name(item: dict[str, Any]) -> str:
    return clean(str(item["metadata"]["name"]))
