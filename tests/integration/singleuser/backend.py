"""A program such as users run behind code-server's /proxy/PORT/: it shows what reached it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

LARGEST = 1 << 28


@dataclass
class Backend:
    """Where it listens, and the headers and raw targets of the requests that came."""

    port: int
    seen: list[dict[str, str]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    taken: int = 0

    def everything(self) -> str:
        """All that reached it, to search for what must not."""
        return repr((self.seen, self.targets))


@asynccontextmanager
async def serve_backend() -> AsyncIterator[Backend]:
    """Serve: /echo (websocket), /push?bytes=N (one frame of that size), /take (counts a body), /move, anything."""
    state = Backend(0)

    def note(request: web.Request) -> None:
        state.seen.append({f"{name}#{index}": value for index, (name, value) in enumerate(request.headers.items())})
        state.targets.append(request.raw_path)

    async def echo(request: web.Request) -> web.WebSocketResponse:
        note(request)
        socket = web.WebSocketResponse(max_msg_size=LARGEST, protocols=("second",))
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
            elif message.data == "bye":
                await socket.close(code=4001, message=b"bye")
            else:
                await socket.send_str(message.data)
        return socket

    async def push(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=LARGEST)
        await socket.prepare(request)
        await socket.send_bytes(b"p" * int(request.query["bytes"]))
        async for _ in socket:
            continue
        return socket

    async def take(request: web.Request) -> web.Response:
        state.taken = 0
        async for piece in request.content.iter_chunked(1 << 16):
            state.taken += len(piece)
        return web.json_response({"taken": state.taken})

    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        answer.content_length = int(request.query["bytes"])
        await answer.prepare(request)
        block = random.randbytes(1 << 20)  # code-server compresses what can be
        for _ in range(int(request.query["bytes"]) // len(block)):
            await answer.write(block)
        return answer

    async def move(request: web.Request) -> web.Response:
        answer = web.Response(status=302, headers={"Location": "/elsewhere"})
        answer.set_cookie("jupyterhub-session-id", "forged")
        answer.set_cookie("app", "mine")
        return answer

    async def anything(request: web.Request) -> web.Response:
        note(request)
        return web.Response(text="reached")

    app = web.Application(client_max_size=LARGEST)
    app.router.add_get("/echo", echo)
    app.router.add_get("/push", push)
    app.router.add_put("/take", take)
    app.router.add_get("/stream", stream)
    app.router.add_get("/move", move)
    app.router.add_route("*", "/{rest:.*}", anything)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    state.port = runner.addresses[0][1]
    try:
        yield state
    finally:
        await asyncio.wait_for(runner.cleanup(), 20)
