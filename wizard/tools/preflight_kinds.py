"""Where the API has the kinds that JupyterHub's chart makes; discovery would cost a request for each group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})
"""Kinds with a pod template."""

CLUSTER_WIDE = frozenset({"ClusterRole", "ClusterRoleBinding", "PriorityClass"})


USUAL: tuple[dict[str, Any], ...] = tuple(
    {"apiVersion": version, "kind": kind}
    for version, kinds in (
        ("v1", ("ConfigMap", "PersistentVolumeClaim", "Secret", "Service", "ServiceAccount")),
        ("apps/v1", ("Deployment",)),
        ("networking.k8s.io/v1", ("NetworkPolicy",)),
        ("policy/v1", ("PodDisruptionBudget",)),
        ("rbac.authorization.k8s.io/v1", ("Role", "RoleBinding")),
    )
    for kind in kinds
)
"""Kinds that every release of the chart has."""


@dataclass(frozen=True)
class Place:
    """A kind's plural, and whether it lives in a namespace."""

    plural: str
    namespaced: bool = True


_PLURALS = {
    "ConfigMap": "configmaps",
    "DaemonSet": "daemonsets",
    "Deployment": "deployments",
    "HTTPRoute": "httproutes",
    "Ingress": "ingresses",
    "Job": "jobs",
    "NetworkPolicy": "networkpolicies",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Pod": "pods",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "Secret": "secrets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
    "StatefulSet": "statefulsets",
}
_CLUSTER_PLURALS = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "PriorityClass": "priorityclasses",
}


def where_of(item: Mapping[str, Any]) -> Place | None:
    """The place of an object's kind; None for one that the chart does not make (a person's own extra)."""
    kind = str(item.get("kind", ""))
    if kind in _CLUSTER_PLURALS:
        return Place(_CLUSTER_PLURALS[kind], namespaced=False)
    return Place(_PLURALS[kind]) if kind in _PLURALS else None
