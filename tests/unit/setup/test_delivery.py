"""How images reach a cluster."""

from __future__ import annotations

import pytest

from tests.unit.render.setups import setup
from wizard.setup.delivery import can_deliver, deliveries, resolve_delivery
from wizard.tools.products import REMOTE, guess_product


@pytest.mark.parametrize(
    ("context", "product"),
    [
        ("minikube", "minikube"),
        ("kind-dev", "kind"),
        ("k3d-x", "k3d"),
        ("microk8s", "microk8s"),
        ("microk8s-cluster", "microk8s"),
        ("docker-desktop", "docker-desktop"),
        ("colima-arm", "colima"),
        ("rancher-desktop", "rancher-desktop"),
        ("orbstack", "orbstack"),
        ("gke_project_zone_name", REMOTE),
        ("arn:aws:eks:eu-west-1:1:cluster/x", REMOTE),
        ("", None),
        ("default", None),
        ("prod", None),
        ("my-kind-x", None),
        ("minikube2", None),
    ],
)
def test_a_contexts_name_speaks_for_its_product(context: str, product: str | None) -> None:
    assert guess_product(context) == product


@pytest.mark.parametrize(
    ("context", "product", "expected"),
    [
        ("minikube", None, "minikube-load"),
        ("kind-dev", None, "kind-load"),
        ("k3d-dev", None, "k3d-import"),
        ("docker-desktop", None, "same-daemon"),
        ("default", "k3s", "ctr-import"),
        ("my-profile", "minikube", "minikube-load"),
        ("gke_a_b_c", None, "push"),
        ("prod", REMOTE, "push"),
        ("prod", "something new", "push"),
        ("", None, "same-daemon"),
    ],
)
def test_auto_without_a_registry_goes_by_the_product(context: str, product: str | None, expected: str) -> None:
    assert resolve_delivery(setup(target__context=context), product) == expected


def test_auto_with_a_registry_is_a_push_everywhere() -> None:
    for context in ("minikube", "kind-dev", "prod", ""):
        assert resolve_delivery(setup(target__context=context, images__registry="ghcr.io/acme")) == "push"


def test_an_answer_stands() -> None:
    chosen = setup(target__delivery="kind-load", images__registry="ghcr.io/acme", target__context="minikube")
    assert resolve_delivery(chosen, "k3s") == "kind-load"


def test_other_targets_use_this_daemon_or_the_registry() -> None:
    assert resolve_delivery(setup(target__kind="docker", target__context="kind-x")) == "same-daemon"
    assert resolve_delivery(setup(target__kind="docker", images__registry="ghcr.io/acme")) == "push"


def test_what_a_product_can_do() -> None:
    assert can_deliver("kind", "kind-load")
    assert can_deliver("kind", "auto")
    assert can_deliver("minikube", "same-daemon")
    assert not can_deliver("kind", "minikube-load")
    assert not can_deliver(REMOTE, "same-daemon")
    assert all("push" in deliveries(product) for product in ("minikube", "kind", "k3s", "orbstack", REMOTE, "unknown"))
