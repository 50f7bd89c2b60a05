"""Where browsers find a deployed hub, as the cluster itself says."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.text import clean
from wizard.tools.clusters import visible
from wizard.tools.kube import Cluster, path
from wizard.tools.kube_errors import ApiRefused
from wizard.tools.rollout_model import Obj

_GATEWAY_API = "gateway.networking.k8s.io/v1"
SERVICE = "proxy-public"
"""The chart's service in front of everything."""


async def addresses(cluster: Cluster, namespace: str, *, scheme: str = "http") -> tuple[str, ...]:
    """The addresses of the hub: of its ingress, of its load balancer or its node port; none where there is none yet.

    scheme: what the load balancer's address is reached by. Nodes that may not be listed are written as NODE.
    """
    ingresses = await cluster.list(path("networking.k8s.io/v1", "ingresses", namespace))
    found = [address for ingress in ingresses for address in _of_ingress(ingress)]
    found += await _of_routes(cluster, namespace)
    service = await cluster.find(path("v1", "services", namespace, SERVICE))
    if found or service is None:
        return tuple(found)
    ports = [port for port in service.get("spec", {}).get("ports") or () if isinstance(port, dict)]
    if service["spec"].get("type") == "LoadBalancer":
        given = (service.get("status", {}).get("loadBalancer") or {}).get("ingress") or ()
        return tuple(f"{scheme}://{clean(str(one.get('hostname') or one.get('ip')))}/" for one in given)
    numbers = [port["nodePort"] for port in ports if port.get("nodePort")]
    nodes = await _nodes(cluster) if numbers else ()
    return tuple(f"http://{node}:{numbers[0]}/" for node in nodes)


def _of_ingress(ingress: Obj) -> Iterable[str]:
    spec = ingress.get("spec", {})
    backends = [
        (entry.get("backend") or {}).get("service", {}).get("name")
        for rule in spec.get("rules") or ()
        for entry in (rule.get("http") or {}).get("paths") or ()
    ]
    if SERVICE not in backends:
        return
    secure = {host for entry in spec.get("tls") or () for host in entry.get("hosts") or ()}
    given = (ingress.get("status", {}).get("loadBalancer") or {}).get("ingress") or ()
    for rule in spec.get("rules") or ():
        hosts = [rule["host"]] if rule.get("host") else [one.get("hostname") or one.get("ip") for one in given]
        for host in hosts:
            yield f"{'https' if host in secure else 'http'}://{clean(str(host))}/"


async def _of_routes(cluster: Cluster, namespace: str) -> list[str]:
    """The addresses of HTTPRoutes to the hub; by https where a listener of their gateway that fits them has it."""
    found = []
    for route in await visible(cluster, path(_GATEWAY_API, "httproutes", namespace)) or ():
        spec = route.get("spec", {})
        backends = [one.get("name") for rule in spec.get("rules") or () for one in rule.get("backendRefs") or ()]
        if SERVICE in backends:
            secure = [await _is_secure(cluster, namespace, parent) for parent in spec.get("parentRefs") or ()]
            scheme = "https" if any(secure) else "http"
            found += [f"{scheme}://{clean(str(host))}/" for host in spec.get("hostnames") or ()]
    return found


async def _is_secure(cluster: Cluster, namespace: str, parent: Obj) -> bool:
    place = str(parent.get("namespace") or namespace)
    try:
        gateway = await cluster.find(path(_GATEWAY_API, "gateways", place, str(parent.get("name", ""))))
    except ApiRefused as error:
        if error.forbidden:
            return False
        raise
    section = parent.get("sectionName")
    listeners = ((gateway or {}).get("spec") or {}).get("listeners") or ()
    return any(one.get("protocol") == "HTTPS" and section in {None, one.get("name")} for one in listeners)


async def _nodes(cluster: Cluster) -> tuple[str, ...]:
    """The first node's address, from outside where it has one: every node serves a node port."""
    try:
        nodes = await cluster.list(path("v1", "nodes"))
    except ApiRefused as error:
        if error.forbidden:
            return ("NODE",)
        raise
    for kind in ("ExternalIP", "InternalIP", "Hostname"):
        for node in nodes:
            for address in node.get("status", {}).get("addresses") or ():
                if address.get("type") == kind and address.get("address"):
                    return (clean(str(address["address"])),)
    return ("NODE",)
