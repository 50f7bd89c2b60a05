"""What the cluster says before a deploy: every question at once, and None where we may not look."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from wizard.text import clean
from wizard.tools.clusters import visible
from wizard.tools.kube import METADATA_ONLY, Cluster, Obj, path
from wizard.tools.kube_errors import ApiRefused
from wizard.tools.manifest import manifest_objects
from wizard.tools.preflight_kinds import CLUSTER_WIDE, USUAL, WORKLOADS, where_of

_AT_ONCE = 24
_VERBS = ("get", "create", "patch", "delete")


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What is to be deployed. `manifest`: as `Release.template` renders it; min_kubernetes: of the chart.

    user_memory, user_cpu: what each user's server is guaranteed, as quantities, empty when nothing is;
    user_storage: whether each user gets a volume, of the class user_storage_class (empty: the default); user_pod: the
    pod of a user's server, which the hub makes later on. Without a manifest the chart's usual kinds count for the
    rights, and nothing of it is tried.
    """

    release: str
    namespace: str
    manifest: str = field(default="", repr=False)
    min_kubernetes: str = ""
    user_memory: str = ""
    user_cpu: str = ""
    user_storage: bool = True
    user_storage_class: str = ""
    user_pod: Obj | None = field(default=None, repr=False)

    @cached_property
    def objects(self) -> tuple[Obj, ...]:
        """The manifest's objects."""
        return tuple(item for item in manifest_objects(self.manifest) if item.get("kind"))


@dataclass(frozen=True)
class Trial:
    """One object, tried by a dry run: what the server warned of, refused, or would overwrite of another release."""

    title: str
    refused: str = ""
    reason: str = ""
    forbidden: bool = False
    owner: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The answers. None: we may not know."""

    version: str
    namespace: Obj | None
    namespace_known: bool
    storage_classes: Sequence[Obj] | None = None
    ingress_classes: Sequence[Obj] | None = None
    nodes: Sequence[Obj] | None = None
    pods: Sequence[Obj] | None = None
    quotas: Sequence[Obj] | None = None
    releases: Sequence[Obj] | None = None
    denied: tuple[str, ...] | None = None
    trials: tuple[Trial, ...] = field(default=())
    user_trial: Trial | None = None


async def gather_facts(cluster: Cluster, intent: Intent) -> Facts:
    """Ask everything at once. Raises only what `Cluster` raises when the cluster cannot be used at all."""
    version = clean(await cluster.version())
    namespace, known = await _namespace(cluster, intent.namespace)
    inside = intent.namespace if namespace is not None or not known else ""
    objects = intent.objects
    lists, denied, trials, user_trial = await asyncio.gather(
        asyncio.gather(
            visible(cluster, path("storage.k8s.io/v1", "storageclasses")),
            visible(cluster, path("networking.k8s.io/v1", "ingressclasses")),
            visible(cluster, path("v1", "nodes")),
            visible(cluster, path("v1", "pods")),
            visible(cluster, path("v1", "resourcequotas", inside)) if inside else _nothing(),
            _releases(cluster, intent) if inside else _nothing(),
        ),
        _denied(cluster, intent.namespace, objects or USUAL, makes_namespace=known and namespace is None),
        _trials(cluster, intent, objects if inside else ()),
        _try(cluster, intent, intent.user_pod) if inside and intent.user_pod else _no_trial(),
    )
    storage, ingress, nodes, pods, quotas, releases = lists
    return Facts(
        version=version,
        namespace=namespace,
        namespace_known=known,
        storage_classes=storage,
        ingress_classes=ingress,
        nodes=nodes,
        pods=pods,
        quotas=quotas,
        releases=releases,
        denied=denied,
        trials=trials,
        user_trial=user_trial,
    )


async def _nothing() -> list[Obj]:
    return []


async def _no_trial() -> None:
    return None


async def _namespace(cluster: Cluster, name: str) -> tuple[Obj | None, bool]:
    """The namespace, and whether we may know about it at all."""
    try:
        return await cluster.find(path("v1", "namespaces", name=name)), True
    except ApiRefused as error:
        if error.forbidden:
            return None, False
        raise


async def _releases(cluster: Cluster, intent: Intent) -> list[Obj] | None:
    """Metadata of the release's own records: what is in them is large, and secret."""
    labels = f"owner=helm,name={intent.release}"
    try:
        return await cluster.list(path("v1", "secrets", intent.namespace), labels=labels, accept=METADATA_ONLY)
    except ApiRefused as error:
        if error.forbidden:
            return None
        raise


async def _denied(
    cluster: Cluster, namespace: str, objects: Iterable[Obj], *, makes_namespace: bool
) -> tuple[str, ...] | None:
    """What we may not do of all that Helm and the chart need, such as `create deployments.apps`."""
    wanted = {("", "secrets", verb, True) for verb in ("get", "list", "create", "update", "delete")}
    for item in objects:
        place = where_of(item)
        if place is not None:
            group = str(item["apiVersion"]).rpartition("/")[0]
            wanted |= {(group, place.plural, verb, place.namespaced) for verb in _VERBS}
    if makes_namespace:
        wanted.add(("", "namespaces", "create", False))
    turn = asyncio.Semaphore(_AT_ONCE)

    async def ask(group: str, plural: str, verb: str, namespaced: bool) -> str | None:
        attributes = {"group": group, "resource": plural, "verb": verb}
        attributes |= {"namespace": namespace} if namespaced else {}
        kind = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        where = path("authorization.k8s.io/v1", "selfsubjectaccessreviews")
        async with turn:
            answer = await cluster.create(where, {**kind, "spec": {"resourceAttributes": attributes}})
        allowed = bool((answer.body.get("status") or {}).get("allowed"))
        return None if allowed else f"{verb} {plural}{'.' + group if group else ''}"

    try:
        answers = await asyncio.gather(*(ask(*question) for question in sorted(wanted)))
    except ApiRefused:
        return None
    return tuple(answer for answer in answers if answer is not None)


async def _trials(cluster: Cluster, intent: Intent, objects: Iterable[Obj]) -> tuple[Trial, ...]:
    """Each object by a dry run of server-side apply, and each workload's pod by a dry run of its creation.

    Quotas, limits and pod security judge pods, not the workloads that make them.
    """
    turn = asyncio.Semaphore(_AT_ONCE)

    async def attempt(item: Obj) -> Trial | None:
        async with turn:
            return await _try(cluster, intent, item)

    tried = [item for item in objects if item["kind"] not in CLUSTER_WIDE]
    pods = [_pod_of(item) for item in objects if item["kind"] in WORKLOADS]
    found = await asyncio.gather(*map(attempt, [*tried, *pods]))
    return tuple(trial for trial in found if trial is not None)


async def _try(cluster: Cluster, intent: Intent, item: Obj) -> Trial | None:
    place = where_of(item)
    if place is None:
        return None
    metadata = item["metadata"]
    title = f"{item['kind']} {metadata.get('name') or metadata.get('generateName', '').rstrip('-')}"
    where = path(str(item["apiVersion"]), place.plural, intent.namespace)
    try:
        if "generateName" in metadata:
            answer = await cluster.create(where, item, dry_run=True)
        else:
            answer = await cluster.apply(f"{where}/{metadata['name']}", item, force=True, dry_run=True)
    except ApiRefused as error:
        return Trial(title, refused=error.why or error.what, reason=error.reason, forbidden=error.forbidden)
    annotations: dict[str, Any] = (answer.body.get("metadata") or {}).get("annotations") or {}
    owner = clean(str(annotations.get("meta.helm.sh/release-name") or ""))
    exists = "resourceVersion" in (answer.body.get("metadata") or {})
    foreign = owner if owner != intent.release else ""
    nobody = "nobody" if exists and not owner and "generateName" not in metadata else ""
    return Trial(title, owner=foreign or nobody, warnings=tuple(map(clean, answer.warnings)))


def _pod_of(workload: Obj) -> Obj:
    template = workload["spec"]["template"]
    labels = (template.get("metadata") or {}).get("labels") or {}
    metadata = {"generateName": f"{workload['metadata']['name']}-", "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
