"""A real registry behind a front that answers in its place, as balancers and quotas in front of registries do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from tests.support.registry import Registry

_HOP = {"connection", "transfer-encoding", "content-encoding", "content-length", "keep-alive"}


@dataclass
class Refusal:
    """What is answered instead of the registry, to requests that match `METHOD PATH`, so many times (-1: always)."""

    status: int
    matching: str = "."
    times: int = -1
    code: str = "UNKNOWN"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Front:
    """The front before a registry. refusals: what goes wrong, may be changed at any time; refused: what was."""

    registry: Registry
    refusals: list[Refusal] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        """host:port that image references start with."""
        return f"127.0.0.1:{self.port}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Refuse, or hand through."""
        asked = f"{request.method} {request.path}"
        for refusal in self.refusals:
            if refusal.times and re.search(refusal.matching, asked):
                refusal.times -= 1
                self.refused.append(asked)
                await request.read()
                error = {"code": refusal.code, "message": refusal.code.lower()}
                body = json.dumps({"errors": [error]})
                return web.Response(
                    status=refusal.status, text=body, content_type="application/json", headers=refusal.headers
                )
        return await self._through(request)

    async def _through(self, request: web.Request) -> web.StreamResponse:
        headers = {name: text for name, text in request.headers.items() if name.lower() not in _HOP}
        body = request.content if request.body_exists else None
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(
                request.method, f"http://{self.registry.address}{request.raw_path}", headers=headers, data=body
            ) as found,
        ):
            answer = web.StreamResponse(status=found.status)
            for name, text in found.headers.items():
                if name.lower() not in _HOP - {"content-length"}:
                    answer.headers[name] = text
            await answer.prepare(request)
            async for chunk in found.content.iter_chunked(65_536):
                await answer.write(chunk)
            await answer.write_eof()
            return answer


@contextlib.contextmanager
def front_of(registry: Registry) -> Iterator[Front]:
    """Run a front before a registry."""
    front = Front(registry)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="registry-front", daemon=True)
    thread.start()

    async def start() -> web.AppRunner:
        application = web.Application(client_max_size=1 << 30)
        application.router.add_route("*", "/{path:.*}", front.answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        front.port = int(runner.addresses[0][1])
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield front
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
