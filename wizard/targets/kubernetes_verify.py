"""Proving that what was deployed to a cluster works, at the address that people will use."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from wizard.errors import StepFailed
from wizard.reporting import Reporter
from wizard.setup.model import Setup
from wizard.targets.forwarding import forwarded
from wizard.targets.standing import forwarded_url
from wizard.tools.hub_entries import Entry, hosts_command, hub_entries
from wizard.tools.kube import Cluster, connect, path
from wizard.tools.verify_hub import SERVICE, Access, Verified, no_service, verify_hub, verify_user

ADDRESS_PATIENCE = 120.0
"""Seconds that a cloud may take to give the hub an address."""


async def verify(setup: Setup, reporter: Reporter, *, user: bool, patience: float = 60.0) -> Verified:
    """Check that the hub answers, and with `user` that a user gets an editor which nobody else can reach.

    A hub that is reached by a port-forward is checked through one. Raises StepFailed that says what does not work,
    UsageError where the hub has no service for the check with a user, MissingError when the cluster cannot be asked.
    """
    target = setup.target
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(connect(target.context))
        token = await _token(cluster, target.namespace) if user else ""
        entries: tuple[Entry, ...]
        if target.expose.kind == "port-forward":
            url = await stack.enter_async_context(forwarded(setup, port=0, patience=patience))
            entries = (Entry(url),)
        else:
            entries = await _entries(cluster, target.namespace, min(patience, ADDRESS_PATIENCE))
        candidates = [Access(url=entry.url.rstrip("/"), connect_to=entry.connect_to, token=token) for entry in entries]
        found = await verify_hub(candidates, reporter, patience=patience)
        if user:
            found = await verify_user(found.access, reporter, patience=patience)
    if target.expose.kind == "port-forward":
        lasting = forwarded_url(target.expose.port).rstrip("/")
        found = replace(found, access=replace(found.access, url=lasting))
        reporter.notice(f"JupyterHub is at {lasting}/ while `codehub port-forward` runs.", level="info")
    else:
        _say(found, entries, reporter)
    return found


def result(found: Verified) -> Mapping[str, Any]:
    """What is remembered of a check."""
    return {"url": found.access.url + "/", "jupyterhub": found.version, "editor_seconds": found.editor_seconds}


async def _entries(cluster: Cluster, namespace: str, patience: float) -> tuple[Entry, ...]:
    end = asyncio.get_running_loop().time() + patience
    while not (entries := await hub_entries(cluster, namespace)):
        if asyncio.get_running_loop().time() >= end:
            raise StepFailed(
                "The cluster gives the hub no address.",
                why=f"Neither an ingress nor the service proxy-public in {namespace} has one.",
                fix="Look at `codehub status`; without a load balancer in the cluster, choose another "
                "target.expose.kind.",
                address="verify-hub",
            )
        await asyncio.sleep(2)
    return entries


async def _token(cluster: Cluster, namespace: str) -> str:
    """The token of the check's service, which the chart generates and keeps in the hub's Secret."""
    secret = await cluster.find(path("v1", "secrets", namespace, "hub"))
    encoded = ((secret or {}).get("data") or {}).get(f"hub.services.{SERVICE}.apiToken")
    if not encoded:
        raise no_service()
    return base64.b64decode(encoded).decode()


def _say(found: Verified, entries: tuple[Entry, ...], reporter: Reporter) -> None:
    reporter.notice(f"JupyterHub is at {found.access.url}/", level="info")
    for entry in entries:
        if entry.hosts_line and entry.url.rstrip("/") == found.access.url:
            reporter.notice(
                f"This machine does not know that name: `{hosts_command(entry.hosts_line)}` tells it.",
                level="info",
            )
            return
