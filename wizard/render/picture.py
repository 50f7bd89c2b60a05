"""A picture of what will exist, so that the answers can be seen as a whole: its facts, and the one made of text.

`wizard.render.diagram` draws the same facts as SVG.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.setup.delivery import resolve_delivery
from wizard.setup.model import Setup
from wizard.setup.questions import question
from wizard.wording import counted, duration

_HOW = {
    "push": "pushed to {registry}",
    "same-daemon": "used where they are built",
    "minikube-load": "loaded into minikube",
    "kind-load": "loaded into kind",
    "k3d-import": "imported into k3d",
    "ctr-import": "imported into containerd",
}

Facts = tuple[tuple[str, str], ...]
"""What is said of one part: label and text."""


@dataclass(frozen=True)
class Deployment:
    """What is shown of a deployment: where people go, what runs where, and what it is built from.

    images, built: what is built and how it gets there; empty where nothing is built.
    """

    address: str
    place: str
    proxy: str
    hub: Facts
    editor: Facts
    built: str = ""
    images: tuple[str, ...] = ()


def deployment(setup: Setup) -> Deployment:
    """The facts of a picture."""
    built = ""
    images: tuple[str, ...] = ()
    if setup.builds_images:
        how = _HOW[resolve_delivery(setup)].format(registry=setup.images.registry or "…")
        built = f"Docker on this machine builds, for {', '.join(setup.build.platforms)}; then {how}:"
        images = tuple(setup.image_references.values())
    proxy = "Traefik" if setup.hub.proxy == "traefik" else "proxy"
    return Deployment(_address(setup), _place(setup), proxy, _hub(setup), _editor(setup), built, images)


def picture(setup: Setup) -> list[str]:
    """The lines of the picture, at most 76 wide where names are of a usual length."""
    shown = deployment(setup)
    lines = [f"people ──▶ {shown.address}", "             │", "             ▼"]
    inside = [f"{shown.proxy} ──▶ JupyterHub", *(f"   │         {label:<6} {text}" for label, text in shown.hub)]
    inside += ["   │", "   └─▶ one editor for each person"]
    inside += [f"             {f'{label:<6} ' if label else ''}{text}" for label, text in shown.editor]
    lines += _boxed(shown.place, inside)
    if not shown.images:
        return lines
    return [*lines, "             ▲", "             │", shown.built, *(f"   {name}" for name in shown.images)]


def _address(setup: Setup) -> str:
    target, expose = setup.target, setup.target.expose
    if target.kind == "local":
        return "http://127.0.0.1, from this machine only"
    if target.kind == "docker":
        return setup.docker_url if expose.host else f"{setup.docker_url}, from this machine only"
    match expose.kind:
        case "ingress":
            scheme = "http" if expose.tls == "none" else "https"
            by = f" by {expose.ingress_class}" if expose.ingress_class else ""
            return f"{scheme}://{expose.host or '…'}  (ingress{by})"
        case "gateway":
            return f"{expose.host or '…'}  (gateway {expose.gateway or '…'})"
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


def _hub(setup: Setup) -> Facts:
    auth = setup.hub.auth
    image = setup.hub_reference if setup.builds_hub else f"the chart's own, {setup.target.chart.version}"
    people = counted(len(auth.users), "user") if auth.users else ("everybody" if auth.allow_all else "no users named")
    login = ("login", f"{_label('hub.auth.kind', auth.kind)}: {people}, {counted(len(auth.admins), 'admin')}")
    return (("image", image), login) if setup.builds_images else (login,)


def _editor(setup: Setup) -> Facts:
    hub = setup.hub
    resources = hub.resources
    facts = [("", f"code-server {setup.code_server.version}")]
    if setup.builds_images:
        memory = f"{resources.memory_guarantee or 'no'} reserved, {resources.memory_limit or 'no'} limit"
        facts.append(("image", setup.notebook_reference))
        facts.append(("memory", memory))
        facts.append(("CPU", f"{resources.cpu_guarantee:g} reserved, {resources.cpu_limit:g} limit"))
    if setup.target.kind == "kubernetes":
        facts.append(("home", f"{hub.storage.capacity} {hub.storage.storage_class}".rstrip()))
    if hub.cull.enabled:
        facts.append(("idle", f"stopped after {duration(hub.cull.timeout)}"))
    return tuple(facts)


def _boxed(title: str, lines: list[str]) -> list[str]:
    width = max(len(title) + 2, *map(len, lines))
    top = f"┌─ {title} {'─' * (width - len(title) - 1)}┐"
    return [top, *(f"│ {line.ljust(width)} │" for line in lines), f"└{'─' * (width + 2)}┘"]


def _label(path: str, value: str) -> str:
    found = question(path)
    return next((choice.label for choice in found.ask.choices if choice.value == value), value) if found else value
