"""The places where versions are published, asked the way the user's machine asks them.

Every function here raises SourceError, and nothing else, when its place cannot be read.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.catalog import parse
from wizard.catalog.machine import ca_files, pip_setting
from wizard.catalog.models import ChartRelease, CodeServerTag
from wizard.catalog.network import SourceError, open_address
from wizard.errors import CodehubError
from wizard.tools import process

CODE_SERVER_GIT = "https://github.com/coder/code-server"
CHART_REPOSITORY = "https://hub.jupyter.org/helm-chart/"
CODE_SERVER_IMAGE = "docker.io/codercom/code-server"
NPM_PACKAGE = "code-server"

INDEX_LIMIT = 64_000_000
_PACKUMENT_LIMIT = 64_000_000


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look, and how long.

    code_server_git: any address that git takes; npm_registry: empty for what the user's npm is set up to use;
    ca_bundle: a file with CAs to trust besides; timeout: seconds for each place; offline: look nowhere.
    """

    code_server_git: str = CODE_SERVER_GIT
    npm_registry: str = ""
    chart_repository: str = CHART_REPOSITORY
    code_server_image: str = CODE_SERVER_IMAGE
    ca_bundle: str = ""
    timeout: float = 20.0
    offline: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Sources:
        """What CODEHUB_CODE_SERVER_GIT, CODEHUB_NPM_REGISTRY, CODEHUB_CHART_REPOSITORY, CODEHUB_CODE_SERVER_IMAGE,
        CODEHUB_CA_BUNDLE and CODEHUB_OFFLINE say, the rest as usual.
        """  # noqa: D205
        return cls(
            code_server_git=environ.get("CODEHUB_CODE_SERVER_GIT") or CODE_SERVER_GIT,
            npm_registry=environ.get("CODEHUB_NPM_REGISTRY", ""),
            chart_repository=environ.get("CODEHUB_CHART_REPOSITORY") or CHART_REPOSITORY,
            code_server_image=environ.get("CODEHUB_CODE_SERVER_IMAGE") or CODE_SERVER_IMAGE,
            ca_bundle=environ.get("CODEHUB_CA_BUNDLE", ""),
            offline=environ.get("CODEHUB_OFFLINE", "").lower() not in {"", "0", "no", "false"},
        )


def git_tags(sources: Sources) -> tuple[CodeServerTag, ...]:
    """The tags of code-server's repository, by `git ls-remote`."""
    argv = ["git", "ls-remote", "--tags", "--quiet", "--", sources.code_server_git]
    names = parse.parse_ls_remote(run_tool(argv, git_environment(sources), sources.timeout))
    tags = parse.tags_from_names(names)
    if not tags:
        raise SourceError(f"{sources.code_server_git} has no code-server tags")
    return tags


def npm_tags(sources: Sources) -> tuple[CodeServerTag, ...]:
    """The versions that npm has, by the user's npm and its configuration; without npm, by its registry's address."""
    package = _npm_view(sources) if shutil.which("npm") else _packument(sources)
    tags = parse.tags_from_npm(package)
    if not tags:
        raise SourceError(f"npm knows no versions of {NPM_PACKAGE}")
    return tags


def chart_releases(sources: Sources, repository: str = "") -> tuple[ChartRelease, ...]:
    """The releases in a chart repository's index, or under an OCI reference (`oci://HOST/PATH/CHART`)."""
    from wizard.catalog import charts, index, local, registry

    address = repository or sources.chart_repository
    if address.startswith("oci://"):
        tags = registry.tags(address.removeprefix("oci://"), ca_bundle=sources.ca_bundle, timeout=sources.timeout)
        found = [charts.with_index(tag, jupyterhub="", kube_version="", published=None) for tag in tags]
        releases = tuple(release for release in found if release is not None)
        if not releases:
            raise SourceError(f"{address} has no chart versions")
        return tuple(sorted(releases, key=lambda release: release.order, reverse=True))
    if "://" not in address:
        return (local.read_chart(address),)
    stream, _ = open_address(
        address.rstrip("/") + "/index.yaml", timeout=sources.timeout, limit=INDEX_LIMIT, ca_bundle=sources.ca_bundle
    )
    with stream:
        try:
            return index.parse_index(stream)
        except ValueError as error:
            raise SourceError(f"{address} could not be read: {error}") from error


def image_tags(sources: Sources, image: str = "") -> tuple[str, ...]:
    """The tags of an image's repository in its registry, as the registry orders them."""
    from wizard.catalog import registry

    name = image or sources.code_server_image
    return tuple(registry.tags(name, ca_bundle=sources.ca_bundle, timeout=sources.timeout))


def git_environment(sources: Sources) -> dict[str, str]:
    """What git is told besides the user's configuration: never ask, and the CAs and the proxy of this machine."""
    environment = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "SSH_ASKPASS": "true", "LC_ALL": "C.UTF-8"}
    if "GIT_SSH_COMMAND" not in os.environ:
        environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes -o ConnectTimeout=10"
    # git takes one file instead of the system's: only when the user names one for this.
    if sources.ca_bundle and ca_files(sources.ca_bundle):
        environment["GIT_SSL_CAINFO"] = sources.ca_bundle
    return environment | _proxy_environment()


def _proxy_environment() -> dict[str, str]:
    proxy = pip_setting("proxy")
    if not proxy or any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return {}
    return {"HTTPS_PROXY": proxy, "https_proxy": proxy}


def _npm_view(sources: Sources) -> parse.NpmPackage:
    argv = ["npm", "view", NPM_PACKAGE, "versions", "time", "version", "engines", "--json"]
    environment = {"NPM_CONFIG_UPDATE_NOTIFIER": "false", "NPM_CONFIG_FETCH_RETRIES": "1", **_proxy_environment()}
    if sources.npm_registry:
        environment["NPM_CONFIG_REGISTRY"] = sources.npm_registry
    if sources.ca_bundle:
        environment["NPM_CONFIG_CAFILE"] = sources.ca_bundle
    return parse.parse_npm_view(run_tool(argv, environment, sources.timeout))


def _packument(sources: Sources) -> parse.NpmPackage:
    address = sources.npm_registry or next(
        (value for name, value in os.environ.items() if name.lower() == "npm_config_registry" and value), ""
    )
    if not address:
        raise SourceError("npm is not installed, and CODEHUB_NPM_REGISTRY names no registry")
    stream, _ = open_address(
        f"{address.rstrip('/')}/{NPM_PACKAGE}",
        timeout=sources.timeout,
        limit=_PACKUMENT_LIMIT,
        headers={"Accept": "application/json"},
        ca_bundle=sources.ca_bundle,
    )
    with stream:
        return parse.parse_packument(stream.read().decode(errors="replace"))


_running: set[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = set()
_at_exit = threading.Event()


def run_tool(argv: Sequence[str], environment: Mapping[str, str], timeout: float) -> str:
    """The output of a program; SourceError with its last words when it fails, is missing or is too slow."""
    if not _at_exit.is_set():
        _at_exit.set()
        atexit.register(_end_all)
    try:
        done = asyncio.run(_watched(argv, environment, timeout))
    except CodehubError as error:
        raise SourceError(error.what) from error
    except (asyncio.CancelledError, OSError, ValueError) as error:
        raise SourceError(f"{argv[0]} was stopped: {error}") from error
    if not done.ok:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        words = next((line for line in lines if _tells(line)), lines[-1] if lines else f"exit code {done.returncode}")
        raise SourceError(f"{argv[0]}: {words[:300]}")
    return done.stdout


def _tells(line: str) -> bool:
    return line.startswith(("fatal: ", "npm error code ", "npm error network ", "npm ERR! code "))


async def _watched(argv: Sequence[str], environment: Mapping[str, str], timeout: float) -> process.Completed:
    task = asyncio.current_task()
    entry = (asyncio.get_running_loop(), task) if task is not None else None
    if entry:
        _running.add(entry)
    try:
        return await process.run(argv, env=environment, timeout=timeout)
    finally:
        if entry:
            _running.discard(entry)


def _end_all() -> None:
    """At the end of codehub no git or npm that it started may go on."""
    for loop, task in tuple(_running):
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(task.cancel)
    end = threading.Event()
    for _ in range(100):
        if not _running:
            return
        end.wait(0.02)
