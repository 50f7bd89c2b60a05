"""Checks of what deploys: Helm, the kube context, and the cluster behind it."""

from __future__ import annotations

import asyncio
import os
from urllib.parse import urlsplit

from wizard.errors import MissingError
from wizard.text import clean
from wizard.tools import helm, kube
from wizard.tools.doctor_model import Check, Finding, Scope, State, numbers
from wizard.tools.kube_errors import ClusterUnreachable
from wizard.tools.kubeconfig import KubeContext, read_kubeconfig

ANSWER_TIMEOUT = 2.0
"""Seconds that a cluster may take to accept a connection, and again to answer."""

_CREDENTIALS_TIMEOUT = 10.0
"""Seconds in all, with the credential plug-in that a context may name."""

_INSTALL_HELM = "curl -fsSL https://raw.githubusercontent.com/helm/helm/main/scripts/get-helm-4 | bash"


async def _helm(scope: Scope) -> Finding:
    title = "Helm"
    try:
        found = await helm.find()
    except MissingError as error:
        why = f"{error.what} {error.why}".strip()
        return Finding(name="helm", title=title, state=State.MISSING, why=why, fix=error.fix, command=_INSTALL_HELM)
    if found.version < numbers(scope.min_helm):
        return Finding(
            name="helm",
            title=title,
            state=State.MISSING,
            found=found.text,
            why=f"The chart needs Helm {scope.min_helm} or newer.",
            fix="Update it.",
            command=_INSTALL_HELM,
        )
    if found.major > 4:
        return Finding(
            name="helm",
            title=title,
            state=State.WARN,
            found=found.text,
            why="codehub is tested with Helm 3 and 4.",
            fix="If it misbehaves, install Helm 4 beside it and name that in CODEHUB_HELM.",
        )
    return Finding(name="helm", title=title, state=State.OK, found=found.text, why="Deploys JupyterHub.")


async def _context(scope: Scope) -> Finding:
    config = await asyncio.to_thread(read_kubeconfig)
    chosen = config.context(scope.context)
    names = ", ".join(context.name for context in config.contexts) or "none"
    if chosen is None:
        wanted = scope.context or config.current
        broken = " ".join(config.unreadable)
        return Finding(
            name="context",
            title="Kube context",
            state=State.MISSING,
            why=f"There is no context {wanted!r}; there are: {names}. {broken}".strip()
            if wanted
            else f"No current context is set; there are: {names}. {broken}".strip(),
            fix="Choose one of them, or start a cluster.",
            command="kubectl config use-context NAME",
        )
    found = f"{chosen.name} → {chosen.server or 'no server'}"
    if config.unreadable:
        return Finding(
            name="context",
            title="Kube context",
            state=State.WARN,
            found=found,
            why=f"Not readable: {'; '.join(config.unreadable)}",
            fix="Correct that file, or take it out of KUBECONFIG.",
        )
    return Finding(name="context", title="Kube context", state=State.OK, found=found, why="Names the cluster.")


async def _cluster(scope: Scope) -> Finding:
    title = "Cluster"
    try:
        chosen = (await asyncio.to_thread(read_kubeconfig)).context(scope.context)
    except MissingError as error:
        return Finding(name="cluster", title=title, state=State.MISSING, why=error.what, fix=error.fix)
    if chosen is None or not chosen.server:
        return Finding(
            name="cluster",
            title=title,
            state=State.MISSING,
            why="There is no context that names a cluster.",
            fix="See the kube context above.",
        )
    silent = None if chosen.proxy else await _does_not_listen(chosen.server)
    if silent:
        return _unreachable(chosen, silent)
    try:
        async with asyncio.timeout(_CREDENTIALS_TIMEOUT), kube.connect(chosen.name) as api:
            version = clean(await api.version())
    except TimeoutError:
        return _unreachable(chosen, "It accepts connections but does not answer in time.")
    except ClusterUnreachable as error:
        return _unreachable(chosen, error.why or error.what)
    except MissingError as error:
        command = f"kubectl --context {chosen.name} version"
        why = f"{error.what} {error.why}".strip()
        return Finding(
            name="cluster",
            title=title,
            state=State.MISSING,
            found=chosen.server,
            why=why,
            fix=error.fix,
            command=command,
        )
    found = f"Kubernetes {version} at {chosen.server}"
    if numbers(version) < numbers(scope.min_kubernetes):
        return Finding(
            name="cluster",
            title=title,
            state=State.MISSING,
            found=found,
            why=f"The chart needs Kubernetes {scope.min_kubernetes} or newer.",
            fix="Update the cluster, or choose an older chart.",
            command="codehub versions chart",
        )
    return Finding(name="cluster", title=title, state=State.OK, found=found, why="Runs the hub and the editors.")


async def _does_not_listen(server: str) -> str | None:
    """Why nobody answers at an address, or None when somebody accepts a connection (or a proxy is in between)."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(server)
    host = parts.hostname or ""
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return None
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT):
            _, writer = await asyncio.open_connection(host, parts.port or (443 if parts.scheme == "https" else 80))
    except TimeoutError:
        return f"No answer within {ANSWER_TIMEOUT:g} seconds."
    except OSError as error:
        number = error.errno or 0  # below zero for name look-ups, which have texts of their own
        return f"{os.strerror(number) if number > 0 else clean(error.strerror or str(error))}."
    except ValueError as error:
        return clean(str(error))
    writer.close()
    return None


def _unreachable(chosen: KubeContext, why: str) -> Finding:
    local = {"minikube": "minikube start", "docker-desktop": "Enable Kubernetes in Docker Desktop's settings"}
    start = local.get(chosen.name) or (
        f"docker start {chosen.name[5:]}-control-plane" if chosen.name.startswith("kind-") else ""
    )
    return Finding(
        name="cluster",
        title="Cluster",
        state=State.MISSING,
        found=chosen.server,
        why=why,
        fix="Start the cluster, or connect to its network (VPN), or choose another context.",
        command=start or f"kubectl --context {chosen.name} cluster-info",
    )


_KUBERNETES = frozenset({"kubernetes"})
CHECKS: tuple[Check, ...] = (
    Check(name="helm", title="Helm", ask=_helm, needed_by=_KUBERNETES, asked_by=_KUBERNETES),
    Check(name="context", title="Kube context", ask=_context, needed_by=_KUBERNETES, asked_by=_KUBERNETES),
    Check(name="cluster", title="Cluster", ask=_cluster, needed_by=_KUBERNETES, asked_by=_KUBERNETES),
)
