"""A user's pod as KubeSpawner would make it: what a quota or a Pod Security Standard would say to it.

Source: KubeSpawner's make_pod and the chart's jupyterhub_config.py, 4.x.
"""

from __future__ import annotations

from typing import Any

from wizard.render.values import values
from wizard.setup.model import Setup
from wizard.tools.kube import Obj


def quantity(memory: str) -> str:
    """KubeSpawner's memory as a quantity of Kubernetes: its K, M, G and T are powers of 1024."""
    return f"{memory}i" if memory[-1:] in {"K", "M", "G", "T"} else memory


def user_pod(setup: Setup) -> Obj:
    """The pod of somebody's server, without its volume: that is made with it."""
    wanted = values(setup)["singleuser"]
    guarantee: dict[str, str] = {}
    limit: dict[str, str] = {}
    for name, given in (("memory", wanted["memory"]), ("cpu", wanted["cpu"])):
        for amounts, amount in ((guarantee, given["guarantee"]), (limit, given["limit"])):
            if amount:
                amounts[name] = quantity(str(amount))
    context: dict[str, Any] = {
        "runAsUser": wanted["uid"],
        "allowPrivilegeEscalation": wanted["allowPrivilegeEscalation"],
    }
    container = {
        "name": "notebook",
        "image": f"{wanted['image']['name']}:{wanted['image']['tag']}",
        "securityContext": context,
        "resources": {"requests": guarantee, "limits": limit},
    }
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "securityContext": {"fsGroup": wanted["fsGid"]},
        "containers": [container],
    }
    if wanted["cloudMetadata"]["blockWithIptables"]:
        rights = {"privileged": True, "runAsUser": 0, "capabilities": {"add": ["NET_ADMIN"]}}
        spec["initContainers"] = [{"name": "block-cloud-metadata", "image": "tools", "securityContext": rights}]
    labels = {"app": "jupyterhub", "component": "singleuser-server", "release": setup.target.release}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "jupyter-", "labels": labels},
        "spec": spec,
    }
