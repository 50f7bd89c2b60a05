"""Following the objects of a kind, through cut connections, time-outs and lost versions.

The client library's own watch dies when its connection is cut, and its lines may not exceed 64 KiB, which
events of real clusters do: chunks are put together here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from wizard.foreign import load_json
from wizard.tools.kube import Cluster, Obj
from wizard.tools.kube_errors import ApiRefused, ClusterUnreachable

SESSION = 290
"""Seconds after which the server ends a watch by itself; it is then taken up again."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 15.0


@dataclass(frozen=True)
class Synced:
    """All objects as they are now: replaces whatever was known."""

    items: tuple[Obj, ...]


@dataclass(frozen=True)
class Changed:
    """One object is new or other than it was."""

    item: Obj


@dataclass(frozen=True)
class Deleted:
    """One object has gone; `item` is what it was last."""

    item: Obj


@dataclass(frozen=True)
class Lost:
    """The connection is lost; it is tried again in `pause` seconds."""

    why: str
    pause: float


Event = Synced | Changed | Deleted | Lost


class _Gone(Exception):
    """The version that we know is no longer kept."""


async def follow(
    cluster: Cluster, where: str, *, labels: str = "", fields: str = "", first_pause: float = _FIRST_PAUSE
) -> AsyncGenerator[Event]:
    """First all objects, then every change, for ever.

    Ends only by an error that waiting does not mend: CredentialsRefused, or ApiRefused with 403 or 404. Leave the
    loop under `contextlib.aclosing`, so that the connection is closed at once.
    """
    query = ({"labelSelector": labels} if labels else {}) | ({"fieldSelector": fields} if fields else {})
    version, pause = "", first_pause
    while True:
        try:
            if not version:
                listed = await cluster.get(where, query)
                version = str(listed["metadata"]["resourceVersion"])
                yield Synced(tuple(listed.get("items") or ()))
            began = asyncio.get_running_loop().time()
            async with aclosing(_session(cluster, where, query, version)) as session:
                async for event, latest in session:
                    version, pause = latest, first_pause
                    if event is not None:
                        yield event
            if asyncio.get_running_loop().time() < began + 1:
                await asyncio.sleep(pause)  # a proxy that ends every watch at once must not be asked without rest
        except _Gone:
            version = ""
        except (ClusterUnreachable, ApiRefused) as error:
            if isinstance(error, ApiRefused):
                if error.status in {403, 404}:
                    raise
                version = "" if error.gone else version
            yield Lost(error.why or error.what, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


async def _session(
    cluster: Cluster, where: str, query: dict[str, str], version: str
) -> AsyncGenerator[tuple[Event | None, str]]:
    """One watch, until the server ends it: each event with the version to go on from."""
    asked = {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
    response = await cluster.open("GET", where, query={**query, **asked, "timeoutSeconds": str(SESSION)}, endless=True)
    rest = b""
    try:
        async for chunk in _chunks(cluster, response):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in filter(None, lines):
                yield _read(line)
    finally:
        response.close()


async def _chunks(cluster: Cluster, response: Any) -> AsyncGenerator[bytes]:  # noqa: ANN401 - aiohttp's response
    import aiohttp

    try:
        # A connection that died without a word (a sleeping laptop) must not hang for ever.
        async with asyncio.timeout(SESSION + 30):
            async for chunk in response.content.iter_any():
                yield chunk
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ClusterUnreachable(
            f"The connection to {cluster.server} was cut.", why=str(error) or type(error).__name__
        ) from error


def _read(line: bytes) -> tuple[Event | None, str]:
    try:
        return _event(load_json(line))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ClusterUnreachable("The cluster's watch says what is no event.", why=repr(line[:80])) from error


def _event(message: Any) -> tuple[Event | None, str]:  # noqa: ANN401 - any JSON
    kind, item = message["type"], message["object"]
    if kind == "ERROR":
        if item.get("code") == 410:
            raise _Gone
        raise ApiRefused(
            "The cluster ended the watch.", status=int(item.get("code") or 500), why=str(item.get("message", ""))
        )
    version = str(item["metadata"]["resourceVersion"])
    if kind == "BOOKMARK":
        return None, version
    return (Deleted(item) if kind == "DELETED" else Changed(item)), version
