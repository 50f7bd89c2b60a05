"""Exports: deterministic bytes, and no secret in them unless it is asked for."""

import io
import tarfile
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import UsageError
from wizard.render.export import EXAMPLE, ExportFile, example_text, export_files, suspicious_names, tar_bytes
from wizard.render.secrets import Secrets
from wizard.setup.model import Setup
from wizard.setup.store import with_settings

FILES = {
    "secrets.yaml": ExportFile(b"never taken from here", 0o644),
    "build.sh": ExportFile(b"#!/bin/sh\n", 0o755),
    "image/notebook/a.txt": ExportFile(b"a"),
}


def secrets_of(**settings: str) -> tuple[Setup, Secrets]:
    setup = with_settings(Setup(), [f"{name}={value}" for name, value in settings.items()])
    return setup, Secrets().complete(setup)


def test_without_secrets_there_is_an_example_with_named_placeholders() -> None:
    _, secrets = secrets_of()
    exported = export_files(FILES, secrets, with_secrets=False)
    assert list(exported) == ["build.sh", "image/notebook/a.txt", EXAMPLE]
    text = exported[EXAMPLE].content.decode()
    assert not any(secret in text for secret in secrets.values())
    example = yaml.safe_load(text)["hub"]["config"]["SharedPasswordAuthenticator"]
    assert example["user_password"] == "PUT-THE-USER-PASSWORD-HERE"
    assert "hub.config.SharedPasswordAuthenticator.user_password: openssl rand -hex 24" in text


def test_what_the_command_creates_is_accepted_and_the_placeholder_is_not() -> None:
    setup, secrets = secrets_of()
    text = example_text(secrets)
    assert len(Secrets.parse(text).problems(setup)) == 2
    for number, name in enumerate(("USER", "ADMIN")):
        text = text.replace(f"PUT-THE-{name}-PASSWORD-HERE", str(number) * 48)
    assert Secrets.parse(text).problems(setup) == []


def test_a_providers_secret_says_where_it_comes_from() -> None:
    _, secrets = secrets_of(**{"hub.auth.kind": "github", "hub.auth.client_id": "x"})
    assert "client_secret: from the page of your app" in example_text(secrets)


def test_with_secrets_only_their_owner_may_read_them() -> None:
    _, secrets = secrets_of()
    exported = export_files(FILES, secrets, with_secrets=True)
    assert EXAMPLE not in exported
    assert exported["secrets.yaml"] == ExportFile(secrets.text.encode(), 0o600)


def test_a_setup_without_secrets_has_no_example() -> None:
    assert list(export_files(FILES, Secrets(), with_secrets=False)) == ["build.sh", "image/notebook/a.txt"]


_NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80
)
_PATHS = st.lists(_NAMES.filter(lambda name: name not in {".", ".."}), min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(_PATHS, st.binary(max_size=300), min_size=1, max_size=6), st.booleans())
def test_archives_hold_exactly_the_files_and_nothing_of_this_machine(files: dict[str, bytes], compress: bool) -> None:
    given_files = {
        path: ExportFile(content, 0o755 if content[:1] > b"\x80" else 0o644) for path, content in files.items()
    }
    data = tar_bytes(given_files, "hub", compress=compress)
    assert data == tar_bytes(dict(reversed(given_files.items())), "hub", compress=compress)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = archive.getmembers()
        found = {
            member.name.removeprefix("hub/"): (archive.extractfile(member) or io.BytesIO()).read()
            for member in members
            if member.isfile()
        }
        modes = {member.name.removeprefix("hub/"): member.mode for member in members if member.isfile()}
    assert found == files
    assert modes == {path: file.mode for path, file in given_files.items()}
    assert {(member.uid, member.gid, member.uname, member.gname, member.mtime) for member in members} == {
        (0, 0, "", "", 0)
    }
    assert all(member.name == "hub" or member.name.startswith("hub/") for member in members)


@pytest.mark.parametrize("top", ["", ".", "..", "a/b"])
def test_an_archives_folder_is_a_plain_name(top: str) -> None:
    with pytest.raises(UsageError):
        tar_bytes(FILES, top, compress=False)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (
            {"hub": {"config": {"GitHubOAuthenticator": {"client_secret": "x"}}}},
            ["hub.config.GitHubOAuthenticator.client_secret"],
        ),
        ({"proxy": {"secretToken": "x"}}, ["proxy.secretToken"]),
        ({"hub": {"db": {"password": "x"}, "extraEnv": [{"name": "A_TOKEN"}]}}, ["hub.db.password"]),
        ({"imagePullSecret": "name", "hub": {"existingSecret": "name"}, "tls": {"secretName": "x"}}, []),
        ({"hub": {"db": {"password": ""}}, "proxy": {"secretToken": None}}, []),
    ],
)
def test_names_that_look_secret(values: dict[str, Any], names: list[str]) -> None:
    assert suspicious_names(values) == names
