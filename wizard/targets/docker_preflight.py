"""Checks before anything is started on a Docker host: what a run could not work with, each with reason and remedy."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from pathlib import Path

import psutil

from wizard.render.compose import SOCKET, front_address, names
from wizard.run.folder import SetupFolder
from wizard.run.local_files import absolute
from wizard.setup.model import Setup
from wizard.tools import docker_engine
from wizard.tools.docker_engine import Engine
from wizard.tools.docker_host import Belongings
from wizard.tools.doctor_model import Finding, State
from wizard.tools.ports import bind

_DOCKERS_OWN = ("br-", "docker", "veth", "lo")
"""What the interfaces that Docker makes here begin with; it looks after their addresses itself."""


async def check(setup: Setup, folder: SetupFolder, found: Belongings) -> tuple[Finding, ...]:
    """Every check; raises MissingError when the daemon does not answer."""
    engine = await docker_engine.describe()
    results = [place(engine), _owner(setup, folder, found), _addresses(setup)]
    results += [await asyncio.to_thread(_port, setup, found, port) for port in _ports(setup)]
    if setup.target.docker.tls == "files":
        results.append(await asyncio.to_thread(_certificate, setup, folder))
    return tuple(results)


def _ok(name: str, title: str, found: str) -> Finding:
    return Finding(name=name, title=title, state=State.OK, found=found)


def _blocks(name: str, title: str, why: str, fix: str) -> Finding:
    return Finding(name=name, title=title, state=State.MISSING, why=why, fix=fix, required=True)


def place(engine: Engine) -> Finding:
    """Whether the daemon is one that the hub's container can be given the socket and the files of."""
    title = "Docker on this machine"
    if not engine.endpoint.startswith(("unix://", "npipe://")):
        why = f"Docker is at {engine.endpoint}; what it mounts, such as the hub's configuration, is on this machine."
        return _blocks("place", title, why, "Run codehub on the machine where that Docker is.")
    if engine.rootless:
        why = (
            f"The Docker at {engine.endpoint} is rootless: the hub would be given {SOCKET}, which is not that Docker's."
        )
        fix = "Use this machine's own Docker: `docker context use default`, and unset DOCKER_HOST."
        return _blocks("place", title, why, fix)
    return _ok("place", title, engine.endpoint)


def _owner(setup: Setup, folder: SetupFolder, found: Belongings) -> Finding:
    title, name = "Name", setup.target.docker.name
    here = str(folder.path.resolve())
    others = sorted({one.folder for one in found.containers if one.folder and one.folder != here})
    if not others:
        return _ok("name", title, name)
    why = f"The hub {name} on this Docker was started from another folder: {', '.join(others)}."
    return _blocks("name", title, why, "Choose another target.docker.name, or run `codehub destroy` there.")


def _addresses(setup: Setup) -> Finding:
    title = "Address range"
    wanted = ipaddress.IPv4Network(setup.target.docker.subnets)
    for interface, addresses in psutil.net_if_addrs().items():
        if interface.startswith(_DOCKERS_OWN):
            continue
        for one in addresses:
            if one.family != socket.AF_INET:
                continue
            network = ipaddress.ip_interface(f"{one.address}/{one.netmask or 32}").network
            if network.overlaps(wanted):
                why = f"{wanted} is used by this machine's network already: {interface} has {one.address}."
                return _blocks("subnets", title, why, "Choose another range: target.docker.subnets.")
    return _ok("subnets", title, str(wanted))


def _ports(setup: Setup) -> list[int]:
    docker = setup.target.docker
    return [
        setup.target.expose.port,
        *([docker.redirect_port] if docker.tls != "none" and docker.redirect_port else []),
    ]


def _port(setup: Setup, found: Belongings, port: int) -> Finding:
    title, address = f"Port {port}", front_address(setup)
    ours = found.service("proxy")
    if ours is not None and ours.running and port in ours.ports:
        return _ok("port", title, f"{names(setup).proxy} has it")
    try:
        bind(address, port)
    except PermissionError:
        return _ok("port", title, f"below 1024 on {address}, which Docker may open")
    except OSError as error:
        why = f"{address}:{port} cannot be opened: {error.strerror or error}."
        return _blocks("port", title, why, "Stop what listens there, or choose another target.expose.port.")
    return _ok("port", title, f"free on {address}")


def _certificate(setup: Setup, folder: SetupFolder) -> Finding:
    title, docker = "Certificate", setup.target.docker
    certificate, key = (absolute(folder.path, one) for one in (docker.certificate, docker.key))
    fix = "Correct target.docker.certificate and target.docker.key."
    for path in (certificate, key):
        why = _unreadable(path)
        if why:
            return _blocks("certificate", title, why, fix)
    try:
        # A key with a password would ask on the terminal; nobody could answer the proxy.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
    except (ssl.SSLError, ValueError, OSError) as error:
        said = getattr(error, "reason", "") or str(error)
        why = {"KEY_VALUES_MISMATCH": "The key is not the certificate's."}.get(
            said, f"{certificate.name} and {key.name} are no pair of PEM files without a password ({said})."
        )
        return _blocks("certificate", title, why, fix)
    return _ok("certificate", title, str(certificate))


def _unreadable(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}."
    return ""
