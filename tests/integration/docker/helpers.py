"""What the Docker tests watch the machine with."""

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen


def processes_with(text: str) -> list[str]:
    """The command lines of running programs that hold this text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if text in line:
                found.append(line)
    return found


async def until(probe: Callable[[], object], what: str, *, seconds: float = 30) -> None:
    """Let the event loop go on until `probe` gives something true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds:g} s still waiting for {what}")
        await asyncio.sleep(0.02)


async def cancel(task: "asyncio.Task[object]") -> float:
    """Cancel a task; gives the seconds until it had ended."""
    start = time.monotonic()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    return time.monotonic() - start


def manifest_digest(address: str, name: str, tag: str) -> str:
    """The digest under which the registry keeps an image."""
    accept = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
    asked = Request(f"http://{address}/v2/{name}/manifests/{tag}", headers={"Accept": accept}, method="HEAD")
    with urlopen(asked, timeout=10) as answer:
        return str(answer.headers["Docker-Content-Digest"])


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def take_body(self) -> int:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        taken = 0
        while size := int(self.rfile.readline(), 16):
            taken += size
            self.rfile.read(size + 2)
        self.rfile.readline()
        return taken

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def refusing_registry(status: int, code: str) -> Iterator[str]:
    """A registry that refuses with `status`, as JSON or, without a code, as a web page.

    A server's fault comes with the manifest only: the daemon repeats layers for a minute, but not that.
    """
    page = f"<html><body><h1>{status} {HTTPStatus(status).phrase}</h1></body></html>".encode()

    stored: set[str] = set()

    class Handler(_Quiet):
        def answer(self) -> None:
            size = self.take_body()
            if self.path == "/v2/":
                self.say(200, b"{}", Content_Type="application/json")
            elif status >= 500 and "/blobs/" in self.path:
                stored.update(re.findall(r"digest=sha256(?:%3A|:)([0-9a-f]{64})", self.path))
                known = 200 if self.path[-64:] in stored else 404
                taken = {"HEAD": known, "POST": 202, "PATCH": 202, "PUT": 201}[self.command]
                self.say(
                    taken,
                    Location=self.path.partition("?")[0],
                    Docker_Upload_UUID="session",
                    Range=f"0-{max(size - 1, 0)}",
                )
            elif code:
                body = json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode()
                self.say(status, body, Content_Type="application/json")
            else:
                self.say(404 if self.command == "HEAD" else status, page, Content_Type="text/html")

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = answer  # noqa: N815

    with _serving(Handler) as address:
        yield address


@dataclass
class SlowRegistry:
    """A registry that takes layers very slowly, until `hurry` is set; counts the bytes that came."""

    address: str = ""
    received: int = 0
    hurry: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)


@contextmanager
def slow_registry() -> Iterator[SlowRegistry]:
    """Run a SlowRegistry."""
    slow = SlowRegistry()

    class Handler(_Quiet):
        def do_GET(self) -> None:
            self.say(200, b"{}", Content_Type="application/json")

        def do_HEAD(self) -> None:
            self.say(404)

        def do_POST(self) -> None:
            self.say(202, Location=f"{self.path}session", Docker_Upload_UUID="session", Range="0-0")

        def do_PATCH(self) -> None:
            with suppress(OSError):
                while data := self.rfile.read(16_384):
                    slow.received += len(data)
                    if not slow.hurry.is_set():
                        time.sleep(0.05)
            slow.hung_up.set()
            self.close_connection = True

    with _serving(Handler) as slow.address:
        yield slow


class SilentServer:
    """Accepts connections on loopback and never answers; knows when the other side has gone."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.opened = 0
        self.closed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.opened += 1
                threading.Thread(target=self._drain, args=(connection,), daemon=True).start()

    def _drain(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while connection.recv(65536):
                pass
        self.closed += 1

    def close(self) -> None:
        self._listener.close()


class SocketProxy:
    """A unix socket in front of the Docker daemon's that can be cut, as if the daemon had gone."""

    def __init__(self, path: Path, target: str) -> None:
        self.host = f"unix://{path}"
        self._path, self._target = path, target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    def cut(self) -> None:
        """Break all connections off and take no more."""
        assert self._server is not None
        self._server.close()
        self._path.unlink(missing_ok=True)
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pipe(reader, far_writer), self._pipe(far_reader, writer))

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            # Half-closed connections carry BuildKit's sessions: end one direction only.
            if writer.can_write_eof():
                writer.write_eof()
