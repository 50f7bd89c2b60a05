"""The addresses at which a hub in a cluster may be reached from this machine, the likeliest first."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from wizard.text import clean
from wizard.tools.front_door import SERVICE, addresses
from wizard.tools.kube import Cluster, path

_HERE = "127.0.0.1"


@dataclass(frozen=True)
class Entry:
    """An address. connect_to: the IP address behind its host name where this machine does not know it.

    hosts_line: what /etc/hosts needs for browsers on this machine then.
    """

    url: str
    connect_to: str = ""

    @property
    def hosts_line(self) -> str:
        return f"{self.connect_to} {urlsplit(self.url).hostname}" if self.connect_to else ""


def hosts_command(line: str) -> str:
    """What makes this machine know a host name; codehub itself never edits /etc/hosts nor uses sudo."""
    return f"echo '{line}' | sudo tee -a /etc/hosts"


async def hub_entries(cluster: Cluster, namespace: str) -> tuple[Entry, ...]:
    """What to try; none where the cluster gave the hub no address (yet). Raises what `Cluster` raises."""
    urls, behind, service = await asyncio.gather(
        addresses(cluster, namespace),
        _ingress_addresses(cluster, namespace),
        cluster.find(path("v1", "services", namespace, SERVICE)),
    )
    entries = [Entry(url) for url in urls if urlsplit(url).hostname != "NODE".lower()]
    unknown = [entry for entry in entries if not await _known(urlsplit(entry.url).hostname or "")]
    entries = [entry for entry in entries if entry not in unknown]
    entries += [Entry(entry.url, address) for entry in unknown for address in behind] or unknown
    spec = (service or {}).get("spec", {})
    node_ports = [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]
    if node_ports and spec.get("type") == "NodePort":
        # Docker Desktop, Colima and kind's port mappings serve node ports on this machine; others on the API's host.
        hosts = dict.fromkeys([_HERE, urlsplit(cluster.server).hostname or _HERE])
        entries += [Entry(f"http://{_bracketed(host)}:{node_ports[0]}/") for host in hosts]
    return tuple(dict.fromkeys(entries))


async def _ingress_addresses(cluster: Cluster, namespace: str) -> tuple[str, ...]:
    """The IP addresses of the ingress controller, as the ingresses of the namespace say."""
    ingresses = await cluster.list(path("networking.k8s.io/v1", "ingresses", namespace))
    given: Iterable[dict[str, object]] = (
        one for item in ingresses for one in (item.get("status", {}).get("loadBalancer") or {}).get("ingress") or ()
    )
    return tuple(dict.fromkeys(clean(str(one["ip"])) for one in given if one.get("ip")))


async def _known(host: str) -> bool:
    """Whether this machine finds an address for a host name."""
    try:
        await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
