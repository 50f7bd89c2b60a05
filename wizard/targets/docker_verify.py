"""Proving that the hub of a Docker host works, at the address that people will use."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from wizard.errors import CodehubError
from wizard.render.compose import front_address
from wizard.render.secrets import Secrets
from wizard.reporting import Reporter
from wizard.run.folder import SetupFolder
from wizard.run.local_files import absolute
from wizard.setup.model import Setup
from wizard.tools import docker_engine, docker_host
from wizard.tools.verify_hub import CHECK_USER, Access, Verified, no_service, verify_hub, verify_user

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what listens there is asked on loopback


def door(setup: Setup) -> Access:
    """How this machine reaches the front door: by the name that people use, at the address that Docker listens on."""
    listens = front_address(setup)
    return Access(url=setup.docker_url.rstrip("/"), connect_to=_EVERYWHERE.get(listens, listens))


def access(setup: Setup, folder: SetupFolder, secrets: Secrets) -> Access:
    """The same, with what it takes to log in there."""
    docker = setup.target.docker
    return replace(
        door(setup),
        token=secrets.verify_token,
        certificate=str(absolute(folder.path, docker.certificate)) if docker.tls == "files" else "",
    )


async def verify(
    setup: Setup, folder: SetupFolder, secrets: Secrets, reporter: Reporter, *, user: bool, patience: float = 60.0
) -> Verified:
    """Check that the hub answers, and with `user` that a user gets an editor which nobody else can reach.

    Raises StepFailed that says what does not work, UsageError where the hub has no service for the check with a user,
    MissingError where Docker does not answer: nobody could get an editor then.
    """
    await docker_engine.describe()
    entry = access(setup, folder, secrets)
    if not user:
        found = await verify_hub([entry], reporter, patience=patience)
    elif entry.token and setup.target.verify == "user":
        try:
            found = await verify_user(entry, reporter, patience=patience)
        finally:
            with contextlib.suppress(CodehubError):
                await docker_host.remove_homes(setup.target.docker.name, CHECK_USER)
    else:
        raise no_service()
    reporter.notice(f"JupyterHub is at {setup.docker_url}", level="info")
    return found
