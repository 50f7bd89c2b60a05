"""Changes of a person's own Helm values that keep their meaning under a newer chart; comments and order stay.

Each takes the values as ruamel's round-trip map (or any dict), changes them in place and says whether it had to.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Callable
from typing import Any

from wizard.errors import UsageError
from wizard.render.merge import at, put

Values = dict[str, Any]

_AUTH_CLASSES = {
    "dummy": ("dummy", "DummyAuthenticator"),
    "github": ("github", "GitHubOAuthenticator"),
    "google": ("google", "GoogleOAuthenticator"),
    "gitlab": ("gitlab", "GitLabOAuthenticator"),
    "globus": ("globus", "GlobusOAuthenticator"),
    "azuread": ("azuread", "AzureAdOAuthenticator"),
    "auth0": ("auth0", "Auth0OAuthenticator"),
    "cilogon": ("cilogon", "CILogonOAuthenticator"),
    "lti": ("ltiauthenticator.LTIAuthenticator", "LTIAuthenticator"),
    "ldap": ("ldapauthenticator.LDAPAuthenticator", "LDAPAuthenticator"),
    "tmp": ("tmp", "TmpAuthenticator"),
    "custom": ("", ""),
}
"""`auth.type` of charts before 0.11 -> authenticator_class and class of today."""

_TRAITS = {
    "clientId": "client_id",
    "clientSecret": "client_secret",
    "callbackUrl": "oauth_callback_url",
    "orgWhitelist": "allowed_organizations",
    "hostedDomain": "hosted_domain",
    "loginService": "login_service",
    "gitlabGroupIdWhitelist": "allowed_gitlab_groups",
    "gitlabProjectIdWhitelist": "allowed_project_ids",
    "tenantId": "tenant_id",
    "usernameClaim": "username_claim",
    "consumers": "consumers",
    "password": "password",
}
_CLASSES = (
    "JupyterHub",
    "Authenticator",
    "KubeSpawner",
    "Spawner",
    "ConfigurableHTTPProxy",
    "CryptKeeper",
    "OAuthenticator",
    "SharedPasswordAuthenticator",
    "NativeAuthenticator",
    "GenericOAuthenticator",
    *(name for _, name in _AUTH_CLASSES.values() if name),
)


def edited(text: str, *changes: Callable[[Values], object]) -> str:
    """A YAML text after the changes, comments kept; raises UsageError when it is no map."""
    import yaml as plain_yaml
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from wizard.foreign import load_yaml

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        load_yaml(text)
        document = yaml.load(text)
    except (YAMLError, plain_yaml.YAMLError) as error:
        raise UsageError(
            "values.extra.yaml is not valid YAML.",
            why=str(getattr(error, "problem", "") or "") or str(error).partition("\n")[0],
            fix="Correct it, and run the same command again.",
            address="yaml",
        ) from error
    if document is not None and not isinstance(document, dict):
        raise UsageError("values.extra.yaml does not hold values.", why="It must be a map.", fix="Correct it.")
    alone = document is None
    values: Values = document or {}
    if not [change for change in changes if change(values)]:
        return text
    out = io.StringIO()
    yaml.dump(values, out)
    glue = "" if not text or text.endswith("\n") else "\n"
    # A file that has comments only reads as nothing: they go first.
    return f"{text}{glue}{out.getvalue()}" if alone else out.getvalue()


def difference(before: str, after: str, name: str = "values.extra.yaml") -> str:
    """The change as a unified diff; empty when there is none."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{name} (now)", f"{name} (after)", lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)


def auth_to_hub_config(values: Values) -> bool:
    """`auth.*` of charts before 0.11 to `hub.config`; what is not known stays below `auth` for the person to move."""
    auth = values.get("auth")
    if not isinstance(auth, dict):
        return False
    kind = str(auth.pop("type", "dummy"))
    entry_point, name = _AUTH_CLASSES.get(kind, ("", ""))
    if kind == "custom" and isinstance(auth.get("custom"), dict):
        custom = auth.pop("custom")
        entry_point = str(custom.get("className", ""))
        name = entry_point.rpartition(".")[2]
        for trait, value in (custom.get("config") or {}).items():
            put(values, ("hub", "config", name, trait), value)
    if entry_point:
        put(values, ("hub", "config", "JupyterHub", "authenticator_class"), entry_point)
    for section in (kind, "dummy", "ldap", "lti"):
        if name and isinstance(auth.get(section), dict):
            _move_traits(values, auth, section, name)
    _move_rules(values, auth)
    if not auth:
        del values["auth"]
    return True


def extra_config_to_map(values: Values) -> bool:
    """`hub.extraConfig` that is one text becomes a snippet of a map."""
    text = at(values, "hub.extraConfig")
    if not isinstance(text, str):
        return False
    from ruamel.yaml.scalarstring import LiteralScalarString

    snippet = LiteralScalarString(text if text.endswith("\n") else text + "\n")
    put(values, ("hub", "extraConfig"), {"00-own": snippet} if text.strip() else {})
    return True


def allow_sudo(values: Values) -> bool:
    """What sudo allows goes on working where it was granted."""
    if at(values, "singleuser.allowPrivilegeEscalation") is not None:
        return False
    put(values, ("singleuser", "allowPrivilegeEscalation"), True)
    return True


def hub_image_to_quay(values: Values) -> bool:
    """The chart's own hub image has another home; its tag is the chart's version, so an own tag goes."""
    image = at(values, "hub.image")
    if not isinstance(image, dict) or image.get("name") != "jupyterhub/k8s-hub":
        return False
    image["name"] = "quay.io/jupyterhub/k8s-hub"
    image.pop("tag", None)
    return True


def keep_volume_names(values: Values) -> bool:
    """Pods and volumes of users keep the names that they have."""
    if at(values, "hub.config.KubeSpawner.slug_scheme") is not None:
        return False
    put(values, ("hub", "config", "KubeSpawner", "slug_scheme"), "escape")
    return True


def class_names(values: Values) -> bool:
    """Sections of `hub.config` get the spelling of the class that they mean."""
    config = at(values, "hub.config")
    if not isinstance(config, dict):
        return False
    right = {name.lower(): name for name in _CLASSES}
    wrong = [name for name in config if str(name)[:1].islower() and str(name).lower() in right]
    for name in wrong:
        section = config.pop(name)
        known = right[name.lower()]
        if isinstance(section, dict) and isinstance(config.get(known), dict):
            section = {**section, **config[known]}
        config[known] = section
    return bool(wrong)


def upgrade_database(values: Values) -> bool:
    """The hub may upgrade a database that is not its own file."""
    if at(values, "hub.db.upgrade"):
        return False
    put(values, ("hub", "db", "upgrade"), True)
    return True


def _move_traits(values: Values, auth: Values, section: str, name: str) -> None:
    traits = auth[section]
    for old in list(traits):
        if old in _TRAITS:
            put(values, ("hub", "config", name, _TRAITS[old]), traits.pop(old))
    if not traits:
        del auth[section]


def _move_rules(values: Values, auth: Values) -> None:
    """Who may log in, and the state that a login keeps."""
    for section, trait in (("whitelist", "allowed_users"), ("admin", "admin_users")):
        rules = auth.get(section)
        if not isinstance(rules, dict):
            continue
        users = rules.pop("users", None)
        if users and rules.get("enabled", True):
            put(values, ("hub", "config", "Authenticator", trait), list(users))
        if section == "admin" and "access" in rules:
            put(values, ("hub", "config", "JupyterHub", "admin_access"), rules.pop("access"))
        rules.pop("enabled", None)
        if not rules:
            del auth[section]
    state = auth.get("state")
    if isinstance(state, dict) and "enabled" in state:
        put(values, ("hub", "config", "Authenticator", "enable_auth_state"), state.pop("enabled"))
        if not state:
            del auth["state"]
    if isinstance(auth.get("scopes"), list):
        put(values, ("hub", "config", "OAuthenticator", "scope"), auth.pop("scopes"))
