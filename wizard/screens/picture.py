"""A text picture of what will exist, so that the answers can be seen as a whole."""

from __future__ import annotations

from wizard.setup.delivery import resolve_delivery
from wizard.setup.model import Setup
from wizard.setup.questions import question
from wizard.wording import duration

_HOW = {
    "push": "pushed to {registry}",
    "same-daemon": "used where they are built",
    "minikube-load": "loaded into minikube",
    "kind-load": "loaded into kind",
    "k3d-import": "imported into k3d",
    "ctr-import": "imported into containerd",
}


def picture(setup: Setup) -> list[str]:
    """The lines of the picture, at most 76 wide where names are of a usual length."""
    lines = [f"people ──▶ {_address(setup)}", "             │", "             ▼"]
    lines += _boxed(_place(setup), [*_hub(setup), "   │", *_editors(setup)])
    return lines if setup.target.kind == "local" else [*lines, "             ▲", "             │", *_images(setup)]


def _address(setup: Setup) -> str:
    target, expose = setup.target, setup.target.expose
    if target.kind == "local":
        return "http://127.0.0.1, from this machine only"
    if target.kind == "docker":
        return f"https://{expose.host}" if expose.host else "http://127.0.0.1, from this machine only"
    match expose.kind:
        case "ingress":
            scheme = "http" if expose.tls == "none" else "https"
            by = f" by {expose.ingress_class}" if expose.ingress_class else ""
            return f"{scheme}://{expose.host or '…'}  (ingress{by})"
        case "nodeport":
            return f"http://NODE:{expose.node_port or 'PORT'}  (a port of every node)"
        case "loadbalancer":
            return "an address from the cloud  (load balancer)"
        case _:
            return "http://127.0.0.1, while codehub forwards a port"


def _place(setup: Setup) -> str:
    target = setup.target
    if target.kind == "docker":
        return "this Docker host"
    if target.kind == "local":
        return "this machine"
    return f"{target.context or 'current context'} · namespace {target.namespace} · release {target.release}"


def _hub(setup: Setup) -> list[str]:
    auth = setup.hub.auth
    proxy = "Traefik" if setup.hub.proxy == "traefik" else "proxy"
    image = setup.hub_reference if setup.builds_hub else f"the chart's own, {setup.target.chart.version}"
    people = f"{len(auth.users)} users" if auth.users else ("everybody" if auth.allow_all else "no users named")
    lines = [f"{proxy} ──▶ JupyterHub"]
    if setup.builds_images:
        lines.append(f"   │         image  {image}")
    return [*lines, f"   │         login  {_label('hub.auth.kind', auth.kind)}: {people}, {len(auth.admins)} admins"]


def _editors(setup: Setup) -> list[str]:
    hub = setup.hub
    resources = hub.resources
    memory = f"{resources.memory_guarantee or 'no'} reserved, {resources.memory_limit or 'no'} limit"
    lines = ["   └─▶ one editor for each person", f"             code-server {setup.code_server.version}"]
    if setup.builds_images:
        lines.append(f"             image  {setup.notebook_reference}")
        lines.append(f"             memory {memory}")
        lines.append(f"             CPU    {resources.cpu_guarantee:g} reserved, {resources.cpu_limit:g} limit")
    if setup.target.kind == "kubernetes":
        lines.append(f"             home   {hub.storage.capacity} {hub.storage.storage_class}".rstrip())
    if hub.cull.enabled:
        lines.append(f"             idle   stopped after {duration(hub.cull.timeout)}")
    return lines


def _images(setup: Setup) -> list[str]:
    how = _HOW[resolve_delivery(setup)].format(registry=setup.images.registry or "…")
    names = [setup.notebook_reference, *([setup.hub_reference] if setup.builds_hub else [])]
    lines = [f"Docker on this machine builds, for {', '.join(setup.build.platforms)}; then {how}:"]
    return [*lines, *(f"   {name}" for name in names)]


def _boxed(title: str, lines: list[str]) -> list[str]:
    width = max(len(title) + 2, *map(len, lines))
    top = f"┌─ {title} {'─' * (width - len(title) - 1)}┐"
    return [top, *(f"│ {line.ljust(width)} │" for line in lines), f"└{'─' * (width + 2)}┘"]


def _label(path: str, value: str) -> str:
    found = question(path)
    return next((choice.label for choice in found.ask.choices if choice.value == value), value) if found else value
