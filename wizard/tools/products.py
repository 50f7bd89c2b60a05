"""The products that a cluster can be, told by the name of its context: the one list of them."""

from __future__ import annotations

import re

REMOTE = "remote"
"""The product of a cluster that is none of the local ones: images come from a registry."""

CONTEXT_PATTERNS: tuple[tuple[str, str], ...] = (
    ("minikube", "minikube"),
    ("kind-*", "kind"),
    ("k3d-*", "k3d"),
    ("k3s*", "k3s"),
    ("microk8s*", "microk8s"),
    ("docker-desktop", "docker-desktop"),
    ("docker-for-desktop", "docker-desktop"),
    ("orbstack", "orbstack"),
    ("colima*", "colima"),
    ("rancher-desktop", "rancher-desktop"),
    ("gke_*", REMOTE),
    ("arn:aws:eks:*", REMOTE),
)
"""Names that the products give to their contexts, as shell patterns: build.sh is made from the same list."""

_PATTERNS = tuple(
    (re.compile(re.escape(pattern).replace(r"\*", ".*"), re.DOTALL), product) for pattern, product in CONTEXT_PATTERNS
)


def guess_product(context: str) -> str | None:
    """The product that a context's name speaks for; None when the name says nothing (`default`, `prod`, empty)."""
    return next((product for pattern, product in _PATTERNS if pattern.fullmatch(context)), None)
