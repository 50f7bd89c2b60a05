"""People with browsers, more or less, and bare bytes on a connection."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from yarl import URL


@dataclass
class Answer:
    """A response, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class FrontDoor(Protocol):
    """A hub by its address."""

    @property
    def url(self) -> str: ...


@dataclass
class Person:
    """Somebody with a browser, more or less: a cookie jar and no opinions."""

    hub: FrontDoor
    session: aiohttp.ClientSession
    name: str

    async def ask(
        self, path: str, method: str = "GET", *, follow: bool = False, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request; redirects are followed only if asked. Status 0: the connection was closed without an answer."""
        url = URL(self.hub.url + path, encoded=True)
        try:
            async with self.session.request(method, url, allow_redirects=follow, headers=headers) as answer:
                return Answer(answer.status, answer.headers, await answer.read())
        except aiohttp.ServerDisconnectedError:
            return Answer(0, {}, b"")

    async def websocket(
        self, path: str, *, headers: Mapping[str, str] | None = None
    ) -> aiohttp.ClientWebSocketResponse | int:
        """An open websocket, or the status with which it was refused."""
        try:
            return await self.session.ws_connect(
                URL(self.hub.url + path, encoded=True), headers=headers, max_msg_size=1 << 28
            )
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status

    async def websocket_status(self, path: str, *, headers: Mapping[str, str] | None = None) -> int:
        """101 if the websocket opens, else the status of the refusal."""
        opened = await self.websocket(path, headers=headers)
        if isinstance(opened, int):
            return opened
        await opened.close()
        return 101

    async def log_in(self, password: str = "x") -> None:
        """Through the hub's own form."""
        page = await self.ask("/hub/login", follow=True)
        assert page.status == 200, page
        found = re.search(rb'name="_xsrf" value="([^"]*)"', page.body)
        form = {"username": self.name, "password": password, "_xsrf": found[1].decode() if found else ""}
        async with self.session.post(self.hub.url + "/hub/login", data=form, allow_redirects=False) as answer:
            assert answer.status == 302, (answer.status, await answer.text())

    async def enter(self, path: str) -> Answer:
        """Open a page of a server, through OAuth where that is needed."""
        return await self.ask(path, follow=True)

    def cookies(self, path: str) -> str:
        """The Cookie header that a browser would send there."""
        jar = self.session.cookie_jar.filter_cookies(URL(self.hub.url + path))
        return "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in jar.values())


@asynccontextmanager
async def people(hub: FrontDoor, *names: str, password: str = "x") -> AsyncIterator[list[Person]]:
    """People with empty browsers; a name of "" is somebody who never logs in."""
    async with AsyncExitStack() as stack:
        found = []
        for name in names:
            session = await stack.enter_async_context(
                aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True, quote_cookie=False))
            )
            person = Person(hub, session, name)
            if name:
                await person.log_in(password)
            found.append(person)
        yield found


async def raw(port: int, request: bytes, *, seconds: float = 15) -> tuple[int, bytes]:
    """Send these very bytes to a port of loopback: the status of the answer (0 for none) and its beginning."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        head = await asyncio.wait_for(reader.read(65536), seconds)
    except (TimeoutError, ConnectionError):
        head = b""
    finally:
        writer.close()
    found = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    return (int(found[1]) if found else 0), head


def websocket_request(path: str, port: int, *more: str, upgrade: str = "websocket") -> bytes:
    """The bytes of a websocket's handshake."""
    lines = [
        f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Upgrade: {upgrade}", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *more, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()
