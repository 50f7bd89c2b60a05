"""Answers about where JupyterHub is deployed, and how browsers reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from wizard.setup import rules
from wizard.setup.answers_docker import DockerHost
from wizard.setup.ask import (
    Answers,
    Ask,
    Choice,
    OptionalHost,
    OptionalName,
)
from wizard.setup.defaults import default_chart_version

if TYPE_CHECKING:
    from wizard.setup.model import Setup

Kind = Literal["kubernetes", "docker", "local"]
Delivery = Literal["auto", "same-daemon", "minikube-load", "kind-load", "k3d-import", "ctr-import", "push"]
Exposure = Literal["nodeport", "loadbalancer", "ingress", "gateway", "port-forward"]
Verify = Literal["hub", "user", "none"]
Tls = Literal["none", "secret", "cert-manager"]


def on_kubernetes(setup: Setup) -> bool:
    """Whether a question for clusters applies."""
    return setup.target.kind == "kubernetes"


def not_here(setup: Setup) -> bool:
    """Whether people's servers run in containers; processes on this machine have no limits and no root."""
    return setup.target.kind != "local"


def _ingress(setup: Setup) -> bool:
    return on_kubernetes(setup) and setup.target.expose.kind == "ingress"


def _gateway(setup: Setup) -> bool:
    return on_kubernetes(setup) and setup.target.expose.kind == "gateway"


def _forwarded(setup: Setup) -> bool:
    return on_kubernetes(setup) and setup.target.expose.kind == "port-forward"


class Chart(Answers):
    """The JupyterHub Helm chart."""

    source: Annotated[
        str,
        AfterValidator(rules.chart_source),
        Ask(
            "Chart source",
            "A chart repository, an OCI reference (oci://…), a folder or a .tgz file.",
            "helm upgrade --install … --repo {value}",
            when=on_kubernetes,
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
            when=on_kubernetes,
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
                Choice("gateway", "gateway", "A host name through a Gateway (HTTPRoute); chart 4.3 or newer."),
                Choice("nodeport", "node port", "A port on every node; simple, no TLS."),
                Choice("loadbalancer", "load balancer", "An address of its own from the cloud."),
                Choice("port-forward", "port forward", "Only from this machine, while codehub keeps it open."),
            ),
            when=on_kubernetes,
        ),
    ] = "nodeport"
    host: Annotated[
        OptionalHost,
        Ask(
            "Host name",
            "The name that people type into the browser.",
            'config.yaml: ingress.hosts: ["{value}"]',
            when=lambda setup: _ingress(setup) or _gateway(setup) or setup.target.kind == "docker",
            example="hub.example.org",
            docker="compose.yaml: services.proxy.ports: open to others as {value}",
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
    gateway: Annotated[
        OptionalName,
        Ask(
            "Gateway",
            "Name of the Gateway that takes the host name; its listener decides about TLS.",
            'config.yaml: httpRoute.gateway.name: "{value}"',
            when=_gateway,
        ),
    ] = ""
    gateway_namespace: Annotated[
        OptionalName,
        Ask(
            "Gateway's namespace",
            "Where the Gateway is; empty: in the hub's own namespace.",
            'config.yaml: httpRoute.gateway.namespace: "{value}"',
            when=_gateway,
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
            when=lambda setup: setup.target.kind in {"docker", "local"} or _forwarded(setup),
        ),
    ] = 8000
    node_port: Annotated[
        int,
        Field(ge=0, le=65535),
        Ask(
            "Node port",
            "A fixed port (30000 to 32767); 0: the cluster picks one.",
            "config.yaml: proxy.service.nodePorts.http: {value}",
            when=lambda setup: on_kubernetes(setup) and setup.target.expose.kind == "nodeport",
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
            when=on_kubernetes,
            example="minikube",
        ),
    ] = ""
    namespace: Annotated[
        str,
        AfterValidator(rules.namespace),
        Ask(
            "Namespace",
            "Made when it is not there.",
            "helm upgrade --install … --namespace {value}",
            when=on_kubernetes,
        ),
    ] = "codehub"
    release: Annotated[
        str,
        AfterValidator(rules.release),
        Ask("Release", "The name of the Helm release.", "helm upgrade --install {value}", when=on_kubernetes),
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
            when=on_kubernetes,
            advanced=True,
        ),
    ] = "auto"
    pull_secret: Annotated[
        OptionalName,
        Ask(
            "Pull secret",
            "A secret in the namespace with the registry's login; empty: none is needed.",
            'config.yaml: imagePullSecrets: ["{value}"]',
            when=lambda setup: on_kubernetes(setup) and bool(setup.images.registry),
            advanced=True,
        ),
    ] = ""
    pull_secret_from_login: Annotated[
        bool,
        Ask(
            "Make the pull secret",
            "Make that secret in the namespace from docker's login on this machine; without a name: codehub-registry.",
            "kubectl create secret docker-registry …",
            when=lambda setup: on_kubernetes(setup) and bool(setup.images.registry),
            advanced=True,
        ),
    ] = False
    expose: Expose = Expose()
    docker: DockerHost = DockerHost()
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
            when=not_here,
            advanced=True,
        ),
    ] = "hub"

    @property
    def pull_secret_name(self) -> str:
        """The secret with the registry's login; empty where none is used."""
        return self.pull_secret or ("codehub-registry" if self.pull_secret_from_login else "")
