"""A local cluster to be started: what can be asked of each product, and the exact commands that come of it.

Sources: minikube's, kind's and k3d's own documentation of `minikube start`, `kind create cluster` (with its ingress
guide) and `k3d cluster create`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from wizard.errors import MissingError, UsageError
from wizard.tools import process

PRODUCTS = ("minikube", "kind", "k3d")
"""The products whose clusters codehub can start."""

DRIVERS = ("", "docker", "podman", "kvm2", "qemu2", "virtualbox", "vfkit", "hyperkit", "hyperv")
"""minikube's drivers; the empty one lets it choose. `none` and `ssh`, which take over a machine, are left out."""

MIN_CPUS, MIN_MEMORY = 2, 2048
"""What minikube asks for at least; memory in MiB."""

KIND_INGRESS = """\
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
  labels: {ingress-ready: "true"}
  extraPortMappings:
  - {containerPort: 80, hostPort: 80, protocol: TCP}
  - {containerPort: 443, hostPort: 443, protocol: TCP}
"""
"""kind's configuration for an ingress controller that browsers on this machine reach."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class NewCluster:
    """A cluster that is wanted. cpus, memory (MiB), driver: of minikube; k3d takes the memory too, kind neither.

    ingress: whether an ingress controller comes with it, reached on this machine's ports 80 and 443 by kind and k3d.
    """

    product: str
    name: str = ""
    driver: str = ""
    cpus: int = MIN_CPUS
    memory: int = 4096
    ingress: bool = True

    def __post_init__(self) -> None:
        if self.product not in PRODUCTS:
            raise UsageError(f"codehub starts no {self.product} clusters.", fix=f"Name one of: {', '.join(PRODUCTS)}.")
        if not _NAME.fullmatch(self.called):
            raise UsageError(
                f"{self.called!r} is no name for a cluster.",
                fix="Take lower-case letters, digits and dashes, 32 at most.",
            )
        if self.driver not in DRIVERS:
            raise UsageError(
                f"codehub starts minikube with no driver {self.driver}.", fix=f"Name one of:{', '.join(DRIVERS)[1:]}."
            )
        if self.product == "minikube" and (self.cpus < MIN_CPUS or self.memory < MIN_MEMORY):
            raise UsageError(f"minikube needs {MIN_CPUS} CPUs and {MIN_MEMORY} MiB at least.")

    @property
    def called(self) -> str:
        """Its name, the product's usual one where none was given."""
        return self.name or {"minikube": "minikube", "kind": "kind", "k3d": "k3s-default"}[self.product]

    @property
    def context(self) -> str:
        """The kube context that it makes."""
        return self.called if self.product == "minikube" else f"{self.product}-{self.called}"

    @property
    def ingress_class(self) -> str:
        """The class of its ingress controller; empty without one."""
        return "" if not self.ingress else "traefik" if self.product == "k3d" else "nginx"

    def create_command(self) -> list[str]:
        """Makes it anew; kind's reads KIND_INGRESS from stdin where it ends with `-`."""
        name = self.called
        if self.product == "minikube":
            driver = ["--driver", self.driver] if self.driver else []
            return ["minikube", "start", "-p", name, *driver, "--cpus", str(self.cpus), "--memory", f"{self.memory}mb"]
        if self.product == "kind":
            config = ["--config", "-"] if self.ingress else []
            return ["kind", "create", "cluster", "--name", name, "--wait", "180s", *config]
        ports = ["-p", "80:80@loadbalancer", "-p", "443:443@loadbalancer"]
        extra = ports if self.ingress else ["--k3s-arg", "--disable=traefik@server:0"]
        memory = ["--servers-memory", f"{self.memory}m"]
        return ["k3d", "cluster", "create", name, "--wait", "--timeout", "300s", *memory, *extra]

    def resume_command(self) -> list[str]:
        """Starts it again where it is there and stopped; empty for kind, whose nodes are plain containers."""
        if self.product == "minikube":
            return ["minikube", "start", "-p", self.called]
        return ["k3d", "cluster", "start", self.called, "--wait"] if self.product == "k3d" else []

    def commands(self) -> list[str]:
        """What a person would type to make it."""
        lines = [process.command_line(self.create_command())]
        if self.product == "minikube" and self.ingress:
            lines.append(process.command_line(self.addon_command()))
        if self.product == "kind" and self.ingress:
            lines.append("helm upgrade --install ingress-nginx … (the ingress controller, on ports 80 and 443)")
        return lines

    def addon_command(self) -> list[str]:
        """Enables minikube's ingress controller."""
        return ["minikube", "-p", self.called, "addons", "enable", "ingress"]


def available() -> tuple[str, ...]:
    """The products whose program is on the PATH."""
    return tuple(product for product in PRODUCTS if process.find(product))


def proposal(product: str = "", *, ingress: bool = True) -> NewCluster:
    """A cluster with defaults that are safe on this machine: half of it at most, and no more than a team's trial needs.

    Raises MissingError when the program (any, for an empty product) is not there.
    """
    there = available()
    if not there or (product in PRODUCTS and product not in there):
        raise MissingError(
            f"{product} is not on the PATH." if product else "No program that makes a local cluster is on the PATH.",
            why=f"codehub can start clusters of {', '.join(PRODUCTS)}.",
            fix="Install one: https://minikube.sigs.k8s.io/docs/start/, https://kind.sigs.k8s.io/, https://k3d.io/",
        )
    cores = os.cpu_count() or MIN_CPUS
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    memory = min(max(whole // 2 // 512 * 512, MIN_MEMORY), 6144)
    return NewCluster(
        product=product or there[0], cpus=max(MIN_CPUS, min(cores // 2, 4)), memory=memory, ingress=ingress
    )
