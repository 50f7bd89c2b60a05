"""A forwarded port: bytes through the API's websocket, one pod after another, and what can be wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.integration.kube.conftest import NAMESPACE
from tests.kubeapi import FakeCluster
from wizard.errors import CodehubError, StepFailed, UsageError
from wizard.tools.kube import connect
from wizard.tools.kube_forward import forward

LABELS = {"component": "proxy", "release": "jhub"}
SERVICE = "proxy-public"


@asynccontextmanager
async def hub(cluster: FakeCluster, text: str) -> AsyncIterator[None]:
    """Something that answers behind the container's port, by HTTP and by websocket."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=text * 20_000)

    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data.upper())
        return socket

    app = web.Application()
    app.router.add_get("/", answer)
    app.router.add_get("/socket", echo)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    cluster.scenario.forward_to[8000] = int(runner.addresses[0][1])
    try:
        yield
    finally:
        await runner.cleanup()


def furnish(cluster: FakeCluster) -> None:
    """A service and a pod behind it."""
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    spec = {"selector": LABELS, "ports": ports}
    cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVICE}, "spec": spec}, NAMESPACE)
    pod(cluster, "proxy-1")


@pytest.fixture
def deployed(cluster: FakeCluster) -> FakeCluster:
    furnish(cluster)
    return cluster


def pod(cluster: FakeCluster, name: str) -> None:
    container = {"name": "chp", "image": "x:1", "ports": [{"name": "http", "containerPort": 8000}]}
    item: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": LABELS}}
    cluster.create({**item, "spec": {"containers": [container]}}, NAMESPACE)


async def text_at(port: int) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as answer:
        return await answer.text()


async def test_pages_and_websockets_come_through(deployed: FakeCluster) -> None:
    async with hub(deployed, "hello "), connect(deployed.context) as api, forward(api, NAMESPACE, SERVICE) as port:
        pages = await asyncio.gather(*(text_at(port) for _ in range(5)))
        assert {len(page) for page in pages} == {120_000}
        async with aiohttp.ClientSession() as session, session.ws_connect(f"http://127.0.0.1:{port}/socket") as socket:
            for word in ("one", "two"):
                await socket.send_str(word)
                assert (await socket.receive_str(timeout=30)) == word.upper()
    with pytest.raises(aiohttp.ClientError):
        await text_at(port)


async def test_it_goes_on_with_another_pod(deployed: FakeCluster) -> None:
    used: list[str] = []
    async with (
        hub(deployed, "x"),
        connect(deployed.context) as api,
        forward(api, NAMESPACE, SERVICE, on_pod=used.append, patience=40) as port,
        aiohttp.ClientSession() as session,
    ):
        async with session.ws_connect(f"http://127.0.0.1:{port}/socket") as socket:
            deployed.delete("v1", "pods", NAMESPACE, "proxy-1")
            ended = await socket.receive(timeout=30)
            assert ended.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE}
        waiting = asyncio.create_task(text_at(port))
        await asyncio.sleep(0.3)
        pod(deployed, "proxy-2")
        assert await asyncio.wait_for(waiting, 40) == "x" * 20_000
    assert used == ["proxy-1", "proxy-2"]


async def test_an_expired_token_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeCluster(tmp_path / "c", auth="tokenFile") as cluster:
        monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        furnish(cluster)
        async with hub(cluster, "x"), connect(cluster.context) as api, forward(api, NAMESPACE, SERVICE) as port:
            assert await text_at(port)
            cluster.scenario.tokens = {"the-new-one"}
            cluster.set_token("the-new-one")
            assert await asyncio.wait_for(text_at(port), 40)


async def test_what_is_wrong_is_said(deployed: FakeCluster) -> None:
    troubles: list[str] = []
    async with connect(deployed.context) as api:
        with pytest.raises(StepFailed, match="no service nothing"):
            async with forward(api, NAMESPACE, "nothing"):
                pass
        async with forward(api, NAMESPACE, SERVICE, on_trouble=troubles.append) as port:
            with pytest.raises(aiohttp.ClientError):
                await text_at(port)
            assert "connection refused" in troubles[0]
            with pytest.raises(UsageError, match=f"Port {port} of this machine"):
                async with forward(api, NAMESPACE, SERVICE, port=port):
                    pass
        deployed.scenario.forbidden = {("create", "pods/portforward")}
        async with forward(api, NAMESPACE, SERVICE, patience=1, on_trouble=troubles.append) as port:
            with pytest.raises(aiohttp.ClientError):
                await text_at(port)
        assert "port-forward to the pod proxy-1" in troubles[-1]
        deployed.delete("v1", "pods", NAMESPACE, "proxy-1")
        with pytest.raises(CodehubError, match="No pod behind the service"):
            async with forward(api, NAMESPACE, SERVICE, patience=1):
                pass
