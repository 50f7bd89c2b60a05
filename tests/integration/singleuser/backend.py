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

    def everything(self) -> str:
        """All that reached it, to search for what must not."""
        return repr((self.seen, self.targets))

    def note(self, request: web.Request) -> None:
        """Remember what came."""
        self.seen.append({f"{name}#{index}": value for index, (name, value) in enumerate(request.headers.items())})
        self.targets.append(request.raw_path)

    async def echo(self, request: web.Request) -> web.WebSocketResponse:
        """A websocket that says what it hears; at "bye" it ends with a code of its own."""
        self.note(request)
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

    async def push(self, request: web.Request) -> web.WebSocketResponse:
        """A websocket that begins with one frame of ?bytes=N."""
        socket = web.WebSocketResponse(max_msg_size=LARGEST)
        await socket.prepare(request)
        await socket.send_bytes(b"p" * int(request.query["bytes"]))
        async for _ in socket:
            continue
        return socket

    async def take(self, request: web.Request) -> web.Response:
        """Count the bytes of a body."""
        taken = 0
        async for piece in request.content.iter_chunked(1 << 16):
            taken += len(piece)
        return web.json_response({"taken": taken})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Give ?bytes=N; random ones, since code-server compresses what can be."""
        answer = web.StreamResponse()
        answer.content_length = int(request.query["bytes"])
        await answer.prepare(request)
        block = random.randbytes(1 << 20)
        for _ in range(answer.content_length // len(block)):
            await answer.write(block)
        return answer

    async def move(self, request: web.Request) -> web.Response:
        """A redirect from the root, with a cookie of the hub's name and one of its own."""
        answer = web.Response(status=302, headers={"Location": "/elsewhere"})
        answer.set_cookie("jupyterhub-session-id", "forged")
        answer.set_cookie("app", "mine")
        return answer

    async def anything(self, request: web.Request) -> web.Response:
        """All other paths."""
        self.note(request)
        return web.Response(text="reached")


@asynccontextmanager
async def serve_backend() -> AsyncIterator[Backend]:
    """Serve it on a port of loopback."""
    state = Backend(0)
    app = web.Application(client_max_size=LARGEST)
    for path, handler in (
        ("/echo", state.echo), ("/push", state.push), ("/stream", state.stream), ("/move", state.move),
    ):  # fmt: skip
        app.router.add_get(path, handler)
    app.router.add_put("/take", state.take)
    app.router.add_route("*", "/{rest:.*}", state.anything)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    state.port = runner.addresses[0][1]
    try:
        yield state
    finally:
        await asyncio.wait_for(runner.cleanup(), 20)
