"""deploy.sh where it makes the pull secret: which login goes into it, whatever the password is, and what it says."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.render.script_runs import Ran, run_script, written
from tests.unit.render.setups import HOSTILE, setup
from wizard.setup.model import Setup

FIELDS: dict[str, Any] = {"images__registry": "ghcr.io/acme", "target__pull_secret_from_login": True}
HUB = "https://index.docker.io/v1/"
passwords = st.one_of(
    st.sampled_from(["".join(HOSTILE), '"}', "\\", '\\"', "a:b", "%s%d", "}"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0\n"), min_size=1, max_size=30),
)


def auth(name: str, password: str) -> str:
    return base64.b64encode(f"{name}:{password}".encode()).decode()


def deploy(
    chosen: Setup,
    config: object = None,
    *arguments: str,
    helper: tuple[int, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Ran:
    """Run deploy.sh beside this docker configuration, with the answer of a credential helper."""
    with tempfile.TemporaryDirectory() as place:
        folder = written(Path(place, "setup"), chosen)
        docker = Path(place, "docker")
        docker.mkdir()
        if config is not None:
            text = config if isinstance(config, str) else json.dumps(config, indent="\t")
            (docker / "config.json").write_text(text)
        answers = {"helm": (0, "v3.17.3")} | ({"docker-credential-safe get": helper} if helper else {})
        return run_script(folder, "deploy.sh", *arguments, answers=answers, DOCKER_CONFIG=str(docker), **(env or {}))


def logins(done: Ran) -> dict[str, tuple[str, str]]:
    """By registry, name and password in the secret that was applied, read as a kubelet reads it."""
    assert done.code == 0, done.stderr
    (call,) = [call for call in done.calls if call["argv"][0] == "kubectl" and "apply" in call["argv"]]
    secret = json.loads(call["stdin"])
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    assert secret["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "codehub", "release": "jhub"}
    found = {}
    for registry, entry in json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))["auths"].items():
        name, _, password = base64.b64decode(entry.get("auth", "")).decode().partition(":")
        found[registry] = (entry.get("username", name), entry.get("password", password))
    return found


WAYS = ("auths", "an address in auths", "credsStore", "credHelpers", "environment")


@given(password=passwords, way=st.sampled_from(WAYS))
@example(password="".join(HOSTILE), way="auths")
@example(password="".join(HOSTILE), way="credHelpers")
@example(password="".join(HOSTILE), way="environment")
@settings(max_examples=15, deadline=None)
def test_any_password_comes_through_and_is_no_argument(password: str, way: str) -> None:
    others = {name: {"auth": "eDp5"} for name in ("docker.acme", "ghcr.io.evil.org", "https://xghcr.io")}
    own = {"email": "", "auth": auth("alice", password)}
    configs: dict[str, object] = {
        "auths": {"auths": {**others, "ghcr.io": own}},
        "an address in auths": {"auths": {"https://ghcr.io/v2/": own, **others}},
        "credsStore": {"auths": {"ghcr.io": {}}, "credsStore": "safe"},
        "credHelpers": {"credHelpers": {"gcr.io": "gcloud", "ghcr.io": "safe"}, "credsStore": "other"},
    }
    env = {"CODEHUB_REGISTRY_USERNAME": "alice", "CODEHUB_REGISTRY_PASSWORD": password}
    helper = (0, json.dumps({"ServerURL": "ghcr.io", "Username": "alice", "Secret": password}))
    done = deploy(setup(**FIELDS), configs.get(way), helper=helper, env=env if way == "environment" else {})
    assert logins(done) == {"ghcr.io": ("alice", password)}
    secrets = [auth("alice", password), *([password] if len(password) > 6 else [])]
    assert not any(secret in word for argv in done.argv for word in argv for secret in secrets)


def test_docker_hub_has_its_own_name() -> None:
    chosen = setup(images__registry="docker.io/acme", target__pull_secret_from_login=True)
    config = {"auths": {HUB: {"auth": auth("alice", "x")}, "ghcr.io": {"auth": auth("bob", "y")}}}
    assert logins(deploy(chosen, config)) == {HUB: ("alice", "x")}


def test_the_environment_wins() -> None:
    env = {"CODEHUB_REGISTRY_USERNAME": "robot", "CODEHUB_REGISTRY_PASSWORD": "z"}
    assert logins(deploy(setup(**FIELDS), {"auths": {"ghcr.io": {"auth": "eDp5"}}}, env=env)) == {
        "ghcr.io": ("robot", "z")
    }


@pytest.mark.parametrize(
    "config", [None, {}, {"auths": {}}, {"auths": {"ghcr.io": {}}}, {"auths": {"ghcr-io": {"auth": "eDp5"}}}, "{", "[]"]
)
def test_without_a_login_it_says_what_to_do(config: object) -> None:
    done = deploy(setup(**FIELDS), config)
    assert done.code == 3
    assert not done.of("helm", "upgrade")
    assert "docker login ghcr.io" in done.stderr
    assert "CODEHUB_REGISTRY_PASSWORD" in done.stderr
    assert "kubectl create secret docker-registry codehub-registry" in done.stderr


@pytest.mark.parametrize(
    ("config", "helper"),
    [
        ({"auths": {"ghcr.io": {"auth": "eDo=", "identitytoken": "abc"}}}, None),
        ({"credsStore": "safe"}, (0, json.dumps({"Username": "<token>", "Secret": "abc"}))),
    ],
)
def test_a_login_that_clusters_cannot_use_is_refused(config: object, helper: tuple[int, str] | None) -> None:
    done = deploy(setup(**FIELDS), config, helper=helper)
    assert (done.code, done.of("helm", "upgrade")) == (2, [])
    assert "identity token" in done.stderr


def test_a_dry_run_makes_none() -> None:
    done = deploy(setup(**FIELDS), {}, "--dry-run=server")
    assert done.code == 0, done.stderr
    assert not done.of("kubectl")


@pytest.mark.parametrize("fields", [{"target__delivery": "same-daemon"}, {"target__pull_secret_from_login": False}])
def test_none_is_made_where_none_is_asked_for(fields: dict[str, Any]) -> None:
    done = deploy(setup(**FIELDS | fields))
    assert done.code == 0, done.stderr
    assert not done.of("kubectl")
