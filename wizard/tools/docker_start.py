"""Waiting until a hub in containers answers at its front door, or saying why it does not."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from wizard.errors import MissingError, StepFailed
from wizard.reporting import Reporter, TaskState
from wizard.tools import docker_engine, docker_host
from wizard.tools.verify_hub import Access

PATIENCE = 120.0
"""Seconds that the hub may take to answer; 5 are usual, and an upgrade of a large database takes some more."""

_LAST_WORDS = 20


async def until_it_answers(door: Access, hub: str, reporter: Reporter, *, patience: float = PATIENCE) -> None:
    """Wait for the hub's API at the front door, as long as Docker itself is there.

    The certificate is not looked at: Let's Encrypt may take a while to give one, and `codehub verify` does look. Raises
    StepFailed with the last lines of the hub's container, by the name `hub`, when it does not answer in time, and
    MissingError as soon as Docker does not answer.
    """
    title = f"The hub answers at {door.url}"
    reporter.task("answers", title, TaskState.RUNNING)
    end = asyncio.get_running_loop().time() + patience
    while (said := await asyncio.to_thread(_asked, door)) != "yes":
        if asyncio.get_running_loop().time() > end:
            last = (await docker_host.logs(hub, lines=_LAST_WORDS)).splitlines()
            reporter.lines(last)
            reporter.task("answers", title, TaskState.FAILED, detail=said)
            raise StepFailed(
                "JupyterHub does not answer.",
                why=f"{door.url}: {said} after {patience:g} seconds.",
                fix=f"See what it says: docker logs {hub}",
            )
        try:
            await docker_engine.describe()
        except MissingError as error:
            reporter.task("answers", title, TaskState.FAILED, detail=error.what)
            raise
        await asyncio.sleep(0.5)
    reporter.task("answers", title, TaskState.DONE)


async def answers(door: Access) -> bool:
    """Whether the hub's API answers at the front door now."""
    return await asyncio.to_thread(_asked, door) == "yes"


def _asked(door: Access) -> str:
    """`yes` when the hub's API answers, else what answers instead."""
    parts = urlsplit(door.url)
    host = door.connect_to or parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    shown = f"[{host}]" if ":" in host else host
    request = urllib.request.Request(  # noqa: S310 - http or https by construction
        f"{parts.scheme}://{shown}:{port}/hub/api", headers={"Host": parts.netloc}
    )
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with contextlib.suppress(ValueError):
        try:
            with opener.open(request, timeout=10) as answer:
                return "yes" if b'"version"' in answer.read(4096) else "something else answers"
        except urllib.error.HTTPError as error:
            return f"status {error.code}"
        except (OSError, EOFError) as error:
            return str(getattr(error, "reason", "") or error) or type(error).__name__
    return "no HTTP"
