"""docker's login for a cluster's pull secret, from config files and from a credential helper that is a real program."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from wizard.errors import MissingError, UsageError
from wizard.tools.registry_credentials import credentials

AUTH = base64.b64encode(b"alice:hunter2:pw").decode()


def configure(home: Path, data: object) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps(data))


@pytest.mark.parametrize(
    "key,registry,written",
    [
        ("ghcr.io", "ghcr.io/acme/team", "ghcr.io"),
        ("h:5000", "h:5000", "h:5000"),
        ("https://index.docker.io/v1/", "acme", "https://index.docker.io/v1/"),
    ],
)
async def test_a_plain_login(clean_home: Path, key: str, registry: str, written: str) -> None:
    configure(clean_home, {"auths": {key: {"auth": AUTH}}})
    found = await credentials(registry)
    assert (found.username, found.short_lived) == ("alice", False)
    entry = json.loads(found.docker_config())["auths"][written]
    assert entry == {"username": "alice", "password": "hunter2:pw", "auth": AUTH}
    assert "hunter2" not in repr(found)


async def test_a_helpers_login(clean_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "docker-credential-ecr-login"
    answer = json.dumps({"ServerURL": "ghcr.io", "Username": "AWS", "Secret": "hunter2"})
    program.write_text(f"#!/bin/sh\n[ \"$1\" = get ] && cat >/dev/null && echo '{answer}' || exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    configure(clean_home, {"credHelpers": {"ghcr.io": "ecr-login"}})
    found = await credentials("ghcr.io/acme")
    assert (found.username, found.password, found.short_lived) == ("AWS", "hunter2", True)


@pytest.mark.parametrize(
    "data,error,said",
    [
        ({}, MissingError, "not logged in at ghcr.io"),
        ({"auths": {"other.io": {"auth": AUTH}}}, MissingError, "not logged in"),
        ({"auths": {"ghcr.io": {"identitytoken": "hunter2"}}}, UsageError, "clusters cannot use"),
        ({"credHelpers": {"ghcr.io": "not-there"}}, MissingError, "could not be read"),
    ],
)
async def test_what_cannot_be_used_is_said(clean_home: Path, data: object, error: type[Exception], said: str) -> None:
    configure(clean_home, data)
    with pytest.raises(error, match=said) as caught:
        await credentials("ghcr.io/acme")
    assert "docker login ghcr.io" in getattr(caught.value, "fix", "")
    assert "hunter2" not in str(caught.value)
