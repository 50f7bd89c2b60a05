"""A port of this machine that leads to a pod behind a service, as `kubectl port-forward` does, without kubectl.

Each connection gets a websocket of its own to `pods/portforward`: channel 0 is the data, channel 1 what the kubelet
has to say; the first message of each only names the port. Unlike kubectl's, it goes on when the pod is replaced: the
next connection looks for the one that is there then.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from wizard.errors import CodehubError, StepFailed, UsageError
from wizard.text import clean
from wizard.tools.kube import Cluster, Obj, path
from wizard.tools.kube_socket import channels, open_socket

HERE = "127.0.0.1"
PATIENCE = 60.0
"""Seconds that a connection waits for a pod while it is being replaced."""

_DATA, _ERROR = 0, 1
_CHUNK = 32 * 1024
_PORT_BYTES = 2

OnPod = Callable[[str], None]
"""Told the name of the pod when another one is used."""


@dataclass(frozen=True)
class _Goal:
    """A pod and the port in it."""

    pod: str
    port: int


@asynccontextmanager
async def forward(
    cluster: Cluster,
    namespace: str,
    service: str,
    *,
    port: int = 0,
    patience: float = PATIENCE,
    on_pod: OnPod = lambda _name: None,
    on_trouble: Callable[[str], None] = lambda _text: None,
) -> AsyncIterator[int]:
    """Listen on a port of 127.0.0.1 (0: a free one) for as long as the block runs; gives the port.

    Raises UsageError when the port is taken, StepFailed when there is no such service or no pod behind it within
    `patience` seconds, and what `Cluster` raises. Later troubles end one connection only, and are told to `on_trouble`.
    """
    forwarding = _Forward(cluster, namespace, service, patience, on_pod, on_trouble)
    await forwarding.find()
    try:
        server = await asyncio.start_server(forwarding.serve, HERE, port)
    except OSError as error:
        raise UsageError(
            f"Port {port} of this machine cannot be used.",
            why=error.strerror or str(error),
            fix="Name another one with --port, or end what uses it.",
        ) from error
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await forwarding.end()


class _Forward:
    """The connections of one forwarded port."""

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        service: str,
        patience: float,
        on_pod: OnPod,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._service = service
        self._patience = patience
        self._on_pod = on_pod
        self._on_trouble = on_trouble
        self._goal: _Goal | None = None
        self._used = ""
        self._connections: set[asyncio.Task[Any]] = set()

    async def end(self) -> None:
        """Close every connection."""
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def find(self) -> _Goal:
        """A ready pod behind the service: the one that was used last, or another once that is forgotten."""
        end = asyncio.get_running_loop().time() + self._patience
        while self._goal is None:
            self._goal = await _ready_pod(self._cluster, self._namespace, self._service)
            if self._goal is None:
                if asyncio.get_running_loop().time() >= end:
                    raise StepFailed(
                        f"No pod behind the service {self._service} in {self._namespace} is ready.",
                        fix="Look at `codehub status` for what it waits for.",
                    )
                await asyncio.sleep(0.5)
        if self._goal.pod != self._used:
            self._used = self._goal.pod
            self._on_pod(self._used)
        return self._goal

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its end."""
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
        try:
            await self._connected(reader, writer)
        except CodehubError as error:
            self._on_trouble(" ".join(filter(None, [error.what, error.why])))
        except (OSError, asyncio.CancelledError):
            pass  # the browser has gone, or we are ending
        finally:
            if task is not None:
                self._connections.discard(task)
            writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end = asyncio.get_running_loop().time() + self._patience
        while True:
            goal = await self.find()
            where = path("v1", "pods", self._namespace, goal.pod, "portforward")
            action = f"port-forward to the pod {goal.pod}"
            try:
                async with open_socket(self._cluster, where, [("ports", str(goal.port))], action) as socket:
                    await self._pump(reader, writer, socket)
                return
            except CodehubError:
                self._forget(goal)
                if asyncio.get_running_loop().time() >= end:
                    raise
                await asyncio.sleep(0.3)

    def _forget(self, goal: _Goal) -> None:
        if self._goal == goal:
            self._goal = None

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, socket: Any) -> None:  # noqa: ANN401
        """Both directions, until one ends."""
        goal = self._goal
        ways = [asyncio.create_task(_up(reader, socket)), asyncio.create_task(_down(socket, writer))]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        if ways[1] in done:
            # The pod ended the connection: it may be going, so the next connection looks anew.
            with contextlib.suppress(OSError):
                if trouble := ways[1].result():
                    self._on_trouble(trouble)
            if goal is not None:
                self._forget(goal)


async def _up(reader: asyncio.StreamReader, socket: Any) -> None:  # noqa: ANN401
    while chunk := await reader.read(_CHUNK):
        await socket.send_bytes(bytes([_DATA]) + chunk)


async def _down(socket: Any, writer: asyncio.StreamWriter) -> str:  # noqa: ANN401
    """Hand on what comes; returns what the kubelet complained of, empty for an ordinary end."""
    named = set()
    async for channel, data in channels(socket):
        rest = data if channel in named else data[_PORT_BYTES:]
        named.add(channel)
        if channel == _DATA and rest:
            writer.write(rest)
            await writer.drain()
        elif channel == _ERROR and rest:
            return clean(rest.decode(errors="replace").strip())
    return ""


async def _ready_pod(cluster: Cluster, namespace: str, service: str) -> _Goal | None:
    """A ready pod behind a service; raises StepFailed without that service."""
    found = await cluster.find(path("v1", "services", namespace, service))
    if found is None:
        raise StepFailed(
            f"There is no service {service} in the namespace {namespace}.",
            why="Nothing is deployed there.",
            fix="Deploy it with `codehub apply`.",
        )
    ports = found["spec"].get("ports") or [{}]
    wanted = next((one for one in ports if one.get("name") == "http"), ports[0])
    selector = ",".join(f"{key}={value}" for key, value in (found["spec"].get("selector") or {}).items())
    for pod in await cluster.list(path("v1", "pods", namespace), labels=selector):
        conditions = (pod.get("status") or {}).get("conditions") or ()
        ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
        if ready and not pod["metadata"].get("deletionTimestamp"):
            return _Goal(str(pod["metadata"]["name"]), _number(pod, wanted))
    return None


def _number(pod: Obj, port: Obj) -> int:
    """The container's port that a service's port leads to, which it may name."""
    target = str(port.get("targetPort") or port.get("port") or "80")
    if target.isdigit():
        return int(target)
    for container in pod["spec"].get("containers") or ():
        for one in container.get("ports") or ():
            if one.get("name") == target:
                return int(one["containerPort"])
    return int(port.get("port", 80))
