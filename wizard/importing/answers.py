"""The answers that are in a JupyterHub release's values, as far as codehub has a question for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.catalog import hub_image
from wizard.render.hub_settings import AUTHENTICATORS
from wizard.render.merge import at, put
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.setup.questions import question

Values = Mapping[str, Any]

_LABELS = "org.opencontainers.image.version"
_KINDS = {name: kind for kind, names in AUTHENTICATORS.items() for name in names}
_KINDS |= {"generic": "oidc", "dummyauthenticator.DummyAuthenticator": "dummy"}
NONE = object()
"""Stands for an answer that is empty on purpose: no limit."""
_NODE_PORTS = range(30000, 32768)


@dataclass(frozen=True)
class Origin:
    """Where a release is: kube context, namespace, name, and the version of its chart."""

    context: str
    namespace: str
    release: str
    chart: str
    source: str = ""


def answers(values: Values, origin: Origin, labels: Mapping[str, str] | None = None) -> Setup:
    """The answers for a release; what has none, or is not valid as one, keeps the default.

    values: all of them, the chart's own included; labels: of its notebook image, where they could be read.
    """
    found: dict[str, Any] = {}
    target = {"context": origin.context, "namespace": origin.namespace, "release": origin.release}
    _take(found, {f"target.{name}": value for name, value in target.items()})
    _take(found, {"target.kind": "kubernetes", "target.chart.version": origin.chart})
    if origin.source:
        _take(found, {"target.chart.source": origin.source})
    for part in (_images, _proxy, _expose, _users, _login, _storage, _cull):
        _take(found, part(values, origin))
    version = (labels or {}).get(_LABELS, "")
    _take(found, {"code_server.version": version and f"v{version.removeprefix('v')}"})
    return store.validate(found, "the release's values")


def _take(found: dict[str, Any], wanted: Mapping[str, Any]) -> None:
    """Put the values that are valid answers."""
    for path, value in wanted.items():
        asked = question(path)
        value = "" if value is NONE else value  # noqa: PLW2901
        known = asked is not None and value is not None and asked.check(value) is None
        if not known or (value == "" and wanted[path] is not NONE):
            continue
        put(found, tuple(path.split(".")), value)


def _images(values: Values, origin: Origin) -> dict[str, Any]:
    registry, name = _split(str(at(values, "singleuser.image.name", "")))
    tag = _own_tag(at(values, "singleuser.image.tag", ""))
    result: dict[str, Any] = {"images.registry": registry, "images.notebook.name": name, "images.notebook.tag": tag}
    hub_name, hub_tag = str(at(values, "hub.image.name", "")), _own_tag(at(values, "hub.image.tag", ""))
    if hub_name and f"{hub_name}:{hub_tag}" != hub_image(origin.chart) and not hub_name.endswith("/k8s-hub"):
        place, short = _split(hub_name)
        if place == registry:
            result |= {"images.hub.name": short, "images.hub.tag": hub_tag}
            if not _traefik(values):  # else no hub image would be built at all
                result["images.hub.base"] = hub_image(origin.chart)
    secrets = at(values, "imagePullSecrets", [])
    if isinstance(secrets, list) and len(secrets) == 1:
        one = secrets[0]
        result["target.pull_secret"] = one.get("name") if isinstance(one, Mapping) else one
    return result


def _own_tag(tag: object) -> str:
    """A tag without the digest or image id that codehub pinned it with."""
    return re.sub(r"(?<=.)-[0-9a-f]{12}$", "", str(tag).partition("@")[0])


def _traefik(values: Values) -> bool:
    return bool(at(values, "hub.extraConfig.10-traefik"))


def _proxy(values: Values, _: Origin) -> dict[str, Any]:
    return {"hub.proxy": "traefik" if _traefik(values) else "chp"}


def _split(name: str) -> tuple[str, str]:
    """Registry and the rest of an image's name."""
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        *path, last = rest.split("/")
        return "/".join([first, *path]), last
    return "", name


def _expose(values: Values, origin: Origin) -> dict[str, Any]:
    if at(values, "ingress.enabled"):
        hosts, tls = at(values, "ingress.hosts", []) or [], at(values, "ingress.tls", []) or []
        annotations = at(values, "ingress.annotations", {}) or {}
        issuer = annotations.get("cert-manager.io/cluster-issuer")
        secret = tls[0].get("secretName") if tls and isinstance(tls[0], Mapping) else None
        kind = "cert-manager" if tls and issuer else "secret" if secret else "none"
        return {
            "target.expose.kind": "ingress",
            "target.expose.host": hosts[0] if hosts else "",
            "target.expose.ingress_class": at(values, "ingress.ingressClassName"),
            "target.expose.tls": kind,
            "target.expose.tls_secret": "" if secret == f"{origin.release}-tls" and issuer else secret,
            "target.expose.issuer": issuer,
        }
    if at(values, "httpRoute.enabled"):
        names = at(values, "httpRoute.hostnames", []) or []
        return {
            "target.expose.kind": "gateway",
            "target.expose.host": names[0] if names else "",
            "target.expose.gateway": at(values, "httpRoute.gateway.name"),
            "target.expose.gateway_namespace": at(values, "httpRoute.gateway.namespace"),
        }
    kinds = {"NodePort": "nodeport", "LoadBalancer": "loadbalancer", "ClusterIP": "port-forward"}
    port = at(values, "proxy.service.nodePorts.http")
    return {
        "target.expose.kind": kinds.get(str(at(values, "proxy.service.type", "LoadBalancer")), "loadbalancer"),
        "target.expose.node_port": port if isinstance(port, int) and port in _NODE_PORTS else None,
    }


def _login(values: Values, _: Origin) -> dict[str, Any]:
    config = at(values, "hub.config", {}) or {}
    named = str(at(config, "JupyterHub.authenticator_class", "dummy"))
    kind = _KINDS.get(named) or _KINDS.get(named.rpartition(".")[2])
    if kind is None:
        # A login that codehub does not know: the one that lets nobody in by itself stands for it in the answers.
        return {"hub.auth.kind": "native"}
    traits = at(config, AUTHENTICATORS[kind][1], {}) or {}
    result: dict[str, Any] = {"hub.auth.kind": kind}
    if kind == "native":
        result["hub.auth.allow_all"] = bool(traits.get("open_signup"))
    if kind == "dummy":
        result["hub.auth.insecure_dummy"] = True
    if kind in {"github", "google", "oidc"}:
        groups = traits.get("allowed_organizations") or traits.get("allowed_groups") or traits.get("hosted_domain")
        result |= {
            "hub.auth.client_id": traits.get("client_id"),
            "hub.auth.callback_url": traits.get("oauth_callback_url"),
            "hub.auth.organizations": [groups] if isinstance(groups, str) else groups,
        }
    if kind == "oidc":
        names = ("authorize_url", "token_url", "userdata_url", "username_claim")
        result |= {f"hub.auth.oidc.{name}": traits.get(name) for name in names}
    return result


def _users(values: Values, _: Origin) -> dict[str, Any]:
    rules = at(values, "hub.config.Authenticator", {}) or {}
    admins = _names(rules.get("admin_users"))
    return {
        "hub.auth.users": [name for name in _names(rules.get("allowed_users")) if name not in admins],
        "hub.auth.admins": admins,
        "hub.auth.allow_all": rules.get("allow_all") is True,
    }


def _names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list | set | tuple) else []


def _storage(values: Values, _: Origin) -> dict[str, Any]:
    def number(path: str) -> float:
        value = at(values, path)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0

    return {
        "hub.storage.capacity": at(values, "singleuser.storage.capacity"),
        "hub.storage.storage_class": at(values, "singleuser.storage.dynamic.storageClass"),
        "hub.resources.cpu_guarantee": number("singleuser.cpu.guarantee"),
        "hub.resources.cpu_limit": number("singleuser.cpu.limit"),
        "hub.resources.memory_guarantee": NONE
        if at(values, "singleuser.memory.guarantee") is None
        else str(at(values, "singleuser.memory.guarantee")),
        "hub.resources.memory_limit": NONE
        if at(values, "singleuser.memory.limit") is None
        else str(at(values, "singleuser.memory.limit")),
        "code_server.sudo": at(values, "singleuser.allowPrivilegeEscalation") is True,
    }


def _cull(values: Values, _: Origin) -> dict[str, Any]:
    timeout = at(values, "cull.timeout")
    return {
        "hub.cull.terminals_count": str(at(values, "singleuser.extraEnv.CODEHUB_TERMINAL_COUNTS", "0")) == "1",
        "hub.cull.enabled": at(values, "cull.enabled", True) is True,
        "hub.cull.timeout": timeout if isinstance(timeout, int) else None,
    }
