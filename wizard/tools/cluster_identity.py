"""What a cluster is and what its own tool calls it: from the kubeconfig, and from its nodes where we may see them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.text import clean
from wizard.tools.cluster_product import product_by_config, product_by_nodes
from wizard.tools.clusters import visible
from wizard.tools.kube import connect, path
from wizard.tools.kubeconfig import KubeContext, read_kubeconfig

_NODE_NAMES = {
    "kind": re.compile(r"(.+?)-(?:control-plane|worker)\d*"),
    "k3d": re.compile(r"k3d-(.+)-(?:server|agent)-\d+"),
}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A cluster, recognised. `product`: None when nothing tells; nodes: None where we may not look.

    docker_nodes: names of the nodes whose pods run in a Docker engine.
    """

    product: str | None
    context: str
    cluster: str
    nodes: int | None = None
    node_names: tuple[str, ...] = ()
    docker_nodes: tuple[str, ...] = ()
    profile: str = ""

    def name_for(self, product: str) -> str:
        """The cluster's name as `minikube -p`, `kind --name` or `k3d -c` wants it."""
        if product == "minikube":
            return self.profile or self.cluster or self.context
        pattern = _NODE_NAMES.get(product)
        for node in self.node_names if pattern else ():
            if pattern and (match := pattern.fullmatch(node)):
                return match[1]
        return (self.cluster or self.context).removeprefix(f"{product}-")


async def identify(context: str = "") -> Identity:
    """Recognise the cluster of a context (empty: the current one); raises what `connect` raises."""
    configured = (await asyncio.to_thread(read_kubeconfig)).context(context)
    async with connect(context) as cluster:
        nodes = await visible(cluster, path("v1", "nodes"))
    return identity(configured, context, nodes)


def identity(configured: KubeContext | None, context: str, nodes: Sequence[Mapping[str, Any]] | None) -> Identity:
    """The same from what was found."""
    by_name = product_by_config(configured) if configured else None
    seen = nodes or ()
    profiles = [str(_labels(node).get("minikube.k8s.io/name", "")) for node in seen]
    return Identity(
        product=product_by_nodes(seen) or by_name,
        context=configured.name if configured else context,
        cluster=configured.cluster if configured else "",
        nodes=None if nodes is None else len(nodes),
        node_names=tuple(map(_name, seen)),
        docker_nodes=tuple(_name(node) for node in seen if _runtime(node).startswith("docker://")),
        profile=clean(next(filter(None, profiles), "")),
    )


def _labels(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return (node.get("metadata") or {}).get("labels") or {}


def _name(node: Mapping[str, Any]) -> str:
    return clean(str((node.get("metadata") or {}).get("name", "")))


def _runtime(node: Mapping[str, Any]) -> str:
    return str(((node.get("status") or {}).get("nodeInfo") or {}).get("containerRuntimeVersion", ""))
