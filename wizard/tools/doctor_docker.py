"""Checks of what builds images: the Docker daemon, buildx, and the room on the daemon's disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.tools import process
from wizard.tools.doctor_model import Check, Finding, Scope, State, numbers

if TYPE_CHECKING:
    from wizard.tools.docker_engine import Engine

_OLDEST_API = (1, 41)
"""API of Docker 20.10, the oldest whose BuildKit can do what the Dockerfiles ask for (reference: docker-builds)."""

_ROOM = {"source": 30, "npm": 8}
_ROOM_ELSE = 5
"""GB that the builds of one setup need with some to spare, by the way code-server is got."""

_INSTALL_DOCKER = "https://docs.docker.com/engine/install/"


async def _docker(_scope: Scope) -> Finding:
    from wizard.tools import docker_engine

    engine = await docker_engine.describe()
    found = f"{engine.version}, API {engine.api_version}, {engine.endpoint}"
    if numbers(engine.api_version) < _OLDEST_API:
        return Finding(
            name="docker",
            title="Docker daemon",
            state=State.WARN,
            found=found,
            why="It is older than Docker 20.10; its builds lack what the Dockerfiles use.",
            fix=f"Update Docker: {_INSTALL_DOCKER}",
        )
    return Finding(
        name="docker",
        title="Docker daemon",
        state=State.OK,
        found=found,
        why="Builds the images.",
    )


async def _client(_scope: Scope) -> Finding:
    title = "docker command"
    if process.find("docker") is None:
        return Finding(
            name="docker-cli",
            title=title,
            state=State.WARN,
            why="Without it there is no buildx; images are then built one step after the other, by the old builder.",
            fix=f"Install it: {_INSTALL_DOCKER}",
        )
    done = await process.run(["docker", "--version"], timeout=10)
    if not done.ok:
        return Finding(
            name="docker-cli",
            title=title,
            state=State.WARN,
            why=f"`docker --version` ended with exit code {done.returncode}.",
            fix=f"Install it again: {_INSTALL_DOCKER}",
        )
    found = done.stdout.strip().removeprefix("Docker version ").partition(",")[0]
    return Finding(name="docker-cli", title=title, state=State.OK, found=found, why="Starts the builds.")


async def _buildx(_scope: Scope) -> Finding:
    from wizard.tools import buildx

    version = await buildx.version()
    title = "Docker buildx"
    if version is None:
        return Finding(
            name="buildx",
            title=title,
            state=State.WARN,
            why="Without this plugin images are built by Docker's old builder: no parallel steps, no build secrets.",
            fix="Install the plugin: https://github.com/docker/buildx#installing",
            command="sudo apt-get install docker-buildx-plugin",
        )
    found = ".".join(map(str, version))
    if version < buildx.RAWJSON_SINCE:
        return Finding(
            name="buildx",
            title=title,
            state=State.WARN,
            found=found,
            why="Before 0.12 it reports its progress in less detail.",
            fix="Update the plugin: https://github.com/docker/buildx#installing",
        )
    return Finding(name="buildx", title=title, state=State.OK, found=found, why="Builds both images at the same time.")


async def _disk(scope: Scope) -> Finding:
    from wizard.tools import docker_engine

    return room_for_images(await docker_engine.describe(), scope.method)


def room_for_images(engine: Engine, method: str) -> Finding:
    """Whether the daemon's disk has the room for builds with code-server got by `method`."""
    title = "Disk for images"
    if engine.free_bytes is None:
        return Finding(
            name="disk",
            title=title,
            state=State.UNKNOWN,
            why="The daemon's disk is in a virtual machine or on another host.",
            fix="Look at what it uses.",
            command="docker system df",
        )
    wanted = _ROOM.get(method, _ROOM_ELSE)
    found = f"{engine.free_bytes / 1e9:.{0 if engine.free_bytes >= 1e10 else 1}f} GB free in {engine.data_root}"
    if engine.free_bytes < wanted * 1e9:
        return Finding(
            name="disk",
            title=title,
            state=State.WARN,
            found=found,
            why=f"The builds need about {wanted} GB.",
            fix="Remove what Docker no longer uses.",
            command="docker builder prune",
        )
    return Finding(name="disk", title=title, state=State.OK, found=found, why="Holds images.")


_BUILDERS = frozenset({"kubernetes", "docker"})
CHECKS: tuple[Check, ...] = (
    Check(name="docker", title="Docker daemon", ask=_docker, needed_by=_BUILDERS, asked_by=_BUILDERS),
    Check(name="docker-cli", title="docker command", ask=_client, asked_by=_BUILDERS),
    Check(name="buildx", title="Docker buildx", ask=_buildx, asked_by=_BUILDERS),
    Check(name="disk", title="Disk for images", ask=_disk, asked_by=_BUILDERS),
)
