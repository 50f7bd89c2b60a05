"""Answers about where and how JupyterHub is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from wizard.setup import rules
from wizard.setup.ask import (
    Answers,
    Ask,
    Choice,
    OptionalHost,
    OptionalMemory,
    OptionalName,
    OptionalUrl,
    Text,
    UserName,
)
from wizard.setup.defaults import default_chart_version

if TYPE_CHECKING:
    from wizard.setup.model import Setup

Kind = Literal["kubernetes", "docker", "local"]
Delivery = Literal["auto", "same-daemon", "minikube-load", "kind-load", "k3d-import", "ctr-import", "push"]
Exposure = Literal["nodeport", "loadbalancer", "ingress", "port-forward"]
Verify = Literal["hub", "user", "none"]
Tls = Literal["none", "secret", "cert-manager"]
AuthKind = Literal["shared-password", "native", "github", "google", "oidc", "dummy"]
OAUTH = frozenset({"github", "google", "oidc"})
"""Authenticators that send people to another site to log in, and so need a client id, secret and callback."""


def _kubernetes(setup: Setup) -> bool:
    return setup.target.kind == "kubernetes"


def _ingress(setup: Setup) -> bool:
    return _kubernetes(setup) and setup.target.expose.kind == "ingress"


def _oidc(setup: Setup) -> bool:
    return setup.hub.auth.kind == "oidc"


def _oauth(setup: Setup) -> bool:
    return setup.hub.auth.kind in OAUTH


class Chart(Answers):
    """The JupyterHub Helm chart."""

    source: Annotated[
        str,
        AfterValidator(rules.chart_source),
        Ask(
            "Chart source",
            "A chart repository, an OCI reference (oci://…), a folder or a .tgz file.",
            "helm upgrade --install … --repo {value}",
            when=_kubernetes,
            advanced=True,
        ),
    ] = "https://hub.jupyter.org/helm-chart/"
    version: Annotated[
        str,
        AfterValidator(rules.version),
        Ask(
            "Chart version",
            "Decides the JupyterHub version and the Kubernetes it needs. `codehub versions chart` lists them.",
            "helm upgrade --install … --version {value}",
            when=_kubernetes,
        ),
    ] = Field(default_factory=default_chart_version)


class Expose(Answers):
    """How browsers reach the hub."""

    kind: Annotated[
        Exposure,
        Ask(
            "Reached by",
            "How browsers get to the hub.",
            "config.yaml: proxy.service.type / ingress.enabled",
            (
                Choice("ingress", "ingress", "A host name through the cluster's ingress controller."),
                Choice("nodeport", "node port", "A port on every node; simple, no TLS."),
                Choice("loadbalancer", "load balancer", "An address of its own from the cloud."),
                Choice("port-forward", "port forward", "Only from this machine, while codehub keeps it open."),
            ),
            when=_kubernetes,
        ),
    ] = "nodeport"
    host: Annotated[
        OptionalHost,
        Ask(
            "Host name",
            "The name that people type into the browser.",
            'config.yaml: ingress.hosts: ["{value}"]',
            when=lambda setup: _ingress(setup) or setup.target.kind == "docker",
            example="hub.example.org",
        ),
    ] = ""
    ingress_class: Annotated[
        OptionalName,
        Ask(
            "Ingress class",
            "Which ingress controller serves it; empty: the cluster's default.",
            'config.yaml: ingress.ingressClassName: "{value}"',
            when=_ingress,
        ),
    ] = ""
    tls: Annotated[
        Tls,
        Ask(
            "TLS",
            "Where the certificate comes from. Without TLS, passwords cross the network in the clear.",
            "config.yaml: ingress.tls",
            (
                Choice("none", "none", "Plain http; for trying, or behind a TLS proxy."),
                Choice("secret", "existing secret", "A TLS secret that is already in the namespace."),
                Choice("cert-manager", "cert-manager", "An issuer of cert-manager makes the certificate."),
            ),
            when=_ingress,
        ),
    ] = "none"
    tls_secret: Annotated[
        OptionalName,
        Ask(
            "TLS secret",
            "Name of the secret with the certificate (made by cert-manager, or by you).",
            'config.yaml: ingress.tls[0].secretName: "{value}"',
            when=lambda setup: _ingress(setup) and setup.target.expose.tls != "none",
        ),
    ] = ""
    issuer: Annotated[
        OptionalName,
        Ask(
            "Issuer",
            "Name of the cert-manager ClusterIssuer.",
            'config.yaml: ingress.annotations: {{"cert-manager.io/cluster-issuer": "{value}"}}',
            when=lambda setup: _ingress(setup) and setup.target.expose.tls == "cert-manager",
        ),
    ] = ""
    port: Annotated[
        int,
        Field(ge=1, le=65535),
        Ask(
            "Port",
            "The port of this machine that browsers come to.",
            "http://127.0.0.1:{value}/",
            when=lambda setup: setup.target.kind in {"docker", "local"},
        ),
    ] = 8000
    node_port: Annotated[
        int,
        Field(ge=0, le=65535),
        Ask(
            "Node port",
            "A fixed port (30000 to 32767); 0: the cluster picks one.",
            "config.yaml: proxy.service.nodePorts.http: {value}",
            when=lambda setup: _kubernetes(setup) and setup.target.expose.kind == "nodeport",
            advanced=True,
        ),
    ] = 0


class Target(Answers):
    """Where JupyterHub runs."""

    kind: Annotated[
        Kind,
        Ask(
            "Target",
            "Where the hub and the editors will run.",
            "codehub.yaml: target.kind: {value}",
            (
                Choice("kubernetes", "Kubernetes", "A cluster, local or remote, by Helm."),
                Choice("docker", "one Docker host", "The same images on one machine, a container for each user."),
                Choice("local", "this machine", "Processes of your own user, to see the result; nothing is built."),
            ),
        ),
    ] = "kubernetes"
    context: Annotated[
        str,
        AfterValidator(rules.optional(rules.context)),
        Ask(
            "Kube context",
            "The cluster to deploy to, as kubectl names it; empty: the current one.",
            "helm upgrade --install … --kube-context {value}",
            when=_kubernetes,
            example="minikube",
        ),
    ] = ""
    namespace: Annotated[
        str,
        AfterValidator(rules.namespace),
        Ask(
            "Namespace", "Made when it is not there.", "helm upgrade --install … --namespace {value}", when=_kubernetes
        ),
    ] = "codehub"
    release: Annotated[
        str,
        AfterValidator(rules.release),
        Ask("Release", "The name of the Helm release.", "helm upgrade --install {value}", when=_kubernetes),
    ] = "jhub"
    chart: Chart = Field(default_factory=Chart)
    delivery: Annotated[
        Delivery,
        Ask(
            "Image delivery",
            "How the images get into the cluster; auto picks by the cluster's product and the registry.",
            "docker push / minikube image load / kind load docker-image …",
            (
                Choice("auto", "automatic", "By what the cluster is."),
                Choice("push", "push to a registry", "For every cluster that can pull from it."),
                Choice("same-daemon", "same Docker", "The cluster uses the Docker that builds."),
                Choice("minikube-load", "minikube", "minikube image load."),
                Choice("kind-load", "kind", "kind load docker-image."),
                Choice("k3d-import", "k3d", "k3d image import."),
                Choice("ctr-import", "containerd", "k3s or microk8s on this machine: ctr images import."),
            ),
            when=_kubernetes,
            advanced=True,
        ),
    ] = "auto"
    pull_secret: Annotated[
        OptionalName,
        Ask(
            "Pull secret",
            "A secret in the namespace with the registry's login; empty: none is needed.",
            'config.yaml: imagePullSecrets: ["{value}"]',
            when=lambda setup: _kubernetes(setup) and bool(setup.images.registry),
            advanced=True,
        ),
    ] = ""
    expose: Expose = Expose()
    verify: Annotated[
        Verify,
        Ask(
            "Proof at the end",
            "What is tried after a deployment, at the address that people will use.",
            "codehub verify",
            (
                Choice("hub", "the hub answers", "Its login page can be reached from this machine."),
                Choice(
                    "user", "a user gets an editor", "A throw-away user's server is started and tried, then removed."
                ),
                Choice("none", "nothing", "Where this machine cannot reach the hub."),
            ),
            when=_kubernetes,
            advanced=True,
        ),
    ] = "hub"


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
            when=_kubernetes,
        ),
    ] = "2Gi"
    storage_class: Annotated[
        OptionalName,
        Ask(
            "Storage class",
            "Empty: the cluster's default.",
            'config.yaml: singleuser.storage.dynamic.storageClass: "{value}"',
            when=_kubernetes,
        ),
    ] = ""


class Resources(Answers):
    """What each user's server may use; 0 or empty: no limit."""

    memory_guarantee: Annotated[
        OptionalMemory, Ask("Memory reserved", "For each user.", 'config.yaml: singleuser.memory.guarantee: "{value}"')
    ] = "512M"
    memory_limit: Annotated[
        OptionalMemory,
        Ask("Memory limit", "A server that needs more is stopped.", 'config.yaml: singleuser.memory.limit: "{value}"'),
    ] = "2G"
    cpu_guarantee: Annotated[
        float,
        Field(ge=0, le=1024),
        Ask("CPU reserved", "Cores for each user.", "config.yaml: singleuser.cpu.guarantee: {value}"),
    ] = 0.1
    cpu_limit: Annotated[
        float,
        Field(ge=0, le=1024),
        Ask("CPU limit", "Cores at the most.", "config.yaml: singleuser.cpu.limit: {value}"),
    ] = 2.0


class Cull(Answers):
    """Stopping servers that nobody uses."""

    enabled: Annotated[
        bool, Ask("Stop idle servers", "Frees memory; homes are kept.", "config.yaml: cull.enabled: {value}")
    ] = True
    timeout: Annotated[
        int,
        Field(ge=60, le=30 * 24 * 3600),
        Ask(
            "Idle time",
            "Seconds without use before a server is stopped.",
            "config.yaml: cull.timeout: {value}",
            when=lambda setup: setup.hub.cull.enabled,
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
        ),
    ] = "chp"
    auth: Auth = Auth()
    storage: Storage = Storage()
    resources: Resources = Resources()
    cull: Cull = Cull()
