"""Values of older charts go on meaning the same, and the person's comments stay."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import UsageError
from wizard.upgrade import migrate


def after(text: str, *changes: Any) -> Any:
    return yaml.safe_load(migrate.edited(text, *changes))


def test_auth_becomes_hub_config() -> None:
    old = """\
auth:
  type: github
  github:
    clientId: "me"
    callbackUrl: "https://hub.example.org/hub/oauth_callback"
    orgWhitelist: [acme]
    somethingElse: 1
  admin:
    access: true
    users: [root]
  whitelist:
    users: [alice, bob]
  state:
    enabled: true
  scopes: ["read:org"]
"""
    new = after(old, migrate.auth_to_hub_config)
    assert new["hub"]["config"] == {
        "JupyterHub": {"authenticator_class": "github", "admin_access": True},
        "GitHubOAuthenticator": {
            "client_id": "me",
            "oauth_callback_url": "https://hub.example.org/hub/oauth_callback",
            "allowed_organizations": ["acme"],
        },
        "Authenticator": {"admin_users": ["root"], "allowed_users": ["alice", "bob"], "enable_auth_state": True},
        "OAuthenticator": {"scope": ["read:org"]},
    }
    assert new["auth"] == {"github": {"somethingElse": 1}}


def test_own_authenticators_and_disabled_whitelists() -> None:
    old = """\
auth:
  type: custom
  custom: {className: mine.Login, config: {realm: x}}
  whitelist: {enabled: false, users: [alice]}
"""
    new = after(old, migrate.auth_to_hub_config)
    assert new == {"hub": {"config": {"Login": {"realm": "x"}, "JupyterHub": {"authenticator_class": "mine.Login"}}}}


def test_a_text_of_configuration_becomes_a_snippet() -> None:
    text = "# mine\nhub:\n  extraConfig: |\n    c.Spawner.cmd = ['x']\n    # why\n  other: 1 # kept\n"
    changed = migrate.edited(text, migrate.extra_config_to_map)
    assert yaml.safe_load(changed) == {"hub": {"extraConfig": {"00-own": "c.Spawner.cmd = ['x']\n# why\n"}, "other": 1}}
    assert changed.startswith("# mine\n")
    assert "other: 1 # kept" in changed
    assert after('hub: {extraConfig: ""}', migrate.extra_config_to_map) == {"hub": {"extraConfig": {}}}
    assert migrate.edited(changed, migrate.extra_config_to_map) == changed


def test_the_others() -> None:
    assert after("a: 1\n", migrate.keep_volume_names) == {
        "a": 1, "hub": {"config": {"KubeSpawner": {"slug_scheme": "escape"}}}
    }  # fmt: skip
    chosen = "hub: {config: {KubeSpawner: {slug_scheme: safe}}}\n"
    assert migrate.edited(chosen, migrate.keep_volume_names) == chosen
    assert after("hub: {image: {name: jupyterhub/k8s-hub, tag: '3.1.0'}}", migrate.hub_image_to_quay) == {
        "hub": {"image": {"name": "quay.io/jupyterhub/k8s-hub"}}
    }
    mixed = "hub: {config: {jupyterHub: {a: 1}, kubespawner: {b: 2}, KubeSpawner: {b: 3}, myOwn: {c: 4}}}"
    assert after(mixed, migrate.class_names) == {
        "hub": {"config": {"JupyterHub": {"a": 1}, "KubeSpawner": {"b": 3}, "myOwn": {"c": 4}}}
    }
    assert after("{}", migrate.upgrade_database) == {"hub": {"db": {"upgrade": True}}}
    assert after("{}", migrate.allow_sudo) == {"singleuser": {"allowPrivilegeEscalation": True}}


def test_a_file_of_comments_keeps_them() -> None:
    changed = migrate.edited("# only\n# comments", migrate.keep_volume_names)
    assert changed.startswith("# only\n# comments\nhub:\n")
    assert yaml.safe_load(changed)["hub"]["config"]["KubeSpawner"]["slug_scheme"] == "escape"


@pytest.mark.parametrize("text", ["a: [1", "- a\n", "a: 1\na: 2\n"])
def test_what_is_no_map_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"values\.extra\.yaml"):
        migrate.edited(text, migrate.keep_volume_names)


MIGRATIONS = (
    migrate.auth_to_hub_config,
    migrate.extra_config_to_map,
    migrate.allow_sudo,
    migrate.hub_image_to_quay,
    migrate.keep_volume_names,
    migrate.class_names,
    migrate.upgrade_database,
)
keys = st.sampled_from(["auth", "hub", "type", "config", "github", "extraConfig", "image", "whitelist", "users", "x"])
documents = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["", "github", "a: b", "jupyterhub/k8s-hub"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(keys, documents, max_size=5))
def test_no_values_stop_a_migration_and_a_second_one_changes_nothing(values: dict[str, Any]) -> None:
    text = yaml.safe_dump(values)
    once = migrate.edited(text, *MIGRATIONS)
    assert isinstance(yaml.safe_load(once), dict)
    assert yaml.safe_load(migrate.edited(once, *MIGRATIONS[1:])) == yaml.safe_load(once)
