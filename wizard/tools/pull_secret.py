"""The secret by which a cluster pulls from a private registry, made from docker's login on this machine."""

from __future__ import annotations

import base64

from wizard.errors import UsageError
from wizard.tools.kube import Cluster, Obj, path
from wizard.tools.kube_errors import ApiRefused
from wizard.tools.registry_credentials import Credentials

MANAGED_BY = {"app.kubernetes.io/managed-by": "codehub"}


def labels(release: str) -> dict[str, str]:
    """By which codehub knows a secret for its own."""
    return {**MANAGED_BY, "release": release}


async def make_pull_secret(cluster: Cluster, namespace: str, release: str, name: str, login: Credentials) -> None:
    """Make the secret, or renew it, and the namespace where it is not there yet.

    Raises UsageError when a secret of that name is somebody else's, and what `Cluster` raises.
    """
    await _namespace(cluster, namespace)
    where = path("v1", "secrets", namespace, name)
    there = await cluster.find(where)
    own = labels(release)
    if there is not None and not _is_own(there, own):
        raise UsageError(
            f"The secret {name} in {namespace} is not codehub's.",
            why="It was made by somebody else, and is not overwritten.",
            fix="Use it as it is (target.pull_secret_from_login=false), or choose another name (target.pull_secret).",
        )
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": own},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": base64.b64encode(login.docker_config().encode()).decode()},
    }
    if there is None:
        await cluster.create(path("v1", "secrets", namespace), secret)
    else:
        await cluster.patch(where, {"data": secret["data"]})


async def _namespace(cluster: Cluster, name: str) -> None:
    try:
        if await cluster.find(path("v1", "namespaces", name=name)) is not None:
            return
        await cluster.create(
            path("v1", "namespaces"), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        )
    except ApiRefused as error:
        if not (error.forbidden or error.conflict):  # who may not see namespaces may still work in one
            raise


def _is_own(item: Obj, own: dict[str, str]) -> bool:
    found = item["metadata"].get("labels") or {}
    return all(found.get(key) == value for key, value in own.items())
