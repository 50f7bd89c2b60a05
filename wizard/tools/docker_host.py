"""What of a project is on a Docker host, and taking it away: containers, networks and volumes, by their labels.

The hub and the proxy have the labels that `docker compose` gives; editors, their networks and their homes have the
two that the hub gives them (assets/hub/separate.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from wizard.errors import StepFailed
from wizard.reporting import Reporter, TaskState
from wizard.text import clean
from wizard.tools.docker_engine import Env, connection

if TYPE_CHECKING:
    from docker import DockerClient

PROJECT, USER, MARK = "codehub.project", "codehub.user", "codehub.mark"
"""Labels: whose it is, which person's, and the hash of all that a container was made from."""

COMPOSE = "com.docker.compose"
"""What the labels of docker compose begin with (github.com/docker/compose, pkg/api/labels.go)."""

PATIENCE = 120
"""Seconds without a byte after which a call of the daemon fails; stopping a container takes its time."""

_STOP_PATIENCE = 10


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container. service: hub or proxy, empty for an editor; user: whose editor it is.

    status: Docker's word (running, exited, restarting, created, paused, dead); exit_code, restarts: of its last end
    and by its restart policy; folder: of the compose file that it was made from; ports: of this machine that lead
    to it.
    """

    id: str
    name: str
    status: str
    image: str
    service: str = ""
    user: str = ""
    mark: str = ""
    folder: str = ""
    exit_code: int = 0
    restarts: int = 0
    since: str = ""
    ports: tuple[int, ...] = ()

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self.status == "running"

    @property
    def said(self) -> str:
        """How it is, in words."""
        times = f", started again {self.restarts} times by Docker" if self.restarts else ""
        ended = f" (exit code {self.exit_code})" if self.status in {"exited", "dead", "restarting"} else ""
        return f"{self.status}{ended}{times}"


@dataclass(frozen=True)
class Belongings:
    """All that a project has on a host; networks and volumes by their names."""

    containers: tuple[Container, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()

    def service(self, name: str) -> Container | None:
        """The container of a service, or None."""
        return next((one for one in self.containers if one.service == name), None)

    @property
    def editors(self) -> tuple[Container, ...]:
        """The containers of people."""
        return tuple(one for one in self.containers if one.user)

    @property
    def nothing(self) -> bool:
        """Whether nothing of it is there but volumes."""
        return not (self.containers or self.networks)


async def belongings(project: str, env: Env = None) -> Belongings:
    """What a project has on the host; MissingError without a daemon."""
    return await asyncio.to_thread(_belongings, project, env)


async def stop_editors(
    found: Belongings, hub: str, reporter: Reporter, *, image: str, env: Env = None
) -> tuple[str, ...]:
    """Stop people's containers that are not of the image with this id; returns whose they were. Homes stay.

    The hub, by its container's name, is stopped before: it would take them for running for a while, and people would
    find an error in place of their editor. Whoever calls this starts it again.
    """
    outdated = [one for one in found.editors if one.image != image]
    if outdated:
        await _removed("hub", hub, partial(_stop_container, hub, env), reporter, verb="Stop")
    for one in outdated:
        await _removed("editor of", one.user, partial(_remove_container, one.id, env), reporter, verb="Stop")
        await asyncio.to_thread(_remove_network, one.name, env)
    return tuple(one.user for one in outdated)


async def tear_down(found: Belongings, reporter: Reporter, *, volumes: bool, env: Env = None) -> None:
    """Stop and remove containers and networks, and with `volumes` everybody's files and the hub's database.

    The hub goes first, so that it starts nothing meanwhile. Raises StepFailed when something stays.
    """
    rank = {"hub": 0, "": 1, "proxy": 2}
    for one in sorted(found.containers, key=lambda container: rank.get(container.service, 1)):
        await _removed("container", one.name, partial(_remove_container, one.id, env), reporter)
    for name in found.networks:
        await _removed("network", name, partial(_remove_network, name, env), reporter)
    for name in found.volumes if volumes else ():
        await _removed("volume", name, partial(_remove_volume, name, env), reporter)


async def remove_homes(project: str, user_prefix: str, env: Env = None) -> None:
    """Remove the volumes of users whose names begin so: of throw-away ones."""
    await asyncio.to_thread(_remove_homes, project, user_prefix, env)


async def logs(container: str, *, lines: int, env: Env = None) -> str:
    """The last lines that a container wrote, of both its streams; empty when there is no such container."""
    return await asyncio.to_thread(_logs, container, lines, env)


async def _removed(
    kind: str,
    name: str,
    work: Callable[[], None],
    reporter: Reporter,
    *,
    verb: str = "Remove",
) -> None:
    title = f"{verb} the {kind} {name}"
    reporter.task(name, title, TaskState.RUNNING)
    try:
        await asyncio.to_thread(work)
    except BaseException:
        reporter.task(name, title, TaskState.FAILED)
        raise
    reporter.task(name, title, TaskState.DONE)


def _belongings(project: str, env: Env) -> Belongings:
    from docker.errors import NotFound

    with connection(env, timeout=PATIENCE) as client:
        labelled = {"label": f"{PROJECT}={project}"}
        containers = []
        for listed in client.api.containers(all=True, filters=labelled):
            with contextlib.suppress(NotFound):  # gone since it was listed
                containers.append(_container(client.api.inspect_container(listed["Id"])))
        networks = [str(one["Name"]) for one in client.api.networks(filters=labelled)]
        volumes = [str(one["Name"]) for one in client.api.volumes(filters=labelled).get("Volumes") or ()]
    return Belongings(
        tuple(sorted(containers, key=lambda one: one.name)), tuple(sorted(networks)), tuple(sorted(volumes))
    )


def _container(found: Mapping[str, Any]) -> Container:
    state, labels = found["State"], found["Config"].get("Labels") or {}
    return Container(
        id=str(found["Id"]),
        name=str(found["Name"]).removeprefix("/"),
        status=str(state.get("Status", "")),
        image=str(found.get("Image", "")),
        service=str(labels.get(f"{COMPOSE}.service", "")),
        user=clean(str(labels.get(USER, ""))),
        mark=str(labels.get(MARK, "")),
        folder=str(labels.get(f"{COMPOSE}.project.working_dir", "")),
        exit_code=int(state.get("ExitCode") or 0),
        restarts=int(found.get("RestartCount") or 0),
        since=str(state.get("StartedAt", "")),
        ports=_published(found),
    )


def _published(found: Mapping[str, Any]) -> tuple[int, ...]:
    bindings = (found.get("HostConfig") or {}).get("PortBindings") or {}
    return tuple(int(one["HostPort"]) for several in bindings.values() for one in several or () if one.get("HostPort"))


def _stop_container(name: str, env: Env) -> None:
    from docker.errors import NotFound

    with connection(env, timeout=PATIENCE) as client, contextlib.suppress(NotFound):
        client.api.stop(name, timeout=_STOP_PATIENCE)


def _remove_container(identity: str, env: Env) -> None:
    from docker.errors import APIError, NotFound

    with connection(env, timeout=PATIENCE) as client, contextlib.suppress(NotFound):
        client.api.stop(identity, timeout=_STOP_PATIENCE)
        try:
            client.api.remove_container(identity, force=True)
        except APIError as error:
            if "already in progress" not in str(error):  # it removes itself when it has stopped
                raise
            client.api.wait(identity, timeout=PATIENCE, condition="removed")


def _remove_network(name: str, env: Env) -> None:
    from docker.errors import NotFound

    with connection(env, timeout=PATIENCE) as client, contextlib.suppress(NotFound):
        _disconnect_all(client, name)
        client.api.remove_network(name)


def _disconnect_all(client: DockerClient, network: str) -> None:
    for identity in client.api.inspect_network(network).get("Containers") or {}:
        client.api.disconnect_container_from_network(identity, network, force=True)


def _remove_volume(name: str, env: Env) -> None:
    from docker.errors import APIError, NotFound

    with connection(env, timeout=PATIENCE) as client, contextlib.suppress(NotFound):
        try:
            client.api.remove_volume(name)
        except APIError as error:
            if error.status_code != 409:
                raise
            raise StepFailed(
                f"The volume {name} could not be removed.",
                why="A container that is not codehub's uses it.",
                fix=f"See which: docker ps --all --filter volume={name}",
            ) from error


def _remove_homes(project: str, user_prefix: str, env: Env) -> None:
    with connection(env, timeout=PATIENCE) as client:
        listed = client.api.volumes(filters={"label": f"{PROJECT}={project}"}).get("Volumes") or ()
    for one in listed:
        if str((one.get("Labels") or {}).get(USER, "")).startswith(user_prefix):
            _remove_volume(str(one["Name"]), env)


def _logs(container: str, lines: int, env: Env) -> str:
    from docker.errors import NotFound

    with connection(env, timeout=PATIENCE) as client:
        try:
            raw = client.api.logs(container, stdout=True, stderr=True, tail=lines)
        except NotFound:
            return ""
    return bytes(raw).decode(errors="replace")
