"""The hub's settings, worked out once for every target: traitlets configuration as plain data, without secrets.

The shape is `{"ClassName": {"trait": value}}`: Helm takes it as `hub.config`, a `jupyterhub_config.py` as updates
of `c`. Traits and their meaning: JupyterHub 5's `jupyterhub.auth`, oauthenticator 17, nativeauthenticator 1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.setup.model import Setup

Settings = dict[str, dict[str, Any]]
"""Configuration of traitlets classes, by class and trait."""

SINGLEUSER_COMMAND = ("codehub-singleuser",)
"""What runs in every user's container: the guarded single-user server of assets/singleuser."""

HOME = "/home/coder"
"""Where a user's volume is mounted, and the home folder in the notebook image."""

USER_ID = 1000
"""The user and group that editors run as; the notebook image makes it."""

START_TIMEOUT = 300
"""Seconds that a server may take to start: a first pull of the image takes minutes."""

SHORTEST_PASSWORD = 10
"""Of passwords that people choose at sign-up."""

AUTHENTICATORS = {
    "shared-password": ("shared-password", "SharedPasswordAuthenticator"),
    "native": ("native", "NativeAuthenticator"),
    "github": ("github", "GitHubOAuthenticator"),
    "google": ("google", "GoogleOAuthenticator"),
    "oidc": ("generic-oauth", "GenericOAuthenticator"),
    "dummy": ("dummy", "DummyAuthenticator"),
}
"""By the answer `hub.auth.kind`: the entry point's name and the class that its traits belong to."""


def hub_settings(setup: Setup) -> Settings:
    """Who may log in and how, and how servers start; what is secret is in `wizard.render.secrets`."""
    entry_point, class_name = AUTHENTICATORS[setup.hub.auth.kind]
    settings: Settings = {
        "JupyterHub": {"authenticator_class": entry_point},
        "Authenticator": _allow_rules(setup),
    }
    specific = _BY_KIND[setup.hub.auth.kind](setup)
    if specific:
        settings[class_name] = specific
    return settings


def singleuser_environment(setup: Setup) -> dict[str, str]:
    """Environment variables of every user's server."""
    return {"CODEHUB_TERMINAL_COUNTS": "1" if setup.hub.cull.terminals_count else "0"}


@dataclass(frozen=True)
class Culling:
    """When idle servers are stopped: idle for `timeout` seconds, looked at every `every` seconds."""

    enabled: bool
    timeout: int
    every: int


def culling(setup: Setup) -> Culling:
    """The culler's settings; it looks often enough for a short time-out to be kept."""
    cull = setup.hub.cull
    return Culling(cull.enabled, cull.timeout, max(30, min(600, cull.timeout // 2)))


def _distinct(*lists: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for names in lists for name in names))


def _allow_rules(setup: Setup) -> dict[str, Any]:
    """JupyterHub 5 lets nobody in unless told so; admins are named among the allowed for that reason."""
    auth = setup.hub.auth
    # A sign-up is already let in by an admin's approval, which the authenticator itself insists on.
    # A hosted domain of Google's restricts but allows nobody by itself.
    allow_all = auth.allow_all or auth.kind == "native" or (auth.kind == "google" and bool(auth.organizations))
    # JupyterHub 4 has no allow_all: there an empty list lets everybody in, and any other list nobody else.
    named = not allow_all or (auth.kind == "native" and _has_jupyterhub_5(setup))
    rules = {
        "admin_users": _distinct(auth.admins),
        "allowed_users": _distinct(auth.users, auth.admins) if named else [],
        "allow_all": allow_all,
    }
    if _has_jupyterhub_5(setup):
        # Whoever is taken off the list is out; the hub would go on allowing everybody who was in once.
        rules["allow_existing_users"] = False
    return rules


def _has_jupyterhub_5(setup: Setup) -> bool:
    """Charts before 4 carry JupyterHub 4 and oauthenticator 16, or older ones."""
    chart = setup.target.chart.version.removeprefix("v")
    return setup.target.kind != "kubernetes" or int(chart.partition(".")[0]) >= 4


def _nothing(_: Setup) -> dict[str, Any]:
    return {}


def _native(setup: Setup) -> dict[str, Any]:
    return {
        "open_signup": setup.hub.auth.allow_all,
        "minimum_password_length": SHORTEST_PASSWORD,
        "check_common_password": True,
    }


def _oauth(setup: Setup) -> dict[str, Any]:
    settings: dict[str, Any] = {"client_id": setup.hub.auth.client_id}
    if setup.callback_url:
        settings["oauth_callback_url"] = setup.callback_url
    return settings


def _github(setup: Setup) -> dict[str, Any]:
    organizations = setup.hub.auth.organizations
    if not organizations:
        return _oauth(setup)
    # Without this scope GitHub shows public memberships only.
    return _oauth(setup) | {"allowed_organizations": _distinct(organizations), "scope": ["read:org"]}


def _google(setup: Setup) -> dict[str, Any]:
    domains = setup.hub.auth.organizations
    return _oauth(setup) | ({"hosted_domain": _distinct(domains)} if domains else {})


def _oidc(setup: Setup) -> dict[str, Any]:
    auth = setup.hub.auth
    settings = _oauth(setup) | {
        "login_service": "OpenID Connect",
        "authorize_url": auth.oidc.authorize_url,
        "token_url": auth.oidc.token_url,
        "userdata_url": auth.oidc.userdata_url,
        "username_claim": auth.oidc.username_claim,
        "scope": ["openid", "profile", "email"],
    }
    if auth.organizations:
        settings |= {"manage_groups": True, **_groups_key(setup), "allowed_groups": _distinct(auth.organizations)}
    return settings


def _groups_key(setup: Setup) -> dict[str, str]:
    """Where the groups are in what the provider says; renamed in oauthenticator 17."""
    if _has_jupyterhub_5(setup):
        return {"auth_state_groups_key": "oauth_user.groups"}
    return {"claim_groups_key": "groups"}


_BY_KIND: dict[str, Callable[[Setup], dict[str, Any]]] = {
    "shared-password": _nothing,
    "native": _native,
    "github": _github,
    "google": _google,
    "oidc": _oidc,
    "dummy": _nothing,
}
