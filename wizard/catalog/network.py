"""Reading from an http(s) address through the machine's proxies and CAs, with limits on time and size."""

from __future__ import annotations

import base64
import functools
import io
import os
import re
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPException, HTTPMessage
from typing import IO

from wizard.catalog.machine import ca_files, proxies
from wizard.text import clean

_CREDENTIALS = re.compile(r"://[^/@\s'\"]+@")
_CHUNK = 64 * 1024


class SourceError(Exception):
    """A source of versions could not be read; the text says why, for people and free of secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(clean(without_credentials(reason)))


class HTTPStatus(SourceError):
    """The server answered with an error status."""

    def __init__(self, address: str, status: int, headers: Message) -> None:
        super().__init__(f"{host_of(address)} answered {status}")
        self.status = status
        self.headers = headers


def without_credentials(text: str) -> str:
    """The text with user names and passwords taken out of the addresses in it."""
    return _CREDENTIALS.sub("://", text)


def split_login(address: str) -> tuple[str, dict[str, str]]:
    """An address without the user and password in it, and the header that says them instead.

    urllib does not know such addresses, and takes the password for a port in its message.
    """
    scheme, mark, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    login, at, host = host.rpartition("@")
    if not at:
        return address, {}
    plain = ":".join(urllib.parse.unquote(part) for part in login.split(":", 1))
    header = {"Authorization": "Basic " + base64.b64encode(plain.encode()).decode()}
    return scheme + mark + host + slash + path, header


def host_of(address: str) -> str:
    """The host and port of an address, without credentials, for messages."""
    return without_credentials(address).partition("://")[2].partition("/")[0] or address


class Download(io.RawIOBase):
    """An answer as a stream of decoded bytes that ends in SourceError past its time or its size.

    The size counts decoded bytes, so that a small compressed answer cannot fill the memory.
    """

    def __init__(self, answer: IO[bytes], host: str, *, gzipped: bool, deadline: float, limit: int) -> None:
        super().__init__()
        self._answer = answer
        self._host = host
        self._decoder = zlib.decompressobj(wbits=47) if gzipped else None
        self._deadline = deadline
        self._left = limit
        self._limit = limit
        self._buffer = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all for -1; empty at the end. Raises SourceError."""
        parts: list[bytes] = []
        have = 0
        while size < 0 or have < size:
            if not self._buffer and not self._fill():
                break
            part, self._buffer = (self._buffer, b"") if size < 0 else _cut(self._buffer, size - have)
            parts.append(part)
            have += len(part)
        return b"".join(parts)

    def _fill(self) -> bool:
        while not self._buffer and not self._ended:
            if time.monotonic() > self._deadline:
                raise SourceError(f"{self._host} was too slow to answer")
            try:
                self._buffer = self._next()
            except (OSError, HTTPException, zlib.error) as error:
                raise SourceError(f"the answer of {self._host} broke off: {reason_of(error)}") from error
        self._left -= len(self._buffer)
        if self._left < 0:
            raise SourceError(f"the answer of {self._host} has more than {self._limit // 1_000_000} MB")
        return bool(self._buffer)

    def _next(self) -> bytes:
        if self._decoder is not None and self._decoder.unconsumed_tail:
            return self._decoder.decompress(self._decoder.unconsumed_tail, _CHUNK)
        raw = _read_some(self._answer)
        if not raw:
            self._ended = True
            if getattr(self._answer, "length", None) or (self._decoder is not None and not self._decoder.eof):
                raise HTTPException("the connection was closed too early")
        return raw if self._decoder is None else self._decoder.decompress(raw, _CHUNK)


def _cut(data: bytes, size: int) -> tuple[bytes, bytes]:
    return data[:size], data[size:]


def _read_some(answer: IO[bytes]) -> bytes:
    """What is there now, so that a server that drips bytes meets the deadline."""
    read1 = getattr(answer, "read1", None)
    data: bytes = read1(_CHUNK) if read1 is not None else answer.read(_CHUNK)
    return data


def open_address(
    address: str,
    *,
    timeout: float,
    limit: int,
    headers: Mapping[str, str] | None = None,
    ca_bundle: str = "",
) -> tuple[Download, HTTPMessage]:
    """Ask an http or https address; gives its answer as a stream, and the answer's headers.

    timeout: seconds for the whole of it; limit: bytes, decoded; ca_bundle: a file with CAs to trust besides.
    Raises SourceError, of which HTTPStatus for an error status.
    """
    scheme = address.partition("://")[0].lower()
    if scheme not in {"http", "https"}:
        raise SourceError(f"{address} is neither an http nor an https address")
    deadline = time.monotonic() + timeout
    address, login = split_login(address)
    asked = {"User-Agent": "codehub", "Accept-Encoding": "gzip", **login, **(headers or {})}
    try:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies()),
            urllib.request.HTTPSHandler(context=_context(ca_bundle)),
            _KeepSecretsHome(),
        )
        answer = opener.open(urllib.request.Request(address, headers=asked), timeout=timeout)  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        raise HTTPStatus(address, error.code, error.headers) from error
    except (OSError, HTTPException, ValueError) as error:
        raise SourceError(f"{host_of(address)} could not be reached: {reason_of(error)}") from error
    gzipped = answer.headers.get("Content-Encoding", "").lower() == "gzip"
    return Download(answer, host_of(address), gzipped=gzipped, deadline=deadline, limit=limit), answer.headers


class _KeepSecretsHome(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never sends a login to another host than it was meant for."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new is not None and host_of(new.full_url) != host_of(req.full_url):
            new.remove_header("Authorization")
        return new


def reason_of(error: BaseException) -> str:
    """Why a connection failed, in the words that a person looks for."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({cause.verify_message}); behind a company proxy, "
            "name the company's CA file in SSL_CERT_FILE or as build.ca_bundle"
        )
    if isinstance(cause, socket.gaierror):
        return "its name is not known to this machine's DNS"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return str(cause) or type(cause).__name__


def _context(ca_bundle: str) -> ssl.SSLContext:
    defaults = (os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))
    return _context_of(tuple(ca_files(ca_bundle)), ca_bundle, defaults)


@functools.lru_cache(maxsize=4)
def _context_of(files: tuple[str, ...], named: str, _defaults: tuple[str, str]) -> ssl.SSLContext:
    """Made once for the same files: reading a whole CA bundle takes a tenth of a second."""
    context = ssl.create_default_context()
    for name in files:
        try:
            context.load_verify_locations(name)
        except (ssl.SSLError, OSError) as error:
            if name == named:
                raise SourceError(f"{name} holds no CA certificates in PEM form") from error
    return context
