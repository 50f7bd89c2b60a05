"""The login state, from config files and credential helpers as the docker CLI keeps them."""

import base64
import json
import os
from pathlib import Path

import pytest

from wizard.tools.registry_login import LoginKind, login_state

AUTH = base64.b64encode(b"alice:hunter2-pw").decode()


def configure(home: Path, data: object) -> None:
    (home / ".docker" / "config.json").write_text(data if isinstance(data, str) else json.dumps(data))


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A credential helper; helpers are small programs that speak a documented protocol, this one is a real one."""
    program = tmp_path / "docker-credential-testing"
    listing = json.dumps({"ghcr.io": "bob", "https://index.docker.io/v1/": "carol"})
    program.write_text(f"#!/bin/sh\n[ \"$1\" = list ] && echo '{listing}' || exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return program


async def test_nothing_at_all() -> None:
    state = await login_state("ghcr.io")
    assert (state.kind, state.problem, state.logged_in) == (LoginKind.NONE, "", False)


@pytest.mark.parametrize(
    "key, registry", [("ghcr.io", "ghcr.io"), ("https://h:5000/v2/", "h:5000"), ("https://index.docker.io/v1/", "")]
)
async def test_a_plain_config_file(clean_home: Path, key: str, registry: str) -> None:
    configure(clean_home, {"auths": {key: {"auth": AUTH}}})
    state = await login_state(registry)
    assert (state.kind, state.username, state.logged_in) == (LoginKind.CONFIG, "alice", True)
    assert "hunter2" not in repr(state)
    assert not (await login_state("elsewhere.example")).logged_in


@pytest.mark.parametrize("data", [{"credsStore": "testing"}, {"credHelpers": {"ghcr.io": "testing"}}])
async def test_a_credential_helper(clean_home: Path, helper: Path, data: dict[str, object]) -> None:
    configure(clean_home, data)
    state = await login_state("ghcr.io")
    assert (state.kind, state.helper, state.username, state.problem) == (LoginKind.HELPER, "testing", "bob", "")
    assert (await login_state("")).username == ("carol" if "credsStore" in data else "")
    assert (await login_state("elsewhere.example")).kind is LoginKind.NONE


async def test_a_helper_that_cannot_list_is_taken_at_its_word(clean_home: Path, helper: Path) -> None:
    helper.write_text("#!/bin/sh\necho not implemented >&2; exit 1\n")
    configure(clean_home, {"credHelpers": {"ghcr.io": "testing"}})
    state = await login_state("ghcr.io")
    assert (state.kind, state.username, state.problem) == (LoginKind.HELPER, "", "")


async def test_a_missing_helper_is_a_problem(clean_home: Path) -> None:
    configure(clean_home, {"credsStore": "nowhere"})
    state = await login_state("ghcr.io")
    assert not state.logged_in
    assert "docker-credential-nowhere is not installed" in state.problem


@pytest.mark.parametrize("data", ["{broken", [], {"auths": {"ghcr.io": 1}}, {"auths": {"ghcr.io": {"auth": "!!"}}}])
async def test_a_broken_file_is_a_problem_and_its_content_is_not_shown(clean_home: Path, data: object) -> None:
    configure(clean_home, data)
    state = await login_state("ghcr.io")
    assert not state.logged_in
    assert "config.json cannot be read" in state.problem
    assert "!!" not in state.problem
