"""HTTP: requests and answers pass through piece by piece, in the pace of the slower side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
from multidict import CIMultiDict
from tornado import iostream, web
from tornado.http1connection import HTTP1Connection

from codehub_singleuser.app_state import State
from codehub_singleuser.handlers import Answering, ToEditor
from codehub_singleuser.headers import to_browser
from codehub_singleuser.prefix import public_location

_PIECE = 64 * 1024
_LARGEST_BODY = 1 << 40
_WAITING_PIECES = 4


def has_body(headers: CIMultiDict[str]) -> bool:
    """Whether a request has a body, by its headers (RFC 9112, section 6)."""
    return "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0"


@web.stream_request_body
class HttpHandler(ToEditor):
    """Everything but websockets. A body is taken only from those who may send it: prepare() comes first."""

    def initialize(self, state: State) -> None:
        super().initialize(state)
        self._pieces: asyncio.Queue[bytes] | None = None
        self._answer: asyncio.Future[aiohttp.ClientResponse] | None = None

    async def prepare(self) -> None:
        await super().prepare()
        if self._finished:
            return
        self.note_use(page=self._is_page())
        given = CIMultiDict(self.request.headers.get_all())
        if has_body(given):
            # One more allowance than for the unknown, who may send 1 MiB at most.
            cast("HTTP1Connection", self.request.connection).set_max_body_size(_LARGEST_BODY)
            self._pieces = asyncio.Queue(_WAITING_PIECES)
        self._answer = asyncio.ensure_future(self._ask())

    def _is_page(self) -> bool:
        if self.request.method != "GET":
            return False
        headers = self.request.headers
        mode = headers.get("Sec-Fetch-Mode")
        return mode == "navigate" if mode else "text/html" in headers.get("Accept", "")

    async def _ask(self) -> aiohttp.ClientResponse:
        return await self.state.session.request(
            self.request.method or "GET",
            self.editor_url(),
            headers=CIMultiDict(self.editor_headers()),
            data=self._body() if self._pieces else None,
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    async def _body(self) -> AsyncIterator[bytes]:
        pieces = self._pieces
        while pieces:
            piece = await pieces.get()
            if not piece:
                return
            yield piece

    async def data_received(self, chunk: bytes) -> None:
        await self._give(chunk)

    async def _give(self, piece: bytes) -> None:
        """Hand a piece of the body to code-server, which may have answered without wanting it."""
        if not self._pieces or not self._answer:
            return
        taken = asyncio.ensure_future(self._pieces.put(piece))
        either: set[asyncio.Future[Any]] = {taken, self._answer}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not taken.done():
            taken.cancel()

    async def relay(self, **_: str) -> None:
        """The method of every kind of request, run when its body is complete."""
        await self._give(b"")
        assert self._answer is not None  # noqa: S101  # made by prepare(), which ran before
        try:
            answer = await self._answer
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError):
            raise web.HTTPError(502, "code-server did not answer", reason="Editor Did Not Answer") from None
        try:
            await self._pass_on(answer)
        finally:
            answer.close()

    get = head = post = put = patch = delete = options = relay

    async def _pass_on(self, answer: aiohttp.ClientResponse) -> None:
        self.set_status(answer.status, answer.reason or None)
        for name in ("Server", "Content-Type", "Date", "X-JupyterHub-Version"):
            self.clear_header(name)
        given = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.raw_headers]
        for name, value in to_browser(given):
            self.add_header(name, public_location(value, self.state.prefix) if name.lower() == "location" else value)
        try:
            await self.flush()
            async for piece in answer.content.iter_chunked(_PIECE):
                self.write(piece)
                await self.flush()
        except iostream.StreamClosedError:
            return  # the browser has gone
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
            # A half answer must look like one: the connection breaks before the promised length is reached.
            cast("HTTP1Connection", self.request.connection).close()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        if self._answer and not self._answer.done():
            self._answer.cancel()


@web.stream_request_body
class HealthHandler(Answering):
    """/healthz: 200 if code-server answers, 503 if not; for everyone, and nothing that is worth hiding."""

    prepared = True

    def initialize(self, state: State) -> None:
        self.state = state

    def data_received(self, chunk: bytes) -> None:
        """A body is not wanted here."""

    async def get(self, **_: str) -> None:
        editor = self.state.editor
        alive = await editor.answers()
        self.set_status(200 if alive else 503)
        self.set_header("Cache-Control", "no-store")
        self.finish(
            {
                "status": "ok" if alive else ("down" if editor.ever_ready else "starting"),
                "restarts": editor.restarts,
            }
        )

    head = get


@web.stream_request_body
class SlashHandler(Answering):
    """The prefix without its last slash leads to the editor."""

    prepared = True

    def initialize(self, prefix: str) -> None:
        self.prefix = prefix

    def data_received(self, chunk: bytes) -> None:
        """A body is not wanted here."""

    def get(self, **_: str) -> None:
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(f"{self.prefix}/{query}")

    head = get


@web.stream_request_body
class NothingHandler(Answering):
    """Whatever is not below the prefix."""

    def prepare(self) -> None:
        raise web.HTTPError(404)

    def data_received(self, chunk: bytes) -> None:
        """A body is not wanted here."""
