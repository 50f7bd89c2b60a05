"""Websockets: the editor's own connection, over which the terminal runs."""

from __future__ import annotations

import asyncio
import contextlib
import gc

import aiohttp
from multidict import CIMultiDict
from tornado import web, websocket

from codehub_singleuser.app_state import State
from codehub_singleuser.handlers import ToEditor

# RFC 6455, section 7.4: 1005, 1006 and 1015 are never sent.
_UNSENDABLE = frozenset({1005, 1006, 1015})
POLICY_VIOLATION = 1008
_LARGE = 1 << 20


def sendable(code: int | None) -> int:
    """A close code that may be sent, for one that was received (or none was)."""
    if code is None or code in _UNSENDABLE or not 1000 <= code < 5000:
        return 1000
    return code


class SocketHandler(ToEditor, websocket.WebSocketHandler):
    """A browser's websocket, joined to one of code-server.

    code-server is asked first: what it refuses never becomes a websocket. Each direction waits for its reader.
    """

    def initialize(self, state: State) -> None:
        super().initialize(state)
        self._editor_socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Future[None] | None = None
        self._carried_large = False

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002
        """Guarded.prepare has refused foreign origins by now, before code-server was asked anything."""
        return True

    async def get(self, *args: str, **kwargs: str) -> None:
        self._editor_socket = await self._connect()
        try:
            await super().get(*args, **kwargs)
        finally:
            await self._leave()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        asked = self.request.headers.get("Sec-WebSocket-Protocol", "")
        try:
            return await self.state.session.ws_connect(
                self.editor_url(),
                protocols=[word.strip() for word in asked.split(",") if word.strip()],
                headers=CIMultiDict(self.editor_headers(websocket=True)),
                max_msg_size=self.state.max_message_size,
                autoclose=True,
            )
        except aiohttp.WSServerHandshakeError as problem:
            status = problem.status if 400 <= problem.status < 500 else 502
            raise web.HTTPError(status, "code-server refused the websocket") from None
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError, ValueError):
            raise web.HTTPError(502, "code-server did not answer") from None

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """What code-server chose of the browser's offers."""
        chosen = self._editor_socket.protocol if self._editor_socket else None
        return chosen if chosen in subprotocols else None

    async def open(self, *_: str, **__: str) -> None:
        self.state.sockets.add(self)
        self.set_nodelay(True)
        self._reading = asyncio.ensure_future(self._from_editor())

    async def _from_editor(self) -> None:
        joined = self._editor_socket
        if joined is None:
            return
        with contextlib.suppress(websocket.WebSocketClosedError):
            async for message in joined:
                self._note_size(message.data)
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self.write_message(message.data)
                elif message.type is aiohttp.WSMsgType.BINARY:
                    await self.write_message(message.data, binary=True)
        self.close(sendable(joined.close_code))

    async def on_message(self, message: str | bytes) -> None:
        self.note_use()
        self._note_size(message)
        joined = self._editor_socket
        if joined is None or joined.closed:
            return
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            if isinstance(message, str):
                await joined.send_str(message)
            else:
                await joined.send_bytes(message)

    def _note_size(self, data: object) -> None:
        self._carried_large = self._carried_large or (isinstance(data, (str, bytes)) and len(data) > _LARGE)

    def on_close(self) -> None:
        self.state.sockets.discard(self)
        if self._reading:
            self._reading.cancel()

    async def _leave(self) -> None:
        """End code-server's side when the browser's has ended, or never began."""
        self.on_close()
        if self._editor_socket and not self._editor_socket.closed:
            with contextlib.suppress(Exception):
                await self._editor_socket.close(code=sendable(self.close_code))
        if self._carried_large:
            # Closed connections are circles of objects, and Python looks for those seldom in old objects: measured,
            # 25 MB stay for each connection that carried as much.
            asyncio.get_running_loop().call_later(1, gc.collect)


async def end_revoked(state: State) -> None:
    """Close the open websockets whose login the hub has ended since: logged out, revoked, no longer shared."""
    for handler in list(state.sockets):
        if not await handler.still_allowed():
            handler.close(POLICY_VIOLATION, "The login has ended")
