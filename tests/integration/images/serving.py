"""Servers on this machine that a container, and so a build, can reach: files, an extension gallery, git."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.integration.images.building import docker
from tests.integration.images.vsix import manifest, vsix
from tests.support.parts import BASE_IMAGE
from tests.support.processes import free_port, port_answers, running, wait_until


def gateway() -> str:
    """This machine's address as containers on Docker's default network see it."""
    table = docker("run", "--rm", BASE_IMAGE, "cat", "/proc/net/route")
    default = next(line.split()[2] for line in table.splitlines()[1:] if line.split()[1] == "00000000")
    return str(ip_address(bytes.fromhex(default)[::-1]))


Answer = Callable[[str, bytes], bytes | None]
"""What to send for a path and a request's body; None is "not found"."""


@dataclass(frozen=True)
class Site:
    """A web server: its address and the paths that were asked for."""

    url: str
    asked: list[str]


@contextmanager
def serve_files(files: Mapping[str, bytes | Path]) -> Iterator[Site]:
    """A web server that has these files, by path; everything else is not found."""

    def answer(path: str) -> bytes | None:
        found = files.get(path.lstrip("/"))
        return found.read_bytes() if isinstance(found, Path) else found

    with _serve(lambda path, _: answer(path)) as site:
        yield site


@contextmanager
def serve_mirror(origin: str) -> Iterator[Site]:
    """A mirror of another web server: the same paths below this address, fetched when they are asked for."""

    def answer(path: str, _: bytes) -> bytes | None:
        try:
            with urlopen(f"{origin}{path}", timeout=60) as found:
                content: bytes = found.read()
                return content
        except HTTPError:
            return None

    with _serve(answer) as site:
        yield site


@contextmanager
def serve_gallery(*extensions: tuple[str, str, str]) -> Iterator[Site]:
    """An extension gallery with these (publisher, name, version), as Open VSX and its kin answer VS Code."""

    def answer(path: str, body: bytes) -> bytes | None:
        if path.endswith("/extensionquery"):
            wanted = {one["value"].lower() for group in json.loads(body)["filters"] for one in group["criteria"]}
            found = [_described(site.url, *one) for one in extensions if f"{one[0]}.{one[1]}".lower() in wanted]
            total = {"metadataType": "ResultCount", "metadataItems": [{"name": "TotalCount", "count": len(found)}]}
            return json.dumps({"results": [{"extensions": found, "resultMetadata": [total]}]}).encode()
        for publisher, name, version in extensions:
            if path.startswith(f"/files/{publisher}/{name}/{version}/"):
                if path.endswith("VSIXPackage"):
                    return vsix(publisher, name, version)
                return json.dumps(manifest(publisher, name, version)).encode()
        return None

    with _serve(answer) as site:
        yield site


@contextmanager
def serve_git(folder: Path) -> Iterator[str]:
    """git's own server for the repositories in a folder; gives the address that they are below."""
    address, port = gateway(), free_port()
    command = ["git", "daemon", "--reuseaddr", "--export-all", f"--base-path={folder}", f"--listen={address}"]
    with running([*command, f"--port={port}", str(folder)], log=folder / "git-daemon.log"):
        wait_until(lambda: port_answers(port, address), "git's server")
        yield f"git://{address}:{port}"


def _described(url: str, publisher: str, name: str, version: str) -> dict[str, object]:
    base = f"{url}/files/{publisher}/{name}/{version}"
    kinds = ("Microsoft.VisualStudio.Services.VSIXPackage", "Microsoft.VisualStudio.Code.Manifest")
    return {
        "extensionId": "11111111-2222-3333-4444-555555555555",
        "extensionName": name,
        "displayName": name,
        "shortDescription": "",
        "publisher": {"publisherId": "1", "publisherName": publisher, "displayName": publisher},
        "versions": [
            {
                "version": version,
                "lastUpdated": "2026-01-01T00:00:00Z",
                "assetUri": base,
                "fallbackAssetUri": base,
                "files": [{"assetType": kind, "source": f"{base}/{kind}"} for kind in kinds],
                "properties": [{"key": "Microsoft.VisualStudio.Code.Engine", "value": "^1.40.0"}],
            }
        ],
        "statistics": [],
        "flags": "",
        "releaseDate": "2026-01-01T00:00:00Z",
        "publishedDate": "2026-01-01T00:00:00Z",
        "lastUpdated": "2026-01-01T00:00:00Z",
        "categories": [],
        "tags": [],
    }


@contextmanager
def _serve(answer: Answer) -> Iterator[Site]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(b"")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        def _reply(self, body: bytes) -> None:
            asked.append(self.path)
            content = answer(self.path.partition("?")[0], body)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            """The paths are in `asked`."""

    server = ThreadingHTTPServer((gateway(), 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        host, port = str(server.server_address[0]), server.server_address[1]
        yield Site(f"http://{host}:{port}", asked)
    finally:
        server.shutdown()
        server.server_close()
