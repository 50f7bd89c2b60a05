"""How images get to where they run: what each cluster product can do, and what `auto` comes to.

Sources: the products' own documentation of loading local images (minikube image load, kind load docker-image,
k3d image import, k3s/microk8s ctr images import; Docker Desktop, OrbStack, Colima and Rancher Desktop run
Kubernetes on the Docker engine that builds).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.setup.answers_target import Delivery
from wizard.tools.products import REMOTE, guess_product

if TYPE_CHECKING:
    from wizard.setup.model import Setup

_DELIVERIES: dict[str, tuple[Delivery, ...]] = {
    "minikube": ("minikube-load", "same-daemon", "push"),
    "kind": ("kind-load", "push"),
    "k3d": ("k3d-import", "push"),
    "k3s": ("ctr-import", "push"),
    "microk8s": ("ctr-import", "push"),
    "docker-desktop": ("same-daemon", "push"),
    "orbstack": ("same-daemon", "push"),
    "colima": ("same-daemon", "push"),
    "rancher-desktop": ("same-daemon", "push"),
    REMOTE: ("push",),
}
"""What a product can do, the way that `auto` takes without a registry first."""


def deliveries(product: str) -> tuple[Delivery, ...]:
    """The ways that a product can get images, the best first; a product that is not known is remote."""
    return _DELIVERIES.get(product, _DELIVERIES[REMOTE])


def can_deliver(product: str, delivery: Delivery) -> bool:
    """Whether a product can get images this way; `auto` always can."""
    return delivery == "auto" or delivery in deliveries(product)


def resolve_delivery(setup: Setup, product: str | None = None) -> Delivery:
    """The way the images really go, never `auto`.

    An answer other than `auto` stands. With a registry, images are pushed to it. Without one, the product decides
    (guessed from the context's name when it is None); where nothing is known of the cluster, the images are taken
    to stay in this Docker engine: they are nowhere else. A remote cluster comes out as `push`, which needs a
    registry; `wizard.setup.review` says so.
    """
    if setup.target.kind != "kubernetes":
        return "push" if setup.images.registry else "same-daemon"
    if setup.target.delivery != "auto":
        return setup.target.delivery
    if setup.images.registry:
        return "push"
    known = product or guess_product(setup.target.context)
    return deliveries(known)[0] if known else "same-daemon"


def has_versions(setup: Setup) -> bool:
    """Whether the chart's source has several versions: a repository or an OCI reference has, a file or folder not."""
    source = setup.target.chart.source
    return "://" in source and not source.partition("?")[0].endswith((".tgz", ".tar.gz"))
