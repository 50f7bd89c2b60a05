"""Setups for the tests of rendering: by dotted fields, and hostile ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from wizard.setup.model import Setup

AUTH = ("shared-password", "native", "github", "google", "oidc", "dummy")
EXPOSURE = ("nodeport", "loadbalancer", "ingress", "port-forward")
PROXY = ("chp", "traefik")


def setup(**fields: Any) -> Setup:
    """A Setup with some answers: `setup(hub__auth__kind="github")`."""
    answers: dict[str, Any] = {}
    for name, value in fields.items():
        *path, last = name.split("__")
        part = answers
        for key in path:
            part = part.setdefault(key, {})
        part[last] = value
    return Setup.model_validate(answers)


def every_deployment(**fields: Any) -> Iterator[Setup]:
    """A Setup for each login, exposure and proxy, each with everything about it answered."""
    for auth, exposure, proxy in itertools.product(AUTH, EXPOSURE, PROXY):
        oauth = {
            "hub__auth__client_id": "the-client",
            "hub__auth__organizations": ["acme"],
            "hub__auth__callback_url": "https://hub.example.org/hub/oauth_callback",
        }
        oidc = {
            f"hub__auth__oidc__{name}_url": f"https://id.example.org/{name}"
            for name in ("authorize", "token", "userdata")
        }
        ingress = {
            "target__expose__host": "hub.example.org",
            "target__expose__ingress_class": "nginx",
            "target__expose__tls": "cert-manager",
            "target__expose__issuer": "letsencrypt",
        }
        yield setup(
            hub__auth__kind=auth,
            hub__auth__users=["alice", "bob"],
            hub__proxy=proxy,
            target__expose__kind=exposure,
            **(oauth if auth in {"github", "google", "oidc"} else {}),
            **(oidc if auth == "oidc" else {}),
            **(ingress if exposure == "ingress" else {}),
            **({"target__expose__node_port": 30080} if exposure == "nodeport" else {}),
            **fields,
        )


HOSTILE = (
    "'",
    '"',
    "`",
    "$(touch pwned)",
    "${HOME}",
    "; exit 1",
    " ",
    "\\",
    "*",
    "ü😀",
    "--help",
    "!",
    "#",
    ",",
    "=",
    "&",
    "|",
    ">x",
)
"""Pieces that break out of careless quoting, in shell, YAML or buildx's comma-separated values."""

line = st.lists(st.sampled_from([*HOSTILE, "a", "path", "/", "."]), min_size=1, max_size=8).map("".join)
"""A line of printable text made of hostile pieces."""
