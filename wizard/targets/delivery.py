"""How the images of a setup get into its cluster: the answer, or what the cluster itself turns out to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.errors import MissingError, UsageError
from wizard.setup.answers_target import Delivery
from wizard.setup.delivery import deliveries
from wizard.setup.model import Setup
from wizard.tools import containerd, docker_engine, process
from wizard.tools.cluster_identity import Identity, identify
from wizard.tools.containerd import Containerd
from wizard.tools.loaders import Loader
from wizard.tools.minikube import InnerDocker, Minikube, inner_docker
from wizard.tools.node_containers import NodeContainers
from wizard.tools.products import REMOTE


@dataclass(frozen=True)
class Way:
    """The way, settled: never `auto`.

    place: which cluster or registry, part of what a delivery depends on; env: variables that choose the Docker that
    builds, `prepare` the shell command that sets them; notice: what a person should know.
    """

    delivery: Delivery
    place: str
    loader: Loader | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: str = ""
    notice: str = ""


async def choose_way(setup: Setup) -> Way:
    """Settle how images are delivered, asking the cluster what it is unless they go to a registry.

    Raises UsageError when a cluster can get images from a registry only and none is named, MissingError when the
    cluster, or the program that loads images into it, is not there.
    """
    target = setup.target
    if target.delivery == "push" or (target.delivery == "auto" and setup.images.registry):
        return Way("push", target.context)
    found = await identify(target.context)
    delivery: Delivery = target.delivery if target.delivery != "auto" else await _automatic(found)
    if delivery == "push":
        raise _needs_registry(found)
    inner = InnerDocker()
    if found.product == "minikube" and (delivery == "same-daemon" or target.delivery == "auto"):
        inner = await inner_docker(found.name_for("minikube"))
    if inner.env:
        return Way("same-daemon", found.context, env=inner.env, prepare=inner.command)
    if delivery == "same-daemon":
        if inner.why_not:
            raise UsageError(
                f"{found.context} has no Docker to build in.", why=inner.why_not, fix="Set target.delivery=auto."
            )
        return Way("same-daemon", found.context)
    loader = _loader(delivery, found)
    if process.find(loader.program) is None:
        raise MissingError(
            f"{loader.program} is not on the PATH.",
            why=f"It loads the images into {found.context}.",
            fix=f"Install {loader.program}, or push to a registry (images.registry).",
            address="program-missing",
        )
    return Way(delivery, f"{found.context} {loader.command('IMAGE')}", loader, notice=_notice(delivery, found))


async def _automatic(found: Identity) -> Delivery:
    if found.product and found.product != REMOTE:
        return deliveries(found.product)[0]
    if found.docker_nodes and (await docker_engine.describe()).name in found.docker_nodes:
        return "same-daemon"
    return "push"


def _loader(delivery: Delivery, found: Identity) -> Loader:
    if delivery == "minikube-load":
        return Minikube(found.name_for("minikube"))
    if delivery == "ctr-import":
        return Containerd(found.product if found.product in {"k3s", "microk8s"} else containerd.installed())
    program = "kind" if delivery == "kind-load" else "k3d"
    return NodeContainers(program, found.name_for(program))


def _notice(delivery: Delivery, found: Identity) -> str:
    if delivery == "ctr-import" and (found.nodes or 1) > 1:
        return (
            f"The cluster has {found.nodes} nodes, and images are loaded into this machine's only: pods on the others "
            "would not start. A registry (images.registry) serves them all."
        )
    return ""


def _needs_registry(found: Identity) -> UsageError:
    product = "is a remote cluster" if found.product == REMOTE else "is none of the local clusters that codehub knows"
    return UsageError(
        f"There is no way to get the images into {found.context or 'the cluster'}.",
        why=f"It {product}, and no registry is set.",
        fix="Set images.registry to a registry that the cluster can pull from, or name the way by target.delivery.",
        address="delivery",
    )
