"""What is found out before anything is started on a Docker host: message, exit code, and nothing left behind."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.integration.docker_target.hosted import Hosted, make, remove_all
from tests.integration.images.building import docker
from tests.support.program import codehub

pytestmark = [pytest.mark.tier("docker", "base_image"), pytest.mark.timeout(180)]


def _own_network() -> str | None:
    """A /24 of private addresses that an interface of this machine is in."""
    for name, addresses in psutil.net_if_addrs().items():
        for one in addresses:
            if one.family != socket.AF_INET or name.startswith(("lo", "docker", "br-", "veth")):
                continue
            around = ipaddress.ip_interface(f"{one.address}/24").network
            if around.is_private and not around.is_link_local:
                return str(around)
    return None


@contextmanager
def _forwarded() -> Iterator[str]:
    """The real daemon by TCP on loopback, as DOCKER_HOST takes it."""
    loop = asyncio.new_event_loop()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection("/var/run/docker.sock")
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer), return_exceptions=True)

    server = loop.run_until_complete(asyncio.start_server(join, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@pytest.fixture
def asked(base_image: str, tmp_path: Path) -> Iterator[Hosted]:
    """Answers; nothing is built or started, and nothing may be left."""
    made = make(tmp_path / "hub", base_image, base_image)
    yield made
    left = docker("ps", "--all", "--quiet", f"--filter=label=codehub.project={made.name}")
    left += docker("network", "ls", "--quiet", f"--filter=label=codehub.project={made.name}")
    left += docker("volume", "ls", "--quiet", f"--filter=label=codehub.project={made.name}")
    left += docker("images", "--quiet", f"--filter=reference={made.name}/*")
    remove_all(made)
    assert left == ""


def test_a_port_that_is_taken(asked: Hosted) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        asked.answer(f"target.expose.port={port}")
        asked.run("apply", "--yes").refused(3, f"port {port}", "Address already in use", "target.expose.port")


def test_a_docker_that_is_not_there(asked: Hosted) -> None:
    nowhere = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    refused = codehub("apply", asked.folder, "--yes", env=nowhere)
    refused.refused(3, "unix:///nonexistent/docker.sock does not answer", "systemctl start docker")
    shown = codehub("status", asked.folder, env=nowhere)
    assert shown.code == 0
    assert "Docker could not be asked" in shown.out


def test_a_docker_on_another_machine(asked: Hosted) -> None:
    """Its answer comes over TCP, as from afar: what is mounted would not be there."""
    with _forwarded() as address:
        refused = codehub("apply", asked.folder, "--yes", env={"DOCKER_HOST": address})
    refused.refused(3, "docker on this machine", "what it mounts", "Run codehub on the machine where that Docker is")


def test_an_address_range_that_this_machine_uses(asked: Hosted) -> None:
    own = _own_network()
    if own is None:
        pytest.skip("this machine has no network of its own that could be collided with")
    asked.answer(f"target.docker.subnets={own}")
    asked.run("apply", "--yes").refused(3, "address range", "is used by this machine's network already")


def test_a_name_that_another_folder_has(asked: Hosted) -> None:
    label = "--label=com.docker.compose.project.working_dir=/somewhere/else"
    mine = f"--label=codehub.project={asked.name}"
    docker("create", f"--name={asked.name}-hub", label, mine, "codehub-test/debian:bookworm", "true")
    try:
        asked.run("apply", "--yes").refused(3, "was started from another folder: /somewhere/else", "target.docker.name")
    finally:
        docker("rm", "--force", f"{asked.name}-hub")


def test_a_compose_file_with_more_in_it(asked: Hosted) -> None:
    assert asked.run("render").code == 0
    path = asked.folder / "compose.yaml"
    path.write_text(path.read_text().replace("    init: true\n", "    init: true\n    tmpfs: /tmp\n", 1))
    asked.run("plan").refused(2, "more in it than codehub can apply", "tmpfs", "docker compose up -d")
    path.write_text("services: [\n")
    asked.run("plan").refused(2, "compose.yaml cannot be read", "line")


def test_offline_nobody_is_asked(asked: Hosted) -> None:
    shown = codehub("status", asked.folder, "--offline", env={"DOCKER_HOST": "unix:///nonexistent"})
    assert shown.code == 0
    assert "Docker" not in shown.out


def test_nothing_to_destroy(asked: Hosted) -> None:
    ended = asked.run("destroy", "--yes")
    assert ended.code == 0
    assert f"There are no containers of {asked.name} on this Docker." in ended.err


def test_logs_of_a_container_that_is_not_there(asked: Hosted) -> None:
    asked.run("logs", "--of", "hub").refused(2, "There is no container of hub", "There are: none")
