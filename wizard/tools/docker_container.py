"""A service of a compose document as the Docker API takes it: what wizard/render/compose.py writes, no more."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.errors import UsageError
from wizard.tools.docker_host import COMPOSE, MARK

if TYPE_CHECKING:
    from docker import DockerClient


def container_config(
    client: DockerClient, document: Mapping[str, Any], folder: Path, name: str, mark: str
) -> dict[str, Any]:
    """What the Docker API takes for the container of a service."""
    service, project = document["services"][name], document["name"]
    volumes = {key: one["name"] for key, one in document.get("volumes", {}).items()}
    published, ports = _ports(service)
    networks: Any = {
        document["networks"][key]["name"]: {"Aliases": [*(one or {}).get("aliases", ()), name]}
        for key, one in service["networks"].items()
    }
    host = client.api.create_host_config(
        binds=[_mount(source, target, mode, folder, volumes) for source, target, mode in _volumes(service)],
        port_bindings=published,
        restart_policy={"Name": service.get("restart", "no")},
        cap_drop=service.get("cap_drop"),
        cap_add=service.get("cap_add"),
        security_opt=service.get("security_opt"),
        sysctls=service.get("sysctls"),
        init=bool(service.get("init")),
        network_mode=next(iter(networks)),
    )
    labels = {
        **service.get("labels", {}),
        f"{COMPOSE}.project": project,
        f"{COMPOSE}.service": name,
        f"{COMPOSE}.container-number": "1",
        f"{COMPOSE}.oneoff": "False",
        f"{COMPOSE}.project.working_dir": str(folder.resolve()),
        f"{COMPOSE}.project.config_files": str(folder.resolve() / "compose.yaml"),
        # Without one, docker compose does not know the container for its own.
        f"{COMPOSE}.config-hash": mark.rpartition(":")[2],
        MARK: mark,
    }
    return dict(
        client.api.create_container_config(
            service["image"],
            command=service.get("command"),
            user=service.get("user"),
            environment=_environment(service, folder),
            labels=labels,
            ports=ports,
            host_config=host,
            networking_config=client.api.create_networking_config(networks),
        )
    )


def _environment(service: Mapping[str, Any], folder: Path) -> list[str]:
    found = [f"{name}={value}" for name, value in (service.get("environment") or {}).items()]
    for path in service.get("env_file", ()):
        lines = _read(folder, path).decode().splitlines()
        found += [line for line in lines if "=" in line and not line.lstrip().startswith("#")]
    return found


def _ports(service: Mapping[str, Any]) -> tuple[dict[int | str, Any], list[str]]:
    """Port bindings as the API takes them, and the ports inside, from ADDRESS:PORT:INSIDE."""
    bindings: dict[int | str, Any] = {}
    for entry in service.get("ports", ()):
        rest, _, inside = str(entry).rpartition(":")
        address, _, port = rest.rpartition(":")
        bindings[inside] = (address.strip("[]"), int(port))
    return bindings, [str(inside) for inside in bindings]


def _volumes(service: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(source, target, mode) of each mount, from SOURCE:TARGET[:MODE]."""
    found = []
    for entry in service.get("volumes", ()):
        head, _, mode = str(entry).rpartition(":") if str(entry).endswith((":ro", ":rw")) else (str(entry), "", "rw")
        source, _, target = head.rpartition(":")
        found.append((source, target, mode))
    return found


def files_of(service: Mapping[str, Any]) -> list[str]:
    """The files of this machine that a container reads: its environment and what is mounted, as they are named."""
    return [*service.get("env_file", ()), *(source for source, _, _ in _binds(service))]


def _binds(service: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The mounts of files, not of volumes nor of the socket."""
    return [one for one in _volumes(service) if one[0].startswith((".", "/", "~")) and not one[0].endswith(".sock")]


def _mount(source: str, target: str, mode: str, folder: Path, volumes: Mapping[str, str]) -> str:
    known = volumes.get(source)
    return f"{known or _place(folder, source)}:{target}:{mode}"


def _place(folder: Path, path: str) -> Path:
    return (folder.resolve() / Path(path).expanduser()).resolve()


def file_hash(folder: Path, path: str, contents: Mapping[str, bytes]) -> str:
    """SHA-256 of a file, of what it will be where `contents` has it; UsageError when it cannot be read."""
    named = contents.get(path.removeprefix("./"))
    return hashlib.sha256(_read(folder, path) if named is None else named).hexdigest()


def _read(folder: Path, path: str) -> bytes:
    try:
        return _place(folder, path).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{_place(folder, path)} cannot be read.",
            why=error.strerror or str(error),
            fix="compose.yaml names it; correct the answer, or put the file there.",
        ) from error
