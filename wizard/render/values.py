"""The values for the JupyterHub Helm chart: config.yaml as data.

Keys: the charts' values.schema.json, 3.3.8 to 4.4.0. What is left out keeps the chart's default, the network
policies above all.
"""

from __future__ import annotations

from typing import Any

from wizard.assets import asset_text
from wizard.render import traefik
from wizard.render.hub_settings import (
    HOME,
    SINGLEUSER_COMMAND,
    START_TIMEOUT,
    USER_ID,
    culling,
    hub_settings,
    singleuser_environment,
)
from wizard.setup.delivery import resolve_delivery
from wizard.setup.model import Setup
from wizard.tools.teardown import KEEP
from wizard.tools.verify_hub import SCOPES, SERVICE

_UPLOADS = {
    # ingress-nginx refuses uploads over 1 MB and cuts quiet connections after a minute.
    "nginx.ingress.kubernetes.io/proxy-body-size": "0",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
    "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
}


def pull_policy(setup: Setup) -> str:
    """`Never` for images that are loaded into the cluster's nodes, else `IfNotPresent`."""
    return "IfNotPresent" if resolve_delivery(setup) == "push" else "Never"


def values(setup: Setup) -> dict[str, Any]:
    """The chart's values, without secrets, for a Setup whose target is Kubernetes."""
    pulled = pull_policy(setup) != "Never"
    document: dict[str, Any] = {
        "hub": _hub(setup),
        "proxy": _proxy(setup),
        "singleuser": _singleuser(setup, pulled=pulled),
        "cull": _cull(setup),
        # The pullers ignore the pull policy: with local images they would wait for ever.
        "prePuller": {"hook": {"enabled": pulled}, "continuous": {"enabled": pulled}},
        # Packing users onto few nodes pays with autoscaling only, and needs rights on the whole cluster.
        "scheduling": {"userScheduler": {"enabled": False}},
        "ingress": _ingress(setup),
    }
    if setup.target.expose.kind == "gateway":
        document["httpRoute"] = _http_route(setup)
    if setup.target.pull_secret_name:
        document["imagePullSecrets"] = [setup.target.pull_secret_name]
    return document


def _image(setup: Setup, reference: str) -> dict[str, str]:
    name, _, tag = reference.rpartition(":")
    return {"name": name, "tag": tag, "pullPolicy": pull_policy(setup)}


def _hub(setup: Setup) -> dict[str, Any]:
    hub: dict[str, Any] = {}
    if setup.builds_hub:
        hub["image"] = _image(setup, setup.hub_reference)
    hub["config"] = hub_settings(setup)
    # Who is who in the hub outlives the release, like people's files; `codehub destroy --with-data` removes both.
    hub["db"] = {"pvc": {"annotations": dict(KEEP)}}
    if setup.target.verify == "user":
        # The chart generates the service's token and keeps it in the hub's Secret.
        hub["services"] = {SERVICE: {}}
        hub["loadRoles"] = {SERVICE: {"services": [SERVICE], "scopes": list(SCOPES)}}
    if setup.hub.proxy == "traefik":
        hub |= traefik.hub_values(setup, pull_policy(setup))
    else:
        # Else an open editor would pass for a used one, and never be culled.
        hub["extraConfig"] = {"10-activity": asset_text("hub/chp.py")}
    if setup.uses_oauth:
        hub["extraConfig"]["20-login"] = asset_text("hub/login.py")
    return hub


def _proxy(setup: Setup) -> dict[str, Any]:
    expose = setup.target.expose
    types = {
        "nodeport": "NodePort",
        "loadbalancer": "LoadBalancer",
        "ingress": "ClusterIP",
        "gateway": "ClusterIP",
        "port-forward": "ClusterIP",
    }
    service: dict[str, Any] = {"type": types[expose.kind]}
    if expose.kind == "nodeport" and expose.node_port:
        service["nodePorts"] = {"http": expose.node_port}
    proxy: dict[str, Any] = {"service": service}
    if setup.hub.proxy == "traefik":
        proxy |= traefik.proxy_values()
    return proxy


def _singleuser(setup: Setup, *, pulled: bool) -> dict[str, Any]:
    resources, storage = setup.hub.resources, setup.hub.storage
    volume: dict[str, Any] = {"capacity": storage.capacity, "homeMountPath": HOME}
    if storage.storage_class:
        volume["dynamic"] = {"storageClass": storage.storage_class}
    return {
        "image": _image(setup, setup.notebook_reference),
        "cmd": list(SINGLEUSER_COMMAND),
        "uid": USER_ID,
        "fsGid": USER_ID,
        "startTimeout": START_TIMEOUT,
        "allowPrivilegeEscalation": setup.code_server.sudo,
        "extraEnv": singleuser_environment(setup),
        "storage": volume,
        "memory": {"guarantee": resources.memory_guarantee or None, "limit": resources.memory_limit or None},
        "cpu": {"guarantee": _cores(resources.cpu_guarantee), "limit": _cores(resources.cpu_limit)},
        # Only a cluster of a cloud has a metadata service to keep users from; the block takes a privileged
        # container and one more image.
        "cloudMetadata": {"blockWithIptables": pulled},
    }


def _cores(number: float) -> float | int | None:
    return (int(number) if number == int(number) else number) or None


def _cull(setup: Setup) -> dict[str, Any]:
    settings = culling(setup)
    return {"enabled": settings.enabled, "timeout": settings.timeout, "every": settings.every}


def _ingress(setup: Setup) -> dict[str, Any]:
    expose = setup.target.expose
    if expose.kind != "ingress":
        return {"enabled": False}
    ingress: dict[str, Any] = {"enabled": True, "hosts": [expose.host] if expose.host else []}
    if expose.ingress_class:
        ingress["ingressClassName"] = expose.ingress_class
    annotations = dict(_UPLOADS) if not expose.ingress_class or "nginx" in expose.ingress_class else {}
    if expose.tls == "cert-manager" and expose.issuer:
        annotations["cert-manager.io/cluster-issuer"] = expose.issuer
    if annotations:
        ingress["annotations"] = annotations
    if expose.tls != "none":
        ingress["tls"] = [{"hosts": ingress["hosts"], "secretName": tls_secret(setup)}]
    return ingress


def _http_route(setup: Setup) -> dict[str, Any]:
    """Left out for the other ways in: charts before 4.3 refuse the key."""
    expose = setup.target.expose
    gateway = {"name": expose.gateway}
    if expose.gateway_namespace:
        gateway["namespace"] = expose.gateway_namespace
    return {"enabled": True, "hostnames": [expose.host] if expose.host else [], "gateway": gateway}


def tls_secret(setup: Setup) -> str:
    """The secret with the certificate; cert-manager makes one under this name where none is given."""
    return setup.target.expose.tls_secret or f"{setup.target.release}-tls"
