"""What to say when the Docker daemon does not answer, or refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.errors import MissingError, StepFailed
from wizard.text import clean, without_credentials
from wizard.tools.build_causes import DISK_FULL, DOCKER_DISK

if TYPE_CHECKING:
    from docker.errors import APIError


def refused(
    what: str, error: APIError, *, fix: str = "Try again; if it stays, look into the daemon's log."
) -> StepFailed:
    """The daemon's answer to a request as an error: `what` could not be done, and `fix` unless its disk is full."""
    said = tidy(str(error.explanation or error))
    if re.search(DISK_FULL, said):
        return StepFailed(what, why=f"{DOCKER_DISK.why} {said}", fix=DOCKER_DISK.fix, address=DOCKER_DISK.address)
    return StepFailed(what, why=said, fix=fix)


def unreachable(host: str, reason: str) -> MissingError:
    """What to say when the daemon at `host` does not answer; `reason` is the SDK's or the CLI's message."""
    what = f"The Docker daemon at {without_credentials(host)} does not answer."
    if "PermissionError" in reason or "permission denied" in reason.lower():
        return MissingError(
            f"You may not use the Docker daemon at {without_credentials(host)}.",
            why="Your user has no access to its socket.",
            fix="Add yourself to the group: `sudo usermod -aG docker $USER`, then log in again.",
            address="docker-permission",
        )
    if "certificate" in reason.lower() or "tls" in reason.lower():
        fix = "Check DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, and that the certificates there belong to this daemon."
    elif "paramiko" in reason:
        fix = "Install paramiko where codehub is installed (`pipx inject codehub-wizard paramiko`)."
    elif host.startswith("unix://"):
        fix = "Start it: `sudo systemctl start docker`, or open Docker Desktop. `docker info` shows when it is ready."
    else:
        fix = "Check DOCKER_HOST, or choose another with `docker context use NAME`, and that the host is up."
    return MissingError(what, why=tidy(_root_cause(reason)), fix=fix, address="docker-daemon")


def no_context(name: str, why: str) -> MissingError:
    """What to say when the docker CLI's context of that name cannot be used."""
    return MissingError(
        f"The Docker context {name} cannot be used.",
        why=why,
        fix="See `docker context ls`, choose one with `docker context use NAME`, or unset DOCKER_CONTEXT.",
        address="docker-context",
    )


def _root_cause(reason: str) -> str:
    """The operating system's words inside a nest of Python exceptions."""
    for known, said in (
        ("FileNotFoundError", "Its socket does not exist: the daemon is not running."),
        ("Connection refused", "Nothing listens there: the daemon is not running."),
        ("ConnectionRefusedError", "Nothing listens there: the daemon is not running."),
        ("ConnectionResetError", "The connection broke off: the daemon went away."),
        ("RemoteDisconnected", "The connection broke off: the daemon went away."),
        ("ProtocolError", "The connection broke off: the daemon went away."),
    ):
        if known in reason:
            return said
    return reason.removeprefix("Error while fetching server API version: ")


def tidy(text: str) -> str:
    """Docker's words on one line, without passwords and control characters."""
    return clean(without_credentials(" ".join(text.split())))
