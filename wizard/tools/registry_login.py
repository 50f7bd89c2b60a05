"""Whether the docker CLI is logged in at a registry: told without ever reading a password out of a helper."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from wizard.errors import CodehubError
from wizard.foreign import load_json
from wizard.text import clean
from wizard.tools import docker_config, process

_HELPER_TIMEOUT = 15.0


class LoginKind(StrEnum):
    """Where the docker CLI has credentials for a registry."""

    NONE = "none"
    CONFIG = "config"
    HELPER = "helper"


@dataclass(frozen=True, kw_only=True)
class LoginState:
    """What is known about the login at `registry`.

    helper: the credential helper in charge (`osxkeychain`, `ecr-login`), empty for the plain config file;
    username: empty where it is not known; problem: why the credentials cannot be told or used, empty when all is well.
    """

    registry: str
    kind: LoginKind
    helper: str = ""
    username: str = ""
    problem: str = ""

    @property
    def logged_in(self) -> bool:
        """True when there are credentials; whether the registry still takes them only a push shows."""
        return self.kind is not LoginKind.NONE and not self.problem


async def login_state(registry: str) -> LoginState:
    """Look for credentials in ~/.docker/config.json (or DOCKER_CONFIG) and in its credential helpers.

    `registry` is a host with an optional port, such as `ghcr.io`; empty means Docker Hub. Never raises for what
    it finds: a broken file or a missing helper is the state's `problem`.
    """
    from docker import auth

    host = auth.resolve_index_name(registry or auth.INDEX_NAME)
    try:
        config = await asyncio.to_thread(docker_config.load)
    except CodehubError as error:
        return LoginState(registry=host, kind=LoginKind.NONE, problem=f"{error.what} {error.why}")
    helper = str(config.get_credential_store(host) or "")
    stored = {auth.resolve_index_name(key): entry for key, entry in config.auths.items()}
    if helper:
        state = await _ask_helper(host, helper)
        if state.kind is not LoginKind.NONE or state.problem:
            return state
    if entry := stored.get(host):
        return LoginState(registry=host, kind=LoginKind.CONFIG, username=clean(str(entry.get("username") or "")))
    return LoginState(registry=host, kind=LoginKind.NONE, helper=helper)


async def _ask_helper(host: str, helper: str) -> LoginState:
    from docker import auth

    program = f"docker-credential-{helper}"
    try:
        answer = await process.run([program, "list"], timeout=_HELPER_TIMEOUT)
        users = load_json(answer.stdout) if answer.ok else None
    except CodehubError as error:
        return LoginState(registry=host, kind=LoginKind.HELPER, helper=helper, problem=error.what)
    except ValueError:
        users = None
    if not isinstance(users, dict):
        # Helpers that fetch short-lived tokens, such as ecr-login, need not know `list`.
        return LoginState(registry=host, kind=LoginKind.HELPER, helper=helper)
    for key, username in users.items():
        if auth.resolve_index_name(key) == host:
            return LoginState(registry=host, kind=LoginKind.HELPER, helper=helper, username=clean(str(username)))
    return LoginState(registry=host, kind=LoginKind.NONE, helper=helper)
