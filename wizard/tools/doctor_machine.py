"""Checks of this machine: Python, git, the setup folder, proxies and company certificates."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping

from wizard.text import clean, without_credentials
from wizard.tools import process
from wizard.tools.doctor_model import Check, Finding, Scope, State

_PROXY_NAMES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
_CA_NAMES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "PIP_CERT")
_ROOM_FOR_FILES = 100 * 10**6
"""Bytes that the files and logs of a setup may come to."""

_FILES = 1000
"""Files that a setup may come to, the logs of its runs among them."""


async def _python(_scope: Scope) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding(
            name="python",
            title="Python",
            state=State.WARN,
            found=found,
            why="codehub is tested with Python 3.11 to 3.13.",
            fix="Install codehub with one of these, for example by `pipx install --python 3.12 codehub-wizard`.",
        )
    return Finding(name="python", title="Python", state=State.OK, found=found, why="Runs codehub.")


async def _git(scope: Scope) -> Finding:
    wanted = scope.method == "source"
    purpose = (
        "Fetches code-server's sources." if wanted else "Only needed to keep the setup folder under version control."
    )
    if process.find("git") is None:
        return Finding(
            name="git",
            title="git",
            state=State.WARN if wanted else State.OK,
            found="" if wanted else "not installed",
            why=purpose,
            fix="Install git." if wanted else "",
            command="sudo apt-get install git" if wanted else "",
        )
    done = await process.run(["git", "--version"], timeout=10)
    if not done.ok:
        return Finding(
            name="git",
            title="git",
            state=State.WARN,
            why=f"`git --version` ended with exit code {done.returncode}: {clean(done.stderr.strip())}",
            fix="Install git again.",
        )
    return Finding(
        name="git", title="git", state=State.OK, found=done.stdout.strip().removeprefix("git version "), why=purpose
    )


async def _folder(scope: Scope) -> Finding:
    folder, title = scope.folder.absolute(), "Setup folder"
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK) or _read_only(str(existing)):
        return Finding(
            name="folder",
            title=title,
            state=State.MISSING,
            found=str(folder),
            why=f"{existing} cannot be written to." if existing.is_dir() else f"{existing} is not a folder.",
            fix="Name a folder in which you may make files.",
            command="mkdir -p ~/codehub && codehub doctor ~/codehub",
        )
    free = shutil.disk_usage(existing).free
    if free < _ROOM_FOR_FILES:
        return Finding(
            name="folder",
            title=title,
            state=State.WARN,
            found=f"{free / 1e6:.0f} MB free in {existing}",
            why="Files and logs need about 100 MB.",
            fix="Free space on this disk.",
        )
    disk = os.statvfs(existing)
    if disk.f_files and disk.f_favail < _FILES:
        return Finding(
            name="folder",
            title=title,
            state=State.WARN,
            found=f"room for {disk.f_favail} more files in {existing}",
            why="The inodes of this disk are used up, or nearly so: no files can be made, whatever their size.",
            fix="Remove files that nobody needs there.",
            command="df -i",
        )
    return Finding(name="folder", title=title, state=State.OK, found=str(folder), why="Holds files, state and logs.")


def _read_only(path: str) -> bool:
    """Whether the file system is mounted read-only, which permission bits do not show to root."""
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


async def _network(scope: Scope) -> Finding:
    return proxies(os.environ, scope)


def proxies(environment: Mapping[str, str], scope: Scope) -> Finding:
    """What the environment says of proxies and certificates, and whether builds will know of it."""
    name, title = "network", "Proxy and certificates"
    lower = {key: environment.get(key, "") for key in _PROXY_NAMES}
    upper = {key: environment.get(key.upper(), "") for key in _PROXY_NAMES}
    differing = [key for key in _PROXY_NAMES if lower[key] and upper[key] and lower[key] != upper[key]]
    proxy = next(
        (lower[key] or upper[key] for key in _PROXY_NAMES if key != "no_proxy" and (lower[key] or upper[key])), ""
    )
    authority = next((key for key in _CA_NAMES if environment.get(key)), "")
    found = ", ".join(
        filter(None, (without_credentials(clean(proxy)), authority and f"{authority}={clean(environment[authority])}"))
    )
    if differing:
        key = differing[0]
        return Finding(
            name=name,
            title=title,
            state=State.WARN,
            found=found,
            why=f"{key} and {key.upper()} differ; programs take the one or the other.",
            fix="Give both the same value.",
            command=f'export {key}="${key.upper()}"',
        )
    if authority and not scope.ca_bundle and scope.target != "local":
        return Finding(
            name=name,
            title=title,
            state=State.WARN,
            found=found,
            why="This machine trusts a CA bundle of its own; downloads inside the image builds do not know it.",
            fix="If a company proxy inspects TLS, tell the builds.",
            command=f"codehub init --set build.ca_bundle={clean(environment[authority])}",
        )
    if proxy and not (lower["no_proxy"] or upper["no_proxy"]):
        return Finding(
            name=name,
            title=title,
            state=State.WARN,
            found=found,
            why="There is a proxy but no NO_PROXY: the cluster and a local registry are then asked through the proxy.",
            fix="List what is reached directly.",
            command="export NO_PROXY=localhost,127.0.0.1,.svc,.cluster.local",
        )
    return Finding(
        name=name, title=title, state=State.OK, found=found or "none set", why="Taken over by downloads and builds."
    )


CHECKS: tuple[Check, ...] = (
    Check(name="folder", title="Setup folder", ask=_folder, needed_by=frozenset({"kubernetes", "docker", "local"})),
    Check(name="python", title="Python", ask=_python),
    Check(name="git", title="git", ask=_git),
    Check(name="network", title="Proxy and certificates", ask=_network),
)
