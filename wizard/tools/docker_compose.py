"""Bringing up what a compose document says, through the Docker API: no compose plugin is needed.

Only what wizard/render/compose.py writes is understood; a document with more is refused rather than half done. The
labels are those of `docker compose`, so that it and codehub know each other's work.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wizard.errors import UsageError
from wizard.files import content_hash
from wizard.reporting import Reporter, TaskState
from wizard.tools.docker_container import container_config, file_hash, files_of
from wizard.tools.docker_engine import Env, connection
from wizard.tools.docker_errors import refused
from wizard.tools.docker_host import COMPOSE, MARK, PATIENCE, PROJECT, USER

if TYPE_CHECKING:
    from docker import DockerClient

_KNOWN = frozenset(
    {
        *("image", "container_name", "init", "restart", "user", "cap_drop", "cap_add", "security_opt", "sysctls"),
        *("labels", "command", "env_file", "environment", "volumes", "networks", "depends_on", "ports"),
    }
)
_OLD = "-before"
_NEVER = "0001-"
"""What the time begins with at which a container was started that never was: Go's zero time."""

_STOP_PATIENCE = 20


def require_known(document: Mapping[str, Any]) -> None:
    """Raises UsageError for a document that has what codehub cannot apply: a person has added it."""
    for name, service in document["services"].items():
        unknown = sorted(set(service) - _KNOWN)
        missing = sorted({"image", "container_name", "networks"} - set(service))
        if unknown or missing:
            said = f"it has {', '.join(unknown)}" if unknown else f"it has no {', '.join(missing)}"
            raise UsageError(
                "compose.yaml has more in it than codehub can apply.",
                why=f"The service {name}: {said}.",
                fix="Bring it up with `docker compose up -d`, or let codehub write it anew: --overwrite compose.yaml",
            )


def order(document: Mapping[str, Any]) -> list[str]:
    """The services, each after those that it depends on."""
    services = document["services"]
    done: list[str] = []
    while len(done) < len(services):
        ready = [
            name for name, one in services.items() if name not in done and set(one.get("depends_on", ())) <= {*done}
        ]
        if not ready:
            raise UsageError("The services of compose.yaml depend on each other in a circle.", fix="Mend depends_on.")
        done += ready
    return done


def marks(document: Mapping[str, Any], folder: Path, contents: Mapping[str, bytes], env: Env = None) -> dict[str, str]:
    """By service, a hash of all that its container is made from: its lines, its files and its image as it is now.

    contents: files of the folder as they will be, by path; others are read from the disk.
    """
    result = {}
    with connection(env) as client:
        for name, service in document["services"].items():
            hashes = {path: file_hash(folder, path, contents) for path in files_of(service)}
            made_from = [service, hashes, _image_id(client, service["image"])]
            result[name] = content_hash(json.dumps(made_from, sort_keys=True).encode())
    return result


async def up(
    document: Mapping[str, Any], folder: Path, wanted: Mapping[str, str], reporter: Reporter, env: Env = None
) -> tuple[str, ...]:
    """Make networks, volumes and containers as the document says; returns the services that were made anew.

    wanted: `marks`; a container that has its mark is only started. One that cannot be started is taken back: what
    ran before runs again. Raises StepFailed with Docker's reason.
    """
    require_known(document)
    await asyncio.to_thread(_foundations, document, env)
    fresh = []
    for name in order(document):
        title = f"Container {document['services'][name]['container_name']}"
        reporter.task(name, title, TaskState.RUNNING)
        try:
            made = await asyncio.to_thread(_service, document, folder, name, wanted[name], env)
        except BaseException:
            reporter.task(name, title, TaskState.FAILED)
            raise
        reporter.task(name, title, TaskState.DONE, detail="made" if made else "as it was")
        fresh += [name] if made else []
    return tuple(fresh)


def _foundations(document: Mapping[str, Any], env: Env) -> None:
    from docker.errors import NotFound

    project = document["name"]
    with connection(env, timeout=PATIENCE) as client:
        for key, network in document["networks"].items():
            labels = {**network.get("labels", {}), f"{COMPOSE}.project": project, f"{COMPOSE}.network": key}
            try:
                client.api.inspect_network(network["name"])
            except NotFound:
                client.api.create_network(network["name"], driver="bridge", check_duplicate=True, labels=labels)
        for key, volume in document.get("volumes", {}).items():
            labels = {**volume.get("labels", {}), f"{COMPOSE}.project": project, f"{COMPOSE}.volume": key}
            client.api.create_volume(volume["name"], labels=labels)


def _service(document: Mapping[str, Any], folder: Path, name: str, mark: str, env: Env) -> bool:
    """Have the container of a service as it should be, and running; whether it was made anew."""
    from docker.errors import NotFound

    service = document["services"][name]
    container = service["container_name"]
    with connection(env, timeout=PATIENCE) as client:
        before = container + _OLD
        found = _found(client, container, before)
        if found and (found["Config"].get("Labels") or {}).get(MARK) == mark:
            _join_editors(client, document["name"], container)
            if not found["State"]["Running"]:
                client.api.start(container)
            return False
        try:
            if found:
                client.api.stop(container, timeout=_STOP_PATIENCE)
                client.api.rename(container, before)
            config = container_config(client, document, folder, name, mark)
            client.api.create_container_from_config(config, container)  # type: ignore[no-untyped-call]
            _join_editors(client, document["name"], container)
            client.api.start(container)
        except BaseException as error:
            _take_back(client, container, before, there=bool(found))
            raise _reason(error, container) from error
        with contextlib.suppress(NotFound):
            client.api.remove_container(before, force=True)
    return True


def _found(client: DockerClient, container: str, before: str) -> dict[str, Any] | None:
    """The container as it is, what a run that was cut short left of it being put right; None where there is none.

    Such a run may have put the old one aside (`before`): it is needed no more once the new one was started.
    """
    new, old = _inspected(client, container), _inspected(client, before)
    if old is None:
        return new
    if new and not new["State"]["StartedAt"].startswith(_NEVER):
        client.api.remove_container(before, force=True)
        return new
    if new:
        client.api.remove_container(container, force=True)
    client.api.rename(before, container)
    return _inspected(client, container)


def _inspected(client: DockerClient, container: str) -> dict[str, Any] | None:
    from docker.errors import NotFound

    try:
        return cast("dict[str, Any]", client.api.inspect_container(container))
    except NotFound:
        return None


def _take_back(client: DockerClient, container: str, before: str, *, there: bool) -> None:
    """Run again what ran before, as far as Docker lets us: what went wrong before this is what has to be said."""
    from docker.errors import APIError
    from requests import RequestException

    with contextlib.suppress(APIError, RequestException):
        if not there:
            client.api.remove_container(container, force=True)
        elif _found(client, container, before):
            client.api.start(container)


def _reason(error: BaseException, container: str) -> BaseException:
    from docker.errors import APIError

    if not isinstance(error, APIError):
        return error
    said = str(error.explanation or error)
    taken = "port is already allocated" in said or "address already in use" in said
    fix = "Stop what listens there, or choose another target.expose.port." if taken else "Mend that and apply again."
    return refused(f"The container {container} could not be started.", error, fix=fix)


def _join_editors(client: DockerClient, project: str, container: str) -> None:
    """Bring the container onto the networks of running editors; the hub does so too, but only after a while."""
    from docker.errors import APIError

    labelled = client.api.networks(filters={"label": [f"{PROJECT}={project}", USER]})
    alias = ["jupyterhub"] if container.endswith("-hub") else None
    for network in labelled:
        try:
            client.api.connect_container_to_network(container, network["Id"], aliases=alias)
        except APIError as error:
            if "already exists" not in str(error):
                raise


def _image_id(client: DockerClient, reference: str) -> str:
    from docker.errors import NotFound

    try:
        return str(client.images.get(reference).attrs["Id"])
    except NotFound:
        return ""
