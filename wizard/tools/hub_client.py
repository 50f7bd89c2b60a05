"""Talking to a hub as a browser or a service does, over its public address."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wizard.errors import MissingError
from wizard.foreign import load_json
from wizard.text import clean

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from aiohttp.abc import ResolveResult

_BODY_LIMIT = 4 * 1024 * 1024
TIMEOUT = 30.0
"""Seconds for one request."""


class HubClient:
    """A connection to one hub, made by `open_hub`; every method raises MissingError when it does not answer."""

    def __init__(self, url: str, session: ClientSession, token: str) -> None:
        self.url = url.rstrip("/")
        self._session = session
        self._token = token

    async def get(
        self, path: str, *, token: str = "", follow: bool = False, timeout: float = TIMEOUT
    ) -> tuple[int, str]:
        """Status and text of a page, as the owner of a token sees it, or somebody who is not logged in."""
        return await self._ask("GET", path, token, None, timeout, follow=follow)

    async def api(self, method: str, path: str, body: object = None, *, timeout: float = TIMEOUT) -> tuple[int, str]:
        """Status and text of a call of the hub's API, as the service."""
        return await self._ask(method, f"/hub/api{path}", self._token, body, timeout, follow=False)

    async def events(self, path: str) -> AsyncGenerator[dict[str, Any], None]:
        """The events of a stream of the hub's API (server-sent events) until it ends."""
        import aiohttp

        try:
            async with self._session.get(
                f"{self.url}/hub/api{path}", headers=_headers(self._token), timeout=aiohttp.ClientTimeout(total=None)
            ) as answer:
                async for line in answer.content:
                    if line.startswith(b"data:"):
                        yield _json_object(line[5:])
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    async def websocket(self, path: str, *, token: str = "") -> int:
        """101 when a websocket opens there (it is closed at once), else the status of the refusal."""
        import aiohttp

        try:
            timeout = aiohttp.ClientWSTimeout(ws_close=5)
            async with self._session.ws_connect(self.url + path, headers=_headers(token), timeout=timeout):
                return 101
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    async def _ask(
        self, method: str, path: str, token: str, body: object, timeout: float, *, follow: bool
    ) -> tuple[int, str]:
        import aiohttp

        limit = aiohttp.ClientTimeout(total=timeout)
        try:
            async with self._session.request(
                method, self.url + path, headers=_headers(token), json=body, allow_redirects=follow, timeout=limit
            ) as answer:
                return answer.status, (await answer.content.read(_BODY_LIMIT)).decode(errors="replace")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> MissingError:
        why = "It does not answer in time." if isinstance(error, TimeoutError) else clean(str(error))
        return MissingError(
            f"{self.url} does not answer.",
            why=why or type(error).__name__,
            fix="Check that this address leads to the hub from here.",
            address="verify-hub",
        )


@asynccontextmanager
async def open_hub(
    url: str, *, token: str = "", connect_to: str = "", certificate: str = ""
) -> AsyncIterator[HubClient]:
    """A client for the hub at `url`. connect_to: the IP address that its host name stands for, where DNS has none.

    certificate: a PEM file that is trusted too, such as the hub's own; its host name has to be right all the same.
    Keeps no cookies: every request is by itself, with its token or without.
    """
    import aiohttp

    resolver = _fixed(urlsplit(url).hostname or "", connect_to) if connect_to else None
    connector = aiohttp.TCPConnector(resolver=resolver, ssl=_trusting(certificate) if certificate else True)
    jar = aiohttp.DummyCookieJar()
    # Company proxies are left out for a fixed address only: they would ask DNS.
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=not connect_to) as session:
        yield HubClient(url, session, token)


def _trusting(certificate: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certificate)
    # Not only an authority counts: a certificate that is in the file is trusted as it is.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _fixed(host: str, address: str) -> Any:  # noqa: ANN401 - a class of aiohttp, which is imported late
    from aiohttp.abc import AbstractResolver

    class Fixed(AbstractResolver):
        """One name, one address."""

        async def resolve(
            self, name: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            if name != host:
                raise OSError(f"{name} is not {host}")
            kind = socket.AF_INET6 if ":" in address else socket.AF_INET
            del family
            return [
                {
                    "hostname": name,
                    "host": address,
                    "port": port,
                    "family": kind,
                    "proto": 0,
                    "flags": socket.AI_NUMERICHOST,
                }
            ]

        async def close(self) -> None:
            """Nothing is held."""

    return Fixed()


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"} if token else {}


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        document = load_json(raw)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
