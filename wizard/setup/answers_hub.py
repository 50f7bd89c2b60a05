"""Answers about the hub: who may log in, storage, resources, idle servers; the same for every target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from wizard.setup import rules
from wizard.setup.answers_target import not_here, on_kubernetes
from wizard.setup.ask import (
    Answers,
    Ask,
    Choice,
    OptionalMemory,
    OptionalName,
    OptionalUrl,
    Text,
    UserName,
)

if TYPE_CHECKING:
    from wizard.setup.model import Setup

AuthKind = Literal["shared-password", "native", "github", "google", "oidc", "dummy"]
OAUTH = frozenset({"github", "google", "oidc"})
"""Authenticators that send people to another site to log in, and so need a client id, secret and callback."""


def _oidc(setup: Setup) -> bool:
    return setup.hub.auth.kind == "oidc"


def _oauth(setup: Setup) -> bool:
    return setup.hub.auth.kind in OAUTH


class Oidc(Answers):
    """The endpoints of an OpenID Connect provider."""

    authorize_url: Annotated[
        OptionalUrl,
        Ask("Authorize address", "Where people log in.", "config.yaml: …authorize_url: {value}", when=_oidc),
    ] = ""
    token_url: Annotated[
        OptionalUrl, Ask("Token address", "Where codes become tokens.", "config.yaml: …token_url: {value}", when=_oidc)
    ] = ""
    userdata_url: Annotated[
        OptionalUrl,
        Ask(
            "User info address", "Where the user's name comes from.", "config.yaml: …userdata_url: {value}", when=_oidc
        ),
    ] = ""
    username_claim: Annotated[
        Text, Ask("User name claim", "The claim used as name.", "config.yaml: …username_claim: {value}", when=_oidc)
    ] = "preferred_username"


class Auth(Answers):
    """Who may log in, and how."""

    kind: Annotated[
        AuthKind,
        Ask(
            "Login",
            "How people log in. Everybody's editor is guarded by it.",
            "config.yaml: hub.config.JupyterHub.authenticator_class: {value}",
            (
                Choice("shared-password", "shared password", "One generated password for users, another for admins."),
                Choice("native", "sign-up", "People sign up, an admin approves them."),
                Choice("github", "GitHub", "An OAuth app of GitHub's."),
                Choice("google", "Google", "An OAuth client of Google's."),
                Choice("oidc", "OpenID Connect", "Keycloak, Entra ID, GitLab, Okta …"),
                Choice("dummy", "dummy", "Anybody with one password; for trying on your own machine only."),
            ),
        ),
    ] = "shared-password"
    users: Annotated[
        list[UserName],
        Ask("Users", "Who may log in, by name.", "config.yaml: hub.config.Authenticator.allowed_users: {value}"),
    ] = []
    admins: Annotated[
        list[UserName],
        Ask("Admins", "Who may manage the hub.", "config.yaml: hub.config.Authenticator.admin_users: {value}"),
    ] = ["admin"]
    allow_all: Annotated[
        bool,
        Ask(
            "Everybody who can log in",
            "Let in everyone that the login accepts, not only the users named.",
            "config.yaml: hub.config.Authenticator.allow_all: {value}",
            advanced=True,
        ),
    ] = False
    organizations: Annotated[
        list[Text],
        Ask(
            "Organisations",
            "GitHub organisations, Google hosted domains or OIDC groups whose members may log in.",
            "config.yaml: hub.config.…allowed_organizations: {value}",
            when=_oauth,
        ),
    ] = []
    client_id: Annotated[
        Text,
        Ask("Client id", "From the provider's page for this app.", "config.yaml: …client_id: {value}", when=_oauth),
    ] = ""
    callback_url: Annotated[
        OptionalUrl,
        Ask(
            "Callback address",
            "Where the provider sends people back to; empty: from the host name.",
            "config.yaml: …oauth_callback_url: {value}",
            when=_oauth,
            advanced=True,
        ),
    ] = ""
    oidc: Oidc = Oidc()
    insecure_dummy: Annotated[
        bool,
        Ask(
            "Accept a dummy login",
            "The dummy login is no protection. Say yes only where nobody else can reach the hub.",
            "codehub.yaml: hub.auth.insecure_dummy: {value}",
            when=lambda setup: setup.hub.auth.kind == "dummy" and setup.target.kind != "local",
        ),
    ] = False


class Storage(Answers):
    """The volume that every user's home folder is on."""

    capacity: Annotated[
        str,
        AfterValidator(rules.storage),
        Ask(
            "Home size",
            "Size of each user's volume.",
            'config.yaml: singleuser.storage.capacity: "{value}"',
            when=on_kubernetes,
        ),
    ] = "2Gi"
    storage_class: Annotated[
        OptionalName,
        Ask(
            "Storage class",
            "Empty: the cluster's default.",
            'config.yaml: singleuser.storage.dynamic.storageClass: "{value}"',
            when=on_kubernetes,
        ),
    ] = ""


class Resources(Answers):
    """What each user's server may use; 0 or empty: no limit."""

    memory_guarantee: Annotated[
        OptionalMemory,
        Ask(
            "Memory reserved",
            "For each user.",
            'config.yaml: singleuser.memory.guarantee: "{value}"',
            when=not_here,
            docker='jupyterhub_config.py: DockerSpawner.extra_host_config: mem_reservation: "{value}"',
        ),
    ] = "512M"
    memory_limit: Annotated[
        OptionalMemory,
        Ask(
            "Memory limit",
            "A server that needs more is stopped.",
            'config.yaml: singleuser.memory.limit: "{value}"',
            when=not_here,
            docker='jupyterhub_config.py: DockerSpawner.mem_limit: "{value}"',
        ),
    ] = "2G"
    cpu_guarantee: Annotated[
        float,
        Field(ge=0, le=1024),
        Ask(
            "CPU reserved", "Cores for each user.", "config.yaml: singleuser.cpu.guarantee: {value}", when=on_kubernetes
        ),
    ] = 0.1
    cpu_limit: Annotated[
        float,
        Field(ge=0, le=1024),
        Ask(
            "CPU limit",
            "Cores at the most.",
            "config.yaml: singleuser.cpu.limit: {value}",
            when=not_here,
            docker="jupyterhub_config.py: DockerSpawner.cpu_limit: {value}",
        ),
    ] = 2.0


class Cull(Answers):
    """Stopping servers that nobody uses."""

    enabled: Annotated[
        bool,
        Ask(
            "Stop idle servers",
            "Frees memory; homes are kept.",
            "config.yaml: cull.enabled: {value}",
            docker="jupyterhub_config.py: JupyterHub.services: the culler: {value}",
            local="jupyterhub_config.py: JupyterHub.services: the culler: {value}",
        ),
    ] = True
    timeout: Annotated[
        int,
        Field(ge=60, le=30 * 24 * 3600),
        Ask(
            "Idle time",
            "Seconds without use before a server is stopped.",
            "config.yaml: cull.timeout: {value}",
            when=lambda setup: setup.hub.cull.enabled,
            docker="jupyterhub_config.py: JupyterHub.services: --timeout={value}",
            local="jupyterhub_config.py: JupyterHub.services: --timeout={value}",
        ),
    ] = 3600
    terminals_count: Annotated[
        bool,
        Ask(
            "Running terminals count",
            "Whether a job that runs in a terminal keeps a server from being stopped.",
            "config.yaml: singleuser.extraEnv.CODEHUB_TERMINAL_COUNTS",
            when=lambda setup: setup.hub.cull.enabled,
            advanced=True,
            docker="jupyterhub_config.py: Spawner.environment: CODEHUB_TERMINAL_COUNTS",
            local="jupyterhub_config.py: Spawner.environment: CODEHUB_TERMINAL_COUNTS",
        ),
    ] = False


class Hub(Answers):
    """The hub's settings, the same for every target."""

    proxy: Annotated[
        Literal["chp", "traefik"],
        Ask(
            "Proxy",
            "What stands in front of the editors.",
            "config.yaml: hub.extraConfig",
            (
                Choice("chp", "the chart's own", "configurable-http-proxy; nothing to build."),
                Choice("traefik", "Traefik", "Users stay connected while the hub restarts."),
            ),
            advanced=True,
            docker="compose.yaml: services.proxy.image",
            local="jupyterhub_config.py: JupyterHub.proxy_class",
        ),
    ] = "chp"
    auth: Auth = Auth()
    storage: Storage = Storage()
    resources: Resources = Resources()
    cull: Cull = Cull()
