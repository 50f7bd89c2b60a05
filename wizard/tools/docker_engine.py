"""The Docker daemon, asked through the docker SDK: is it there, what is it, which images does it have.

Every function takes `env`, variables added to this process's (DOCKER_HOST, DOCKER_CONTEXT, DOCKER_TLS_VERIFY,
DOCKER_CERT_PATH), so that one daemon among several can be meant, such as minikube's. Without them the docker
CLI's current context is followed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wizard.errors import StepFailed
from wizard.text import without_credentials
from wizard.tools import docker_config
from wizard.tools.docker_errors import no_context, refused, tidy, unreachable

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.context import Context

PING_TIMEOUT = 10
"""Seconds that a daemon may take to answer a short question."""

_DEFAULT_HOST = "unix:///var/run/docker.sock"

Env = Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A Docker daemon. `free_bytes` is what its disk still has, None where this machine cannot see that disk.

    rootless: it runs without root's rights, in namespaces of the user who started it.
    """

    endpoint: str
    version: str
    api_version: str
    os: str
    arch: str
    name: str
    storage_driver: str
    containerd_store: bool
    data_root: str
    cpus: int
    memory_bytes: int
    free_bytes: int | None
    insecure_registries: tuple[str, ...] = ()
    rootless: bool = False


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that the daemon has. `size` is in bytes; the id's meaning differs between stores, digests do not."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size: int
    layers: tuple[str, ...]
    platform: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def repository_digest(self) -> str:
        """`sha256:…` of the manifest in a registry; empty when the image was neither pushed nor pulled."""
        return self.digests[0].partition("@")[2] if self.digests else ""


async def describe(env: Env = None) -> Engine:
    """Ask the daemon what it is; raises MissingError, with the remedy, when it does not answer."""
    return await asyncio.to_thread(_describe, env)


async def image(reference: str, env: Env = None) -> Image | None:
    """The image of that name, id or digest as the daemon has it, or None; MissingError without a daemon."""
    return await asyncio.to_thread(_image, reference, env)


async def tags(repository: str, env: Env = None) -> tuple[str, ...]:
    """The tags that the daemon has of a repository; MissingError without a daemon."""
    return await asyncio.to_thread(_tags, repository, env)


async def tag(reference: str, new_reference: str, env: Env = None) -> None:
    """Give an image one more name; raises StepFailed when there is no such image."""
    await asyncio.to_thread(_tag, reference, new_reference, env)


async def remove(reference: str, env: Env = None) -> bool:
    """Take a name away from an image, and the image with its last name; False when it was not there."""
    return await asyncio.to_thread(_remove, reference, env)


@contextlib.contextmanager
def connection(env: Env = None, *, timeout: float = PING_TIMEOUT) -> Iterator[DockerClient]:
    """A client of the daemon, closed at the end; for use in a worker thread, every call blocks.

    timeout: seconds without a byte after which a call fails. Raises MissingError when the daemon cannot be
    reached; errors of the SDK inside the block are turned into CodehubErrors.
    """
    import docker
    import requests

    docker_config.load()
    merged = {**os.environ, **(env or {})}
    host = endpoint(env)
    try:
        client = docker.DockerClient(**docker_config.client_parameters(merged, timeout))
    except (docker.errors.DockerException, requests.RequestException, OSError, ValueError) as error:
        raise unreachable(host, str(error)) from error
    try:
        yield client
    except requests.ConnectionError as error:
        raise unreachable(host, str(error)) from error
    except requests.Timeout as error:
        raise unreachable(host, "It does not answer in time.") from error
    except docker.errors.APIError as error:
        raise refused("The Docker daemon refused a request.", error) from error
    finally:
        client.close()


def endpoint(env: Env = None) -> str:
    """The daemon's address as the docker CLI would choose it; MissingError when its context does not exist."""
    merged = {**os.environ, **(env or {})}
    if merged.get("DOCKER_HOST"):
        return merged["DOCKER_HOST"]
    from docker.context import ContextAPI
    from docker.context.config import get_current_context_name
    from docker.errors import DockerException
    from docker.utils.config import find_config_file

    name = merged.get("DOCKER_CONTEXT") or get_current_context_name() or "default"
    try:
        found = cast("Context | None", ContextAPI.get_context(name))
    except (DockerException, OSError, ValueError) as error:
        raise no_context(name, tidy(str(error))) from error
    if found is None:
        # The SDK would silently talk to the default daemon instead.
        beside = "" if find_config_file() else " (contexts are kept beside ~/.docker/config.json, which is missing)"
        raise no_context(name, f"There is no such context{beside}.")
    return str(found.Host or _DEFAULT_HOST)


def _describe(env: Env) -> Engine:
    with connection(env) as client:
        version = client.version()
        info = client.info()
        host = endpoint(env)
    status = info.get("DriverStatus") or []
    root = str(info.get("DockerRootDir", ""))
    registry = info.get("RegistryConfig") or {}
    return Engine(
        endpoint=without_credentials(host),
        version=str(version.get("Version", "")),
        api_version=str(version.get("ApiVersion", "")),
        os=str(info.get("OperatingSystem", "")),
        arch=str(version.get("Arch", "")),
        name=str(info.get("Name", "")),
        storage_driver=str(info.get("Driver", "")),
        containerd_store=["driver-type", "io.containerd.snapshotter.v1"] in status,
        data_root=root,
        cpus=int(info.get("NCPU") or 0),
        memory_bytes=int(info.get("MemTotal") or 0),
        free_bytes=_free(host, root, str(info.get("Name", ""))),
        insecure_registries=tuple(registry.get("InsecureRegistryCIDRs") or ()),
        rootless="name=rootless" in (info.get("SecurityOptions") or ()),
    )


def _free(host: str, root: str, name: str) -> int | None:
    """Free bytes of the daemon's disk; None for a daemon in a VM or on another machine, whose disk is not ours."""
    if not root or not host.startswith("unix://") or name != os.uname().nodename:
        return None
    folder = Path(root)
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _image(reference: str, env: Env) -> Image | None:
    from docker.errors import NotFound

    with connection(env) as client:
        try:
            found: dict[str, Any] = client.images.get(reference).attrs
        except NotFound:
            return None
    platform = "/".join(filter(None, (found.get("Os"), found.get("Architecture"), found.get("Variant"))))
    return Image(
        id=str(found["Id"]),
        tags=_strings(found.get("RepoTags")),
        digests=_strings(found.get("RepoDigests")),
        size=int(found.get("Size") or 0),
        layers=_strings((found.get("RootFS") or {}).get("Layers")),
        platform=platform,
        labels=dict((found.get("Config") or {}).get("Labels") or {}),
    )


def _tags(repository: str, env: Env) -> tuple[str, ...]:
    with connection(env) as client:
        names = [name for found in client.images.list(name=repository) for name in found.tags]
    return tuple(tag for name, tag in map(split_tag, names) if name == repository)


def _strings(values: Sequence[object] | None) -> tuple[str, ...]:
    return tuple(str(value) for value in values or ())


def _tag(reference: str, new_reference: str, env: Env) -> None:
    from docker.errors import NotFound

    repository, tag_name = split_tag(new_reference)
    with connection(env) as client:
        try:
            client.api.tag(reference, repository, tag_name)
        except NotFound as error:
            raise StepFailed(
                f"There is no image {reference} to be tagged.",
                why="The Docker daemon does not have it.",
                fix="Build it again with `codehub apply`.",
            ) from error


def _remove(reference: str, env: Env) -> bool:
    from docker.errors import NotFound

    with connection(env) as client:
        try:
            client.api.remove_image(reference)
        except NotFound:
            return False
    return True


def split_tag(reference: str) -> tuple[str, str]:
    """Repository and tag of a reference without a digest; the tag is `latest` when it names none."""
    head, colon, tail = reference.rpartition(":")
    if colon and "/" not in tail:
        return head, tail
    return reference, "latest"
