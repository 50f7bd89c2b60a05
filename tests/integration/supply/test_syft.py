"""`codehub sbom` by the real syft, beside codehub's own list of the same real image."""

from __future__ import annotations

import json
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import sysconfig
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import certifi
import pytest
import trustme
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.support import parts
from tests.support.program import codehub

pytestmark = [
    pytest.mark.tier("docker", "base_image", "syft", "hub", "chp"),
    pytest.mark.timeout(300),
]

_SITE_PACKAGES = f"opt/codehub/venv/lib/python{sysconfig.get_python_version()}/site-packages"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image with what npm and pip really installed, beside Debian's own packages."""
    context = tmp_path_factory.mktemp("context")
    shutil.copytree(parts.CACHE / "chp" / "node_modules", context / "opt/chp/node_modules", symlinks=True)
    for metadata in (parts.CACHE / "hub5-venv").glob("lib/*/site-packages/*.dist-info/METADATA"):
        folder = context / _SITE_PACKAGES / metadata.parent.name
        folder.mkdir(parents=True)
        shutil.copy(metadata, folder)
    (context / "Dockerfile").write_text(f"FROM {parts.BASE_IMAGE}\nCOPY opt /opt\n", encoding="utf-8")
    name = f"supply-syft-{uuid.uuid4().hex[:8]}"
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", f"{name}:1.0.0", context], check=True, capture_output=True, timeout=200
    )
    yield name
    subprocess.run(["docker", "image", "rm", "--force", f"{name}:1.0.0"], check=True, capture_output=True, timeout=60)


@pytest.fixture
def folder(tmp_path: Path, image: str) -> Path:
    assert codehub("init", tmp_path / "hub", "--set", f"images.notebook.name={image}", "--yes").code == 0
    return tmp_path / "hub"


@pytest.fixture
def with_syft(tmp_path: Path) -> Path:
    """A folder for the PATH that has syft alone."""
    found = parts.program("syft")
    assert found is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "syft").symlink_to(found)
    return tmp_path / "bin"


def bill(folder: Path, output: Path, env: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The notebook image's document, valid CycloneDX 1.6, and what codehub said."""
    done = codehub("sbom", folder, "--output", output, env=env, seconds=200)
    assert done.code == 0, done.err
    text = (output / "notebook.cdx.json").read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    return json.loads(text), done.err


def packages(document: Mapping[str, Any]) -> set[str]:
    """The package URLs in a document, without their qualifiers."""
    return {one["purl"].partition("?")[0] for one in document["components"] if one.get("purl")}


@contextmanager
def daemon_behind_tls(folder: Path, docker_host: str) -> Iterator[tuple[str, list[bytes]]]:
    """The daemon at an address of its own, for who shows the certificate in `folder`; yields what it was sent, too."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    ours, theirs = authority.issue_cert("127.0.0.1"), authority.issue_cert("somebody@example.org")
    theirs.private_key_pem.write_to_path(folder / "key.pem")
    theirs.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    guard = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.configure_cert(guard)
    authority.configure_trust(guard)
    guard.verify_mode = ssl.CERT_REQUIRED
    sent: list[bytes] = []

    def pump(source: socket.socket, sink: socket.socket, seen: list[bytes] | None) -> None:
        with suppress(OSError):
            while chunk := source.recv(262_144):
                if seen is not None:
                    seen.append(chunk)
                sink.sendall(chunk)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                suppress(OSError),
                guard.wrap_socket(self.request, server_side=True) as client,
                socket.socket(socket.AF_UNIX) as daemon,
            ):
                daemon.connect(docker_host.removeprefix("unix://"))
                asking = threading.Thread(target=pump, args=(client, daemon, sent), daemon=True)
                asking.start()
                pump(daemon, client, None)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_address[1]}", sent
        finally:
            server.shutdown()
            thread.join(10)


@contextmanager
def proxy_that_refuses() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy's address, and what came there."""
    came: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            came.append(self.request.recv(1000))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", came
        finally:
            server.shutdown()
            thread.join(10)


def test_syft_finds_all_that_codehub_lists_and_asks_nobody(
    folder: Path, image: str, with_syft: Path, tmp_path: Path
) -> None:
    ours, said = bill(folder, tmp_path / "ours", {})
    assert "made by codehub" in said
    kinds = {kind: sum(url.startswith(f"pkg:{kind}/") for url in packages(ours)) for kind in ("deb", "pypi", "npm")}
    assert all(number > 20 for number in kinds.values()), kinds

    rest = tmp_path / "tmp"
    rest.mkdir()
    with proxy_that_refuses() as (proxy, came):
        env = {"PATH": f"{with_syft}:{os.environ['PATH']}", "TMPDIR": str(rest), "HTTPS_PROXY": proxy}
        theirs, said = bill(folder, tmp_path / "theirs", env)
    assert "made by syft" in said
    assert came == []
    assert list(rest.iterdir()) == []
    assert theirs["metadata"]["component"]["name"] == f"{image}:1.0.0"
    assert packages(ours) - packages(theirs) == set()


def test_syft_asks_the_daemon_of_dockers_context(
    folder: Path, with_syft: Path, tmp_path: Path, docker_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Syft knows no contexts; the docker SDK lets a company's REQUESTS_CA_BUNDLE take the place of the daemon's CA."""
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    with daemon_behind_tls(certificates, docker_host) as (address, sent):
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        endpoint = ",".join(
            [f"host={address}", *(f"{name}={certificates}/{name}.pem" for name in ("ca", "cert", "key"))]
        )
        for words in (["create", "guarded", "--docker", endpoint], ["use", "guarded"]):
            subprocess.run(["docker", "context", *words], check=True, capture_output=True, timeout=30)
        env = {"PATH": f"{with_syft}:{os.environ['PATH']}", "REQUESTS_CA_BUNDLE": certifi.where()}
        _, said = bill(folder, tmp_path / "bills", env)
    assert "made by syft" in said
    assert any(b"/images/get?" in chunk or b"/get HTTP" in chunk for chunk in sent)


def test_a_syft_without_room_says_so_and_leaves_nothing(folder: Path, with_syft: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], check=False, capture_output=True, timeout=30
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        env = {"PATH": f"{with_syft}:{os.environ['PATH']}", "TMPDIR": str(small)}
        done = codehub("sbom", folder, "--output", tmp_path / "bills", env=env, seconds=200)
        done.refused(1, "syft could not make the bill of materials.", "no space left on device", "Set TMPDIR")
        assert list(small.iterdir()) == []
        assert not (tmp_path / "bills").exists()
    finally:
        subprocess.run(["umount", small], check=True, timeout=30)
