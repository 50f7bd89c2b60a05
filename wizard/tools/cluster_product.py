"""Which product a cluster is: its names first, then stronger signs, in the kubeconfig and on the nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wizard.tools.kubeconfig import KubeContext
from wizard.tools.products import REMOTE, guess_product

_PROVIDER_IDS = {
    "kind": "kind",
    "k3s": "k3s",
    "aws": REMOTE,
    "azure": REMOTE,
    "digitalocean": REMOTE,
    "gce": REMOTE,
    "hcloud": REMOTE,
    "ibm": REMOTE,
    "openstack": REMOTE,
    "vsphere": REMOTE,
}
"""What `spec.providerID` of a node begins with, before `://`."""

_NODE_LABELS = {
    "minikube.k8s.io/name": "minikube",
    "microk8s.io/cluster": "microk8s",
    "rancher-desktop.io/node": "rancher-desktop",
}
_NODE_NAMES = {
    "docker-desktop": "docker-desktop",
    "orbstack": "orbstack",
    "lima-rancher-desktop": "rancher-desktop",
    "colima": "colima",
}


def product_by_config(context: KubeContext) -> str | None:
    """What the kubeconfig says: a signature beats the cluster's name, which beats the context's."""
    if context.provider.startswith("minikube"):
        return "minikube"
    return guess_product(context.cluster) or guess_product(context.name)


def product_by_nodes(nodes: Sequence[Mapping[str, Any]]) -> str | None:
    """What the nodes say; None when they say nothing."""
    for node in nodes:
        metadata, spec = node.get("metadata") or {}, node.get("spec") or {}
        labels, name = metadata.get("labels") or {}, str(metadata.get("name", ""))
        labelled = next((product for label, product in _NODE_LABELS.items() if label in labels), None)
        if labelled:
            return labelled
        if name.startswith("k3d-"):
            return "k3d"
        if name in _NODE_NAMES:
            return _NODE_NAMES[name]
        if product := _PROVIDER_IDS.get(str(spec.get("providerID", "")).partition("://")[0]):
            return product
    return None
