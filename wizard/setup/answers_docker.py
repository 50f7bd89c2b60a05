"""Answers about one Docker host: names, addresses, TLS, and what becomes of running editors at an upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from wizard.setup import rules, rules_network
from wizard.setup.ask import Answers, Ask, Choice, OptionalPath, OptionalUrl

if TYPE_CHECKING:
    from wizard.setup.model import Setup

DockerTls = Literal["none", "files", "letsencrypt"]
Recycle = Literal["keep", "recycle"]


def on_docker(setup: Setup) -> bool:
    """Whether a question for one Docker host applies."""
    return setup.target.kind == "docker"


def _files(setup: Setup) -> bool:
    return on_docker(setup) and setup.target.docker.tls == "files"


def _letsencrypt(setup: Setup) -> bool:
    return on_docker(setup) and setup.target.docker.tls == "letsencrypt"


def _any_tls(setup: Setup) -> bool:
    return _files(setup) or _letsencrypt(setup)


class DockerHost(Answers):
    """JupyterHub on one Docker host."""

    name: Annotated[
        str,
        AfterValidator(rules.release),
        Ask(
            "Name",
            "The project: all containers, networks and volumes begin with it. Another name is another hub.",
            "compose.yaml: name: {value}",
            when=on_docker,
        ),
    ] = "codehub"
    tls: Annotated[
        DockerTls,
        Ask(
            "TLS",
            "Where the certificate comes from. Without TLS, passwords cross the network in the clear.",
            "compose.yaml: services.proxy.command",
            (
                Choice("none", "none", "Plain http; for trying, or behind a TLS proxy of your own."),
                Choice("files", "own certificate", "Two PEM files of yours: the certificate and its key."),
                Choice("letsencrypt", "Let's Encrypt", "Traefik gets and renews it; the host must be on the internet."),
            ),
            when=on_docker,
        ),
    ] = "none"
    certificate: Annotated[
        OptionalPath,
        Ask(
            "Certificate",
            "The PEM file with the certificate and those between it and its authority.",
            "compose.yaml: services.proxy.volumes: {value}",
            when=_files,
            example="tls/hub.pem",
        ),
    ] = ""
    key: Annotated[
        OptionalPath,
        Ask(
            "Key",
            "The PEM file with the certificate's key, without a password.",
            "compose.yaml: services.proxy.volumes: {value}",
            when=_files,
            example="tls/hub.key",
        ),
    ] = ""
    email: Annotated[
        str,
        AfterValidator(rules.optional(rules_network.email)),
        Ask(
            "E-mail",
            "Where Let's Encrypt writes to when something is wrong with the certificate.",
            "traefik --certificatesresolvers.acme.acme.email={value}",
            when=_letsencrypt,
            example="admin@example.org",
        ),
    ] = ""
    acme_server: Annotated[
        OptionalUrl,
        Ask(
            "ACME server",
            "Another authority than Let's Encrypt that speaks ACME; empty: Let's Encrypt.",
            "traefik --certificatesresolvers.acme.acme.caserver={value}",
            when=_letsencrypt,
            advanced=True,
        ),
    ] = ""
    redirect_port: Annotated[
        int,
        Field(ge=0, le=65535),
        Ask(
            "Redirect port",
            "A second port, usually 80, that sends people on to https; 0: none.",
            "compose.yaml: services.proxy.ports",
            when=_any_tls,
        ),
    ] = 0
    address: Annotated[
        str,
        AfterValidator(rules.optional(rules_network.address)),
        Ask(
            "Listen on",
            "The address that the port is opened on; empty: all where a host name is given, else only this machine.",
            "compose.yaml: services.proxy.ports",
            when=on_docker,
            advanced=True,
            example="192.0.2.10",
        ),
    ] = ""
    editors: Annotated[
        Recycle,
        Ask(
            "Running editors",
            "What becomes of them when there is a newer notebook image; files are kept either way.",
            "codehub apply",
            (
                Choice("keep", "go on", "They get the new image when they are started the next time."),
                Choice("recycle", "are stopped", "Their people start them again, on the new image."),
            ),
            when=on_docker,
            advanced=True,
        ),
    ] = "keep"
    subnets: Annotated[
        str,
        AfterValidator(rules_network.subnets),
        Ask(
            "Address range",
            "Every running editor gets a small network of its own out of it; nothing else may use it here.",
            "docker network create --subnet …",
            when=on_docker,
            advanced=True,
        ),
    ] = "10.231.0.0/16"
