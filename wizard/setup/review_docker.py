"""What is wrong with the answers about one Docker host taken together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wizard.setup.problems import Problem

if TYPE_CHECKING:
    from wizard.setup.model import Setup


def docker_problems(setup: Setup) -> Iterator[Problem]:
    """Every problem of a Docker host's answers; none for other targets."""
    if setup.target.kind != "docker":
        return
    if len(setup.build.platforms) > 1:
        yield Problem(
            "build.platforms", "one Docker host runs images of one platform", "Name the platform of that machine."
        )
    yield from _tls(setup)


def _tls(setup: Setup) -> Iterator[Problem]:
    docker, expose = setup.target.docker, setup.target.expose
    if docker.tls == "none":
        if expose.host:
            yield Problem(
                "target.docker.tls",
                "without TLS, passwords cross the network in the clear",
                "Choose files or letsencrypt; or, behind a TLS proxy of your own, set target.docker.address=127.0.0.1.",
                level="warning",
            )
        return
    if not expose.host:
        yield Problem("target.expose.host", "is needed for TLS", "Write the name that the certificate is for.")
    if docker.redirect_port == expose.port:
        yield Problem("target.docker.redirect_port", "is the hub's own port", "Write 80, or 0 for none.")
    if docker.tls == "files":
        for name in ("certificate", "key"):
            if not getattr(docker, name):
                yield Problem(
                    f"target.docker.{name}", "is needed for TLS by your own certificate", "Name the PEM file."
                )
            elif ":" in getattr(docker, name):
                yield Problem(f"target.docker.{name}", "a path with ':' cannot be mounted", "Rename the file.")
        return
    if setup.hub.proxy != "traefik":
        yield Problem("hub.proxy", "only Traefik gets certificates from Let's Encrypt", "Set hub.proxy=traefik.")
    if docker.acme_server.startswith("http:"):
        yield Problem("target.docker.acme_server", "ACME is spoken over https only", "Write its https address.")
    if expose.port != 443:
        yield Problem(
            "target.expose.port",
            "Let's Encrypt asks at port 443; something must lead from there to this port",
            "Set target.expose.port=443.",
            str(expose.port),
            "warning",
        )
