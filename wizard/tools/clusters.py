"""Looking at clusters before one is chosen: which answer, what they are, and what can be picked in them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.errors import CodehubError
from wizard.text import clean
from wizard.tools.cluster_product import product_by_config, product_by_nodes
from wizard.tools.kube import Cluster, connect, path
from wizard.tools.kube_errors import ApiRefused
from wizard.tools.kube_login import load_client
from wizard.tools.kubeconfig import KubeContext, read_kubeconfig
from wizard.tools.products import REMOTE

PATIENCE = 5.0
"""Seconds that a cluster may take to answer while contexts are listed, credential plug-ins included."""

_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Found:
    """A context, asked: `product` as far as its names tell; `version` when it answers, else `why` it does not."""

    context: KubeContext
    product: str
    version: str = ""
    why: str = ""

    @property
    def reachable(self) -> bool:
        """True when the cluster answered."""
        return bool(self.version)


@dataclass(frozen=True, kw_only=True)
class StorageClass:
    """A storage class; `late`: it makes a volume only when a pod wants it."""

    name: str
    default: bool
    provisioner: str
    late: bool


@dataclass(frozen=True, kw_only=True)
class Details:
    """What one cluster has to choose from; None where we may not look.

    ingress_classes: name to whether it is the default; architectures: of the nodes, such as amd64; gateways: whether
    it knows HTTPRoute.
    """

    product: str
    version: str
    namespaces: tuple[str, ...] | None
    storage_classes: tuple[StorageClass, ...] | None
    ingress_classes: Mapping[str, bool] | None
    nodes: int | None
    architectures: tuple[str, ...]
    gateways: bool


async def survey(
    on_found: Callable[[Found], None] | None = None,
    *,
    contexts: Iterable[KubeContext] | None = None,
    patience: float = PATIENCE,
) -> tuple[Found, ...]:
    """Ask the clusters of all contexts at the same time; each is reported as soon as it is known.

    Returns them in the order of the kubeconfig. Raises MissingError when there is no kubeconfig.
    """
    chosen = tuple(contexts) if contexts is not None else (await asyncio.to_thread(read_kubeconfig)).contexts
    await load_client()  # its slow import is not the clusters' fault
    turn = asyncio.Semaphore(_AT_ONCE)

    async def ask(context: KubeContext) -> Found:
        async with turn:
            found = await _ask(context, patience)
        if on_found is not None:
            on_found(found)
        return found

    return tuple(await asyncio.gather(*map(ask, chosen)))


async def _ask(context: KubeContext, patience: float) -> Found:
    product = product_by_config(context) or REMOTE
    try:
        async with asyncio.timeout(patience), connect(context.name) as cluster:
            return Found(context=context, product=product, version=clean(await cluster.version()))
    except CodehubError as error:
        why = error.why or error.what
    except TimeoutError:
        why = f"It did not answer within {patience:g} seconds."
    return Found(context=context, product=product, why=why)


async def details(context: str = "", kubeconfig: str = "") -> Details:
    """What a cluster has to choose from, all asked at once; raises what `connect` and a first request raise."""
    async with connect(context, kubeconfig) as cluster:
        version = clean(await cluster.version())
        namespaces, storage, ingress, nodes, gateways = await asyncio.gather(
            visible(cluster, path("v1", "namespaces")),
            visible(cluster, path("storage.k8s.io/v1", "storageclasses")),
            visible(cluster, path("networking.k8s.io/v1", "ingressclasses")),
            visible(cluster, path("v1", "nodes")),
            visible(cluster, path("gateway.networking.k8s.io/v1", "gatewayclasses")),
        )
    configured = (await asyncio.to_thread(read_kubeconfig)).context(context) if not kubeconfig else None
    by_name = product_by_config(configured) if configured else None
    return Details(
        product=product_by_nodes(nodes or ()) or by_name or REMOTE,
        version=version,
        namespaces=None if namespaces is None else tuple(_name(item) for item in namespaces),
        storage_classes=None if storage is None else tuple(map(storage_class, storage)),
        ingress_classes=None if ingress is None else {_name(item): _default(item, "ingressclass") for item in ingress},
        nodes=None if nodes is None else len(nodes),
        architectures=tuple(sorted({_architecture(node) for node in nodes or ()} - {""})),
        gateways=gateways is not None,
    )


async def visible(cluster: Cluster, where: str) -> list[dict[str, Any]] | None:
    """All objects of a kind; None when we may not list them, or the cluster does not know the kind."""
    try:
        return await cluster.list(where)
    except ApiRefused as error:
        if error.forbidden or error.not_found:
            return None
        raise


def storage_class(item: Mapping[str, Any]) -> StorageClass:
    """A StorageClass object as it is shown."""
    return StorageClass(
        name=_name(item),
        default=_default(item, "storageclass") or _default(item, "storageclass", beta=True),
        provisioner=clean(str(item.get("provisioner", ""))),
        late=item.get("volumeBindingMode") == "WaitForFirstConsumer",
    )


def _default(item: Mapping[str, Any], kind: str, *, beta: bool = False) -> bool:
    group = "storageclass.beta" if beta else kind
    annotations = item["metadata"].get("annotations") or {}
    return str(annotations.get(f"{group}.kubernetes.io/is-default-class", "")).lower() == "true"


def _architecture(node: Mapping[str, Any]) -> str:
    return clean(str(((node.get("status") or {}).get("nodeInfo") or {}).get("architecture", "")))


def _name(item: Mapping[str, Any]) -> str:
    return clean(str(item["metadata"]["name"]))
