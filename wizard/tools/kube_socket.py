"""Websockets to a cluster's API, as `exec` and `port-forward` use them; the first byte of a message is its channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from wizard.tools.kube import TIMEOUT, Cluster
from wizard.tools.kube_errors import refused, unreachable

PROTOCOL = "v4.channel.k8s.io"

_HEARTBEAT = 15.0
"""Seconds between two pings: a connection that was cut is noticed, and proxies do not take it for idle."""


@asynccontextmanager
async def open_socket(
    cluster: Cluster, where: str, query: Sequence[tuple[str, str]], action: str
) -> AsyncIterator[Any]:
    """An open websocket (aiohttp's ClientWebSocketResponse), closed afterwards.

    `action` says what it is for. Raises ApiRefused, CredentialsRefused and ClusterUnreachable as requests do;
    credentials are loaded once more, as for them, when the API does not take those that we have.
    """
    import aiohttp

    try:
        socket = await _connect(cluster, where, query)
    except aiohttp.WSServerHandshakeError as error:
        if error.status != 401:
            raise refused(error.status, error.message, action=action) from error
        await cluster.renew_login()
        try:
            socket = await _connect(cluster, where, query)
        except aiohttp.WSServerHandshakeError as again:
            raise refused(again.status, again.message, action=action) from again
        except (aiohttp.ClientError, TimeoutError, OSError) as again:
            raise unreachable(cluster.server, again) from again
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise unreachable(cluster.server, error) from error
    try:
        yield socket
    finally:
        await socket.close()


async def channels(socket: Any) -> AsyncIterator[tuple[int, bytes]]:  # noqa: ANN401 - aiohttp's
    """What comes by an open socket until it is closed: the channel of each message, and the rest of it."""
    async for message in socket:
        data = message.data if isinstance(message.data, bytes) else str(message.data).encode()
        if data:
            yield data[0], data[1:]


async def _connect(cluster: Cluster, where: str, query: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401 - aiohttp's
    """By the session that is logged in: kubernetes_asyncio's own websocket client leaves out a context's proxy."""
    import asyncio

    api = cluster.api
    headers: dict[str, str] = {}
    await api.update_params_for_auth(headers, [], ["BearerToken"])
    configuration = api.configuration
    url = f"{configuration.host}{where}?{urlencode(query)}"
    async with asyncio.timeout(TIMEOUT):
        return await api.rest_client.pool_manager.ws_connect(
            url,
            headers=headers,
            protocols=(PROTOCOL,),
            heartbeat=_HEARTBEAT,
            max_msg_size=0,
            proxy=configuration.proxy,
            proxy_headers=configuration.proxy_headers,
        )
