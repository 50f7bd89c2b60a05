"""TLS on a Docker host: by a certificate of one's own behind each proxy, and Traefik asking an ACME server."""

from __future__ import annotations

import asyncio
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
import trustme

from tests.integration.docker_target.conftest import TIERS
from tests.integration.docker_target.hosted import Hosted, free_port_below, inspect, make, remove_all
from tests.integration.images.building import docker
from tests.support.processes import wait_until

pytestmark = [pytest.mark.tier(*TIERS), pytest.mark.timeout(600)]

NAME = "hub.codehub.test"


@pytest.fixture
def host(base_image: str, hub_base: str, tmp_path: Path) -> Iterator[Hosted]:
    """Answers with a certificate of the person's own; nothing is started yet."""
    folder = tmp_path / "hub"
    tls = {"target__docker__tls": "files", "target__expose__host": NAME, "target__docker__address": "127.0.0.1"}
    files = {"target__docker__certificate": "tls/hub.pem", "target__docker__key": "tls/hub.key"}
    made = make(folder, hub_base, base_image, **tls, **files, target__docker__redirect_port=str(free_port_below()))
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME)
    (folder / "tls").mkdir()
    authority.cert_pem.write_to_path(folder / "tls" / "ca.pem")
    for chain in certificate.cert_chain_pems:
        chain.write_to_path(folder / "tls" / "hub.pem", append=True)
    certificate.private_key_pem.write_to_path(folder / "tls" / "hub.key")
    (folder / "tls" / "hub.key").chmod(0o600)
    yield made
    remove_all(made)


async def seen(host: Hosted, path: str, port: int, scheme: str = "https") -> tuple[int, str]:
    """Status and Location of a page, as a browser that trusts the authority sees it."""
    trusting = ssl.create_default_context(cafile=str(host.folder / "tls" / "ca.pem"))
    url, headers = f"{scheme}://127.0.0.1:{port}{path}", {"Host": f"{NAME}:{port}"}
    timeout = aiohttp.ClientTimeout(total=10)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(url, headers=headers, allow_redirects=False, ssl=trusting, server_hostname=NAME) as answer,
    ):
        return answer.status, answer.headers.get("Location", "")


def redirect_port(host: Hosted) -> int:
    """The second port."""
    bindings = inspect(host.proxy)["HostConfig"]["PortBindings"]
    return int(bindings["8080/tcp"][0]["HostPort"])


def test_ones_own_certificate(host: Hosted) -> None:
    """First behind CHP, then, the answer changed, behind Traefik: the same address, the same certificate."""
    for proxy in ("chp", "traefik"):
        host.answer(f"hub.proxy={proxy}")
        assert host.apply()["verify"] == "done"  # by https, to that name, with that certificate
        assert host.status()["answers"]
        assert asyncio.run(seen(host, "/hub/login", host.port))[0] == 200
        status, location = asyncio.run(seen(host, "/hub/login", redirect_port(host), "http"))
        assert status in {301, 302, 307, 308}
        assert location == f"https://{NAME}:{host.port}/hub/login"
        assert host.run("verify").code == 0
    assert "Traceback" not in docker("logs", host.hub, check=False)


def test_a_key_that_is_not_the_certificates(host: Hosted) -> None:
    other = trustme.CA().issue_cert(NAME)
    other.private_key_pem.write_to_path(host.folder / "tls" / "hub.key")
    refused = host.run("apply", "--yes")
    refused.refused(3, "certificate", "The key is not the certificate's.", "target.docker.key")
    assert docker("ps", "--all", "--quiet", f"--filter=label=codehub.project={host.name}") == ""


def test_a_certificate_that_is_missing(host: Hosted) -> None:
    (host.folder / "tls" / "hub.pem").unlink()
    host.run("plan").refused(2, "hub.pem", "cannot be read")


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """Somebody who takes connections and answers nothing; yields the port and how each connection began."""
    began: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            began.append(self.request.recv(1))

    with socketserver.ThreadingTCPServer(("0.0.0.0", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], began
        finally:
            server.shutdown()
            thread.join(10)


def test_traefik_asks_the_authority_for_a_certificate(host: Hosted) -> None:
    """Let's Encrypt itself cannot be reached in tests: that the ACME server named is asked by TLS shows the way."""
    gateway = docker("network", "inspect", "bridge", "--format={{(index .IPAM.Config 0).Gateway}}").strip()
    with listening() as (port, began):
        host.answer(
            "hub.proxy=traefik",
            "target.docker.tls=letsencrypt",
            "target.docker.email=admin@example.org",
            f"target.docker.acme_server=https://{gateway}:{port}/directory",
            "target.verify=none",
        )
        host.apply()  # that comes to its end: people see the hub behind Traefik's own certificate until there is one
        wait_until(lambda: b"\x16" in began, "Traefik at the ACME server", seconds=60)
    assert f"{host.name}-certificates" in docker("volume", "ls", "--quiet")
