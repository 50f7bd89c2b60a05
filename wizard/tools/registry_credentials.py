"""What the docker CLI logs in with at a registry, for a cluster's pull secret only: never shown, never logged."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field

from wizard.errors import MissingError, UsageError
from wizard.tools import docker_config

_HUB = "docker.io"
_HUB_KEY = "https://index.docker.io/v1/"
_SHORT_LIVED = frozenset({"ecr-login", "gcloud", "gcr", "acr-env", "acr"})
"""Helpers whose passwords are good for some hours only."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A login at `host`. short_lived: whether it expires by itself within hours."""

    host: str
    username: str
    password: str = field(repr=False)
    short_lived: bool = False

    def docker_config(self) -> str:
        """The content of a secret of type kubernetes.io/dockerconfigjson."""
        auth = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        entry = {"username": self.username, "password": self.password, "auth": auth}
        return json.dumps({"auths": {_key(self.host): entry}})


def login_key(registry: str) -> str:
    """Under which name docker keeps the login for a registry, with or without a path (empty: Docker Hub)."""
    return _key(_host(registry))


async def credentials(registry: str) -> Credentials:
    """The login for a registry, with or without a path (`ghcr.io/acme`; empty: Docker Hub).

    From ~/.docker/config.json (or DOCKER_CONFIG) and its credential helpers. Raises MissingError when there is no
    login or it cannot be read, UsageError for one that a cluster cannot use.
    """
    return await asyncio.to_thread(_credentials, registry)


def _credentials(registry: str) -> Credentials:
    from docker.errors import DockerException

    host = _host(registry)
    config = docker_config.load()
    fix = f"Log in with `docker login {host}`, or name an existing secret (target.pull_secret)."
    try:
        found = config.resolve_authconfig(host) or {}
    except DockerException as error:
        raise MissingError(f"The login at {host} could not be read.", why=type(error).__name__, fix=fix) from error
    if found.get("IdentityToken") or found.get("identitytoken"):
        raise UsageError(
            f"The login at {host} is of a kind that clusters cannot use.",
            why="It is an identity token; a pull secret holds a user name and a password.",
            fix=f"Make an access token for pulling there, and log in with that: `docker login {host}`.",
        )
    username = str(found.get("Username") or found.get("username") or "")
    password = str(found.get("Password") or found.get("password") or "")
    if not (username and password):
        raise MissingError(
            f"This machine is not logged in at {host}.", why="docker's configuration has no login for it.", fix=fix
        )
    helper = str(config.get_credential_store(host) or "")
    return Credentials(host=host, username=username, password=password, short_lived=helper in _SHORT_LIVED)


def _host(registry: str) -> str:
    from docker import auth

    return str(auth.resolve_repository_name(f"{registry}/image" if registry else "image")[0])


def _key(host: str) -> str:
    return _HUB_KEY if host == _HUB else host
