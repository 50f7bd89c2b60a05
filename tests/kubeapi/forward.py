"""`pods/portforward` over a websocket: bytes go to and fro between the client and a port of this machine."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import WSMsgType, web

from tests.kubeapi.errors import ApiError
from tests.kubeapi.resources import Resource
from tests.kubeapi.scenario import Scenario
from tests.kubeapi.store import Store

_DATA, _ERROR = 0, 1


async def serve(
    scenario: Scenario, store: Store, resource: Resource, namespace: str | None, name: str, request: web.Request
) -> web.WebSocketResponse:
    """Carry one connection; it ends with the pod, as on a cluster."""
    pod = store.get(resource, namespace, name)
    states = pod.get("status", {}).get("containerStatuses", [])
    if not any("running" in one["state"] for one in states):
        raise ApiError(500, "InternalError", "error upgrading connection: pod is not running. Current status=Pending")
    port = int(request.query["ports"])
    socket = web.WebSocketResponse(protocols=["v4.channel.k8s.io"])
    await socket.prepare(request)
    for channel in (_DATA, _ERROR):
        await socket.send_bytes(bytes([channel]) + port.to_bytes(2, "little"))
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", scenario.forward_to.get(port, 1))
    except OSError:
        said = f"an error occurred forwarding {port} -> {port}: connect: connection refused"
        await socket.send_bytes(bytes([_ERROR]) + said.encode())
        await socket.close()
        return socket
    ways = [
        asyncio.create_task(_to_pod(socket, writer)),
        asyncio.create_task(_from_pod(reader, socket)),
        asyncio.create_task(_gone(store, resource, namespace, name)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await socket.close()
    return socket


async def _to_pod(socket: web.WebSocketResponse, writer: asyncio.StreamWriter) -> None:
    async for message in socket:
        if message.type is WSMsgType.BINARY and message.data[:1] == bytes([_DATA]):
            writer.write(message.data[1:])
            await writer.drain()


async def _from_pod(reader: asyncio.StreamReader, socket: web.WebSocketResponse) -> None:
    while chunk := await reader.read(32 * 1024):
        await socket.send_bytes(bytes([_DATA]) + chunk)


async def _gone(store: Store, resource: Resource, namespace: str | None, name: str) -> None:
    while store.key(resource, namespace, name) in store.objects:
        await asyncio.sleep(0.05)
