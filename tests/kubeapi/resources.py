"""The kinds that this API serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Obj = dict[str, Any]
"""A Kubernetes object as JSON has it."""

VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


@dataclass(frozen=True)
class Resource:
    """One row of discovery."""

    group_version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.group_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """The version within the group."""
        return self.group_version.rpartition("/")[2]

    @property
    def qualified(self) -> str:
        """The plural as error messages write it: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def _rows(group_version: str, namespaced: dict[str, str], cluster: dict[str, str]) -> dict[str, Resource]:
    rows = {plural: Resource(group_version, plural, kind) for plural, kind in namespaced.items()}
    return rows | {plural: Resource(group_version, plural, kind, namespaced=False) for plural, kind in cluster.items()}


TABLE: dict[str, dict[str, Resource]] = {
    "v1": _rows(
        "v1",
        {
            "configmaps": "ConfigMap",
            "events": "Event",
            "limitranges": "LimitRange",
            "persistentvolumeclaims": "PersistentVolumeClaim",
            "pods": "Pod",
            "resourcequotas": "ResourceQuota",
            "secrets": "Secret",
            "serviceaccounts": "ServiceAccount",
            "services": "Service",
        },
        {"namespaces": "Namespace", "nodes": "Node", "persistentvolumes": "PersistentVolume"},
    ),
    "apps/v1": _rows(
        "apps/v1",
        {
            "controllerrevisions": "ControllerRevision",
            "daemonsets": "DaemonSet",
            "deployments": "Deployment",
            "replicasets": "ReplicaSet",
            "statefulsets": "StatefulSet",
        },
        {},
    ),
    "batch/v1": _rows("batch/v1", {"cronjobs": "CronJob", "jobs": "Job"}, {}),
    "networking.k8s.io/v1": _rows(
        "networking.k8s.io/v1",
        {"ingresses": "Ingress", "networkpolicies": "NetworkPolicy"},
        {"ingressclasses": "IngressClass"},
    ),
    "policy/v1": _rows("policy/v1", {"poddisruptionbudgets": "PodDisruptionBudget"}, {}),
    "rbac.authorization.k8s.io/v1": _rows(
        "rbac.authorization.k8s.io/v1",
        {"rolebindings": "RoleBinding", "roles": "Role"},
        {"clusterrolebindings": "ClusterRoleBinding", "clusterroles": "ClusterRole"},
    ),
    "storage.k8s.io/v1": _rows("storage.k8s.io/v1", {}, {"storageclasses": "StorageClass"}),
    "scheduling.k8s.io/v1": _rows("scheduling.k8s.io/v1", {}, {"priorityclasses": "PriorityClass"}),
    "authorization.k8s.io/v1": _rows(
        "authorization.k8s.io/v1", {}, {"selfsubjectaccessreviews": "SelfSubjectAccessReview"}
    ),
    "coordination.k8s.io/v1": _rows("coordination.k8s.io/v1", {"leases": "Lease"}, {}),
    "argoproj.io/v1alpha1": _rows("argoproj.io/v1alpha1", {"applications": "Application"}, {}),
    "source.toolkit.fluxcd.io/v1": _rows("source.toolkit.fluxcd.io/v1", {"helmrepositories": "HelmRepository"}, {}),
    "helm.toolkit.fluxcd.io/v2": _rows("helm.toolkit.fluxcd.io/v2", {"helmreleases": "HelmRelease"}, {}),
    "gateway.networking.k8s.io/v1": _rows(
        "gateway.networking.k8s.io/v1", {"gateways": "Gateway", "httproutes": "HTTPRoute"}, {}
    ),
}


def find(group_version: str, plural: str) -> Resource:
    """The row of a resource; KeyError when it is not served."""
    return TABLE[group_version][plural]


def base_path(group_version: str) -> str:
    """Where the resources of a group and version are: `/api/v1`, `/apis/apps/v1`."""
    return f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
