"""Real servers on loopback for the sources of the catalogue: HTTP in all its moods, TLS, and git."""

from __future__ import annotations

import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A running server: where it is, and the requests it got as (path, headers)."""

    address: str
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def serve(answers: Mapping[str, Answer], *, certificate: Path | None = None) -> Iterator[Site]:
    """Serve each path by its answer, everything else by 404; with a certificate (PEM with its key) by https."""
    release = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append((self.path, dict(self.headers.items())))
            answer = answers.get(self.path.partition("?")[0])
            try:
                if answer is None:
                    self.send_error(404)
                else:
                    answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        stopping = release

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that gives up is what these tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    site = Site(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        release.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def body(data: bytes | str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An ordinary answer."""
    raw = data.encode() if isinstance(data, str) else data

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(raw)))
        request.end_headers()
        request.wfile.write(raw)

    return answer


def hanging(request: BaseHTTPRequestHandler) -> None:
    """Take the request and say nothing until the server is stopped."""
    request.server.stopping.wait(30)  # type: ignore[attr-defined]


def delayed(seconds: float, then: Answer) -> Answer:
    """An answer that comes late."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        then(request)

    return answer


def dripping(request: BaseHTTPRequestHandler) -> None:
    """A byte now and then, so that no single wait is long, and never an end."""
    request.send_response(200)
    request.end_headers()
    while not request.server.stopping.wait(0.05):  # type: ignore[attr-defined]
        request.wfile.write(b"#")
        request.wfile.flush()


def cut_off(data: str) -> Answer:
    """An answer that promises more than it sends."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(data) + 1000))
        request.end_headers()
        request.wfile.write(data.encode())
        request.close_connection = True

    return answer


def redirect(to: Callable[[], str]) -> Answer:
    """Send the client on."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", to())
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody trusts, with its key, in one PEM file."""
    key, certificate, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def make_repository(folder: Path, tags: Mapping[str, Mapping[str, str]]) -> Path:
    """A git repository with a commit and a tag for each entry; the values are the files of that commit."""
    folder.mkdir(parents=True)

    def git(*words: str) -> None:
        identity = ("-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    git("config", "uploadpack.allowFilter", "true")
    for tag, files in tags.items():
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        git("add", "--all")
        git("commit", "--quiet", "--allow-empty", "--message", tag)
        git("tag", "--annotate", "--message", tag, tag)
    return folder


def index_yaml(*releases: tuple[str, str], chart: str = "jupyterhub", kube_version: str = ">=1.28.0-0") -> str:
    """A chart repository's index as Helm writes it, of (version, appVersion) pairs."""
    lines = ["apiVersion: v1", "entries:", "  binderhub:", "  - version: 9.9.9", f"  {chart}:"]
    for version, app_version in releases:
        lines += [
            "  - annotations:",
            "      artifacthub.io/images: |",
            "        - name: k8s-hub",
            f"          image: quay.io/jupyterhub/k8s-hub:{version}",
            f"    appVersion: {app_version}",
            '    created: "2026-11-01T10:00:00.000000000Z"',
            "    dependencies:",
            "    - name: other",
            "      version: 1.0.0",
            f"    kubeVersion: '{kube_version}'",
            f"    name: {chart}",
            "    urls:",
            f"    - https://example.org/{chart}-{version}.tgz",
            f"    version: {version}",
        ]
    return "\n".join([*lines, 'generated: "2026-11-01T10:00:00.000000000Z"', ""])
