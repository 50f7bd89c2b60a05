"""Values divided over files say together what they said before, and secrets are where they belong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.render.setups import every_deployment
from tests.unit.render.setups import setup as a_setup
from wizard.importing.answers import Origin, answers
from wizard.importing.split import is_secret, split
from wizard.render.merge import leaves, merged
from wizard.render.secrets import Secrets
from wizard.render.values import values
from wizard.setup.model import Setup

keys = st.sampled_from(["hub", "image", "tag", "singleuser", "password", "secretToken", "config", "x", "extraConfig"])
scalars = st.none() | st.booleans() | st.integers(0, 3) | st.floats(0, 2) | st.sampled_from(["", "a", "password: 'x'"])
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=4), max_leaves=15
)
maps = st.dictionaries(keys, documents, max_size=5)


@given(maps, maps)
def test_together_the_parts_are_the_whole(given_values: dict[str, Any], rendered: dict[str, Any]) -> None:
    parts = split(given_values, rendered)
    together = merged(merged(merged(parts.config, parts.images), parts.secrets), parts.extra)
    assert together == given_values
    paths = [path for part in (parts.config, parts.images, parts.secrets, parts.extra) for path, _ in leaves(part)]
    assert len(paths) == len(set(paths))
    open_ones = [*leaves(parts.config), *leaves(parts.images), *leaves(parts.extra)]
    assert not [path for path, value in open_ones if is_secret(path, value)]


@pytest.mark.parametrize(
    ("path", "value", "secret"),
    [
        ("hub.config.GitHubOAuthenticator.client_secret", "x", True),
        ("proxy.secretToken", "x", True),
        ("hub.cookieSecret", "x", True),
        ("hub.db.password", "x", True),
        ("imagePullSecret.create", True, False),
        ("hub.existingSecret", "name", False),
        ("ingress.tls", [{"secretName": "tls"}], False),
        ("singleuser.extraEnv.API_TOKEN", "x", True),
        ("hub.extraConfig.mine", "c.X.client_secret = 'abc'\n", True),
        ("hub.extraConfig.mine", "c.X.auth = get_secret_value('x')\n", False),
        ("hub.extraContainers", [{"env": [{"name": "A"}], "password": "x"}], True),
        ("hub.db.password", "", False),
        ("hub.db.password", None, False),
    ],
)
def test_what_is_secret(path: str, value: object, secret: bool) -> None:
    assert is_secret(tuple(path.split(".")), value) is secret


def test_what_codehub_deployed_comes_back_as_the_same_answers() -> None:
    base = {
        "target__context": "some-cluster", "target__namespace": "team", "target__release": "hub",
        "images__registry": "ghcr.io/acme", "hub__auth__admins": ["root"], "hub__storage__storage_class": "fast",
        "hub__resources__memory_limit": "", "target__pull_secret": "regcred",
    }  # fmt: skip
    gateway = {
        "target__expose__kind": "gateway", "target__expose__host": "hub.example.org",
        "target__expose__gateway": "shared",
    }  # fmt: skip
    gateways = [
        a_setup(**base, **gateway),
        a_setup(**base, **gateway, target__expose__gateway_namespace="gateways", hub__proxy="traefik"),
    ]
    for setup in (*every_deployment(**base), *gateways):
        made = merged(values(setup), Secrets().complete(setup).document)
        target = setup.target
        found = answers(made, Origin(target.context, target.namespace, target.release, target.chart.version))
        expected = setup.model_copy(update={"code_server": found.code_server, "build": found.build})
        assert _comparable(found) == _comparable(expected)
        parts = split(made, values(found))
        assert parts.extra == {}, f"{setup.hub.auth.kind} {target.expose.kind}"


def _comparable(setup: Setup) -> dict[str, Any]:
    data = setup.model_dump()
    data["hub"]["auth"]["insecure_dummy"] = False
    if not setup.builds_hub:
        data["images"]["hub"] = {}
    # Who is let in anyway need not be told apart from who is named.
    for name in ("users", "allow_all"):
        data["hub"]["auth"].pop(name)
    return data
