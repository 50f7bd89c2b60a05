"""deploy.sh of a Docker host: the secrets that it makes, and what the containers get of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.render.script_runs import Ran, run_script, written
from tests.unit.render.setups import setup
from wizard.assets import asset_path
from wizard.render.compose import hub_environment, proxy_environment
from wizard.render.export import secrets_template
from wizard.render.jupyterhub_config import SECRETS_VARIABLE
from wizard.render.secrets import PROXY_SECRETS, Secrets, needed
from wizard.render.yaml_text import yaml_text

LINES = "CODEHUB_HUB_SECRETS={}\nCONFIGPROXY_AUTH_TOKEN=abc\n"
LOGINS: dict[str, dict[str, Any]] = {
    "shared-password": {},
    "native": {"hub__auth__kind": "native"},
    "dummy": {"hub__auth__kind": "dummy", "hub__auth__insecure_dummy": True},
    "traefik": {"hub__proxy": "traefik", "target__verify": "user"},
}


def deploy(folder: Path, *arguments: str, volumes: bool = False, lines: str = LINES) -> Ran:
    there = {"docker volume inspect codehub-hub-data": (0 if volumes else 1, "")}
    answers = {"docker": (0, lines)} | there
    return run_script(folder, "deploy.sh", *arguments, answers=answers)


def without_secrets(folder: Path, **fields: Any) -> Path:
    written(folder, setup(target__kind="docker", **fields))
    for path in [*folder.glob("*.env"), folder / "secrets.yaml"]:
        path.unlink()
    return folder


@given(st.dictionaries(st.text(min_size=1), st.dictionaries(st.text(min_size=1), st.text() | st.integers())))
@settings(max_examples=12, deadline=None)
def test_the_containers_get_the_same_as_from_codehub(config: dict[str, dict[str, Any]]) -> None:
    class_name, trait = PROXY_SECRETS["chp"]
    secrets = Secrets.parse(yaml_text({"hub": {"config": {**config, class_name: {trait: "a1b2"}}}}))
    argv = [sys.executable, str(asset_path("scripts/environment.py")), SECRETS_VARIABLE, class_name, trait]
    done = subprocess.run(argv, input=secrets.text.encode(), capture_output=True, check=True)
    hub, proxy = (
        text.partition("\n")[2] for text in (hub_environment(secrets, SECRETS_VARIABLE), proxy_environment(secrets))
    )
    assert done.stdout.decode() == hub + proxy


@pytest.mark.parametrize("fields", LOGINS.values(), ids=LOGINS)
def test_all_secrets_are_made(fields: dict[str, Any], tmp_path: Path) -> None:
    folder = without_secrets(tmp_path / "a setup", **fields)
    done = deploy(folder, "--pull", "always")
    assert done.code == 0, done.stderr
    assert done.argv[-1] == ["docker", "compose", "up", "--detach", "--pull", "always"]
    assert len(done.of("docker", "run")) == 1
    made = Secrets.parse((folder / "secrets.yaml").read_text())
    chosen = setup(target__kind="docker", **fields)
    assert made.complete(chosen).text == made.text  # codehub finds nothing missing
    assert made.problems(chosen) == []
    values = made.values()
    assert values
    assert len(set(values)) == len(values)
    assert all(len(value) >= 17 and "MAKE-" not in value and "PUT-" not in value for value in values)
    assert not any(value in word for argv in done.argv for word in argv for value in values)
    head, _, line = (folder / "hub.env").read_text().partition("\n")
    assert head == hub_environment(made, SECRETS_VARIABLE).partition("\n")[0]
    assert line == LINES.splitlines(keepends=True)[0]
    assert (folder / "proxy.env").exists() == (chosen.hub.proxy == "chp")
    again = deploy(folder)
    assert again.code == 0
    assert Secrets.parse((folder / "secrets.yaml").read_text()) == made


def test_two_runs_make_others(tmp_path: Path) -> None:
    texts = set()
    for name in ("one", "other"):
        folder = without_secrets(tmp_path / name)
        assert deploy(folder).code == 0
        texts.add((folder / "secrets.yaml").read_text())
    assert len(texts) == 2


def test_what_only_a_provider_has_is_asked_for(tmp_path: Path) -> None:
    fields = {"hub__auth__kind": "github", "hub__auth__client_id": "abc", "hub__auth__organizations": ["acme"]}
    folder = without_secrets(tmp_path / "hub", **fields)
    done = deploy(folder)
    assert done.code == 2
    assert "PUT-THE-CLIENT-SECRET-HERE" in done.stderr
    assert not done.of("docker", "compose", "up")
    path = folder / "secrets.yaml"
    assert path.stat().st_mode & 0o077 == 0
    path.write_text(path.read_text().replace("PUT-THE-CLIENT-SECRET-HERE", "hush-hush"))
    assert deploy(folder).code == 0
    assert yaml.safe_load(path.read_text())["hub"]["config"]["GitHubOAuthenticator"]["client_secret"] == "hush-hush"


def test_secrets_of_earlier_answers_are_not_asked_for() -> None:
    """Whose login, proxy and check were others before has their secrets still; nobody could say what to put there."""
    before = setup(
        target__kind="docker", hub__proxy="traefik", target__verify="user", hub__auth__kind="oidc",
        hub__auth__client_id="abc",
    )  # fmt: skip
    now = setup(target__kind="docker", target__verify="hub")
    made = Secrets().complete(before).complete(now)
    template = secrets_template(now, made)
    assert "PUT-THE-" in secrets_template(before, made)
    assert "PUT-THE-" not in template
    config = Secrets.parse(template).config
    assert set(config) == {class_name for class_name, _, _ in needed(now)}
    own = Secrets.parse("hub: {config: {GenericOAuthenticator: {my_own_token: x}}}").complete(before)
    assert 'my_own_token: "PUT-THE-MY-OWN-TOKEN-HERE"' in secrets_template(now, own)


def test_a_hub_that_is_there_keeps_its_passwords(tmp_path: Path) -> None:
    folder = without_secrets(tmp_path / "hub")
    done = deploy(folder, volumes=True)
    assert done.code == 2
    assert "--new-secrets" in done.stderr
    assert not (folder / "secrets.yaml").exists()
    assert deploy(folder, "--new-secrets", volumes=True).code == 0


@pytest.mark.parametrize(
    ("failing", "said"),
    [
        ("docker compose version", "docker compose is not installed"),
        ("docker version", "is it running"),
        ("docker image inspect code-server-hub:1.0.0", "run ./build.sh before"),
    ],
)
def test_what_is_missing_is_said(failing: str, said: str, tmp_path: Path) -> None:
    folder = without_secrets(tmp_path / "hub")
    answers = {"docker": (0, LINES), failing: (1, ""), "docker pull --quiet code-server-hub:1.0.0": (1, "")}
    done = run_script(folder, "deploy.sh", answers=answers)
    assert done.code in {2, 3}
    assert said in done.stderr
    assert not (folder / "secrets.yaml").exists()
