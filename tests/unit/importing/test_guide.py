"""The old guide's folder: shell assignments are read and never run; what opens the editors is left out."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from hypothesis import given

from tests.unit.render.setups import line
from wizard.errors import UsageError
from wizard.importing.guide import read_guide, shell_assignments
from wizard.render.merge import at
from wizard.run.folder import SetupFolder
from wizard.setup import store
from wizard.targets.importing import save_guide

SCRIPT = """\
#!/bin/bash
# the guide's
export NAMESPACE=teaching
RELEASE_NAME="jhub"   # of helm
CODE_SERVER_VERSION=3.4.1
REGISTRY=ghcr.io/acme
NOTEBOOK_IMAGE="code-server-notebook:${CODE_SERVER_VERSION}"
CHART_VERSION=0.9.0
TOKEN=$(openssl rand -hex 32)
MEMORY=4G
"""
CONFIG = """\
proxy: {secretToken: "0123456789abcdef"}
auth:
  type: github
  github: {clientId: me, clientSecret: hush, callbackUrl: "https://h.example.org/hub/oauth_callback"}
  whitelist: {users: [alice]}
  admin: {users: [root]}
hub:
  extraConfig: |
    c.KubeSpawner.cmd = ["code-server", "--auth", "none"]
singleuser:
  cmd: null
  image: {name: old, tag: old}
  storage: {capacity: 5Gi}
  extraEnv: {COURSE: python}
"""


def test_answers_secrets_and_what_is_left_out(tmp_path: Path) -> None:
    found = read_guide(SCRIPT, CONFIG, "4.4.0")
    setup = found.setup
    assert (setup.target.namespace, setup.target.release, setup.target.chart.version) == ("teaching", "jhub", "4.4.0")
    assert (setup.code_server.version, setup.images.registry) == ("v3.4.1", "ghcr.io/acme")
    assert (setup.images.notebook.name, setup.images.notebook.tag) == ("code-server-notebook", "3.4.1")
    assert (setup.hub.auth.kind, setup.hub.auth.users, setup.hub.auth.admins) == ("github", ["alice"], ["root"])
    assert setup.hub.storage.capacity == "5Gi"
    assert found.unknown == ("MEMORY",)
    assert at(found.secrets, "hub.config.GitHubOAuthenticator.client_secret") == "hush"
    assert at(found.secrets, "proxy.secretToken") == "0123456789abcdef"
    assert at(found.extra, "singleuser.extraEnv.COURSE") == "python"
    assert set(found.left_out) == {"hub", "singleuser"}
    assert "auth" not in found.extra
    assert {"0.11.0", "1.0.0", "4.0.0"} <= {one.version for one in found.advice}

    folder = SetupFolder(tmp_path / "hub")
    assert save_guide(folder, found) == []
    assert store.load(folder.answers) == setup
    extra = folder.extra_values.read_text()
    assert yaml.safe_load(extra) == found.extra
    assert "# " in extra
    assert "--auth" in extra
    assert "hush" not in extra + folder.values.read_text() + folder.answers.read_text()
    assert folder.load_secrets().config["GitHubOAuthenticator"]["client_secret"] == "hush"
    config = yaml.safe_load(folder.values.read_text())
    assert config["singleuser"]["cmd"] == ["codehub-singleuser"]


@given(line)
def test_words_are_read_as_a_shell_reads_them(text: str) -> None:
    if "`" in text or "$" in text:
        assert "A" not in shell_assignments(f"A=$({text})")
        return
    assert shell_assignments(f"A={shlex.quote(text)}\n") == {"A": text}


@pytest.mark.parametrize("config", ["- a\n", "a: [", "just text"])
def test_a_config_that_is_none(config: str) -> None:
    with pytest.raises(UsageError, match=r"config\.yaml"):
        read_guide("", config, "4.4.0")


def test_empty_files_give_the_defaults() -> None:
    found = read_guide("", "", "4.4.0")
    assert (found.extra, found.secrets, found.left_out) == ({}, {}, {})
    assert found.setup.target.namespace == "codehub"
