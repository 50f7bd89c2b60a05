"""What is secret: generated once, kept for ever, and only ever written to secrets.yaml (mode 0600).

secrets.yaml holds Helm values below `hub.config`, in the classes and traits of `wizard.render.hub_settings`. What a
person put there besides, and their comments, stay.
"""

from __future__ import annotations

import io
import re
import secrets as random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from wizard.errors import UsageError
from wizard.foreign import load_yaml
from wizard.render.hub_settings import AUTHENTICATORS, Settings
from wizard.render.yaml_text import yaml_text
from wizard.setup.answers_hub import OAUTH
from wizard.setup.model import Setup
from wizard.setup.problems import Problem

FILE = "secrets.yaml"
PROXY_SECRETS = {"chp": ("ConfigurableHTTPProxy", "auth_token"), "traefik": ("TraefikProxy", "traefik_api_password")}
"""By the proxy, the class and trait of what its API is guarded by, where codehub starts it."""

VERIFY_SECRET = ("CodehubVerify", "api_token")
"""Class and trait of the token of the service that tries the hub; no class of JupyterHub's."""

PLACEHOLDER = "PUT-THE-CLIENT-SECRET-HERE"
"""Stands for a secret that only the person has; nothing is deployed while it stands."""

_PLACEHOLDER = re.compile(r"PUT-THE-[A-Z0-9-]+-HERE")
"""That one, and those of an export without secrets (wizard.render.export); deploy.sh looks for the same."""

LEFT_OUT = "# codehub makes none: "
"""Begins a line of secrets.yaml that names a secret (CLASS.TRAIT) that the release goes without."""

_LEFT_OUT = re.compile(rf"^{re.escape(LEFT_OUT)}(\S+)$", re.MULTILINE)

HEADER = """\
Secrets of this setup, made once by codehub and kept ever since. Do not commit this file.
Change a value here and apply again to change it in the deployment.
"""
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
Kind = Literal["password", "long-password", "token", "given"]
"""How a secret is made; given: by somebody else, and put there by the person."""

GROUPS: dict[Kind, int] = {"password": 3, "long-password": 7}
"""Of how many groups a password consists."""

_OF_LOGINS: dict[str, tuple[tuple[str, Kind], ...]] = {
    "shared-password": (("user_password", "password"), ("admin_password", "long-password")),
    "dummy": (("password", "password"),),
    **dict.fromkeys(sorted(OAUTH), (("client_secret", "given"),)),
}
"""By the answer hub.auth.kind: the traits of the login's class that are secret."""

_USER_PASSWORD_LEAST = 8
_ADMIN_PASSWORD_LEAST = 32


def _password(groups: int) -> str:
    """Groups of five characters that are hard to confuse, about 25 bits each."""
    return "-".join("".join(random.choice(ALPHABET) for _ in range(5)) for _ in range(groups))


@dataclass(frozen=True)
class Secrets:
    """The content of secrets.yaml: its text, and what it says.

    `document` is never shown: its repr is left out on purpose.
    """

    text: str = field(default="", repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str, where: str = FILE) -> Secrets:
        """The secrets in a file's text; raises UsageError, without any of the content, when it is not a mapping."""
        try:
            document = load_yaml(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise _unreadable(where, f"It is not YAML at line {mark.line + 1}." if mark else "") from None
        if document is None:
            document = {}
        if not isinstance(document, dict) or not _is_settings(document):
            raise _unreadable(where, "It is not a map of Helm values (hub: config: …).")
        return cls(text, document)

    @property
    def config(self) -> Settings:
        """The secret traits, by class: what is below `hub.config`, for targets other than Helm."""
        hub = self.document.get("hub") or {}
        return {name: dict(traits) for name, traits in (hub.get("config") or {}).items() if traits}

    @property
    def verify_token(self) -> str:
        """The token of the service that tries the hub; empty where there is none."""
        class_name, trait = VERIFY_SECRET
        return str(self.config.get(class_name, {}).get(trait, ""))

    def complete(self, setup: Setup) -> Secrets:
        """These secrets and all others that the setup needs, the missing ones generated; what is there stays.

        A provider's client secret cannot be generated: it begins as PLACEHOLDER.
        """
        missing: Settings = {}
        without = set(_LEFT_OUT.findall(self.text))
        for class_name, trait, kind in needed(setup):
            if f"{class_name}.{trait}" in without:
                continue
            if self.config.get(class_name, {}).get(trait) in (None, ""):
                missing.setdefault(class_name, {})[trait] = _made(kind)
        return self._with(missing) if missing else self

    def leaving_out(self, setup: Setup) -> Secrets:
        """These secrets, with a line for each that the setup's login would need and that is to go on missing.

        For a release that was made without them: codehub makes one as soon as its line is taken out.
        """
        names = [
            f"{class_name}.{trait}"
            for class_name, trait, _ in needed(setup)
            if self.config.get(class_name, {}).get(trait) in (None, "")
        ]
        lines = "".join(f"{LEFT_OUT}{name}\n" for name in names)
        return Secrets.parse(lines + self.text) if lines else self

    def with_client_secret(self, setup: Setup, secret: str) -> Secrets:
        """These secrets with the login provider's client secret; raises UsageError where none is used."""
        if not setup.uses_oauth:
            raise UsageError(
                "A client secret was given, but this login does not use one.",
                why=f"hub.auth.kind is {setup.hub.auth.kind}.",
                fix="Leave it out, or choose github, google or oidc.",
            )
        if not secret.strip():
            raise UsageError("The client secret is empty.", fix="Take it from the provider's page for this app.")
        return self._with({_class_of(setup): {"client_secret": secret.strip()}})

    def problems(self, setup: Setup) -> list[Problem]:
        """What keeps these secrets from being deployed: a placeholder, or passwords that the hub refuses."""
        mine = self.config.get(_class_of(setup), {})
        if setup.uses_oauth and mine.get("client_secret") in (None, "", PLACEHOLDER):
            return [
                Problem(
                    f"{FILE}: hub.config.{_class_of(setup)}.client_secret",
                    "the client secret of the login is not there yet",
                    "Take the one from the provider's page: "
                    f"codehub render --client-secret FILE, or write it into {FILE}.",
                )
            ]
        where = f"{FILE}: hub.config.{_class_of(setup)}"
        unfilled = [
            Problem(f"{where}.{trait}", "is still a placeholder", "Put the secret there.")
            for trait, value in mine.items()
            if isinstance(value, str) and _PLACEHOLDER.fullmatch(value)
        ]
        if unfilled:
            return unfilled
        found = [
            Problem(f"{where}.{trait}", "must be text", "Put it in double quotes.")
            for trait, value in mine.items()
            if trait in {"user_password", "admin_password", "password"} and not isinstance(value, str)
        ]
        if setup.hub.auth.kind != "shared-password" or found:
            return found
        user, admin = mine.get("user_password", ""), mine.get("admin_password", "")
        if len(user) < _USER_PASSWORD_LEAST:
            found.append(Problem(f"{where}.user_password", f"needs at least {_USER_PASSWORD_LEAST} characters"))
        if len(admin) < _ADMIN_PASSWORD_LEAST:
            found.append(Problem(f"{where}.admin_password", f"needs at least {_ADMIN_PASSWORD_LEAST} characters"))
        if admin and user == admin:
            found.append(Problem(f"{where}.admin_password", "must differ from user_password"))
        return found

    def values(self) -> list[str]:
        """Every secret text, for `wizard.text.Redactor`."""
        return [text for text in _leaves(self.document) if text != PLACEHOLDER]

    def logins(self, setup: Setup) -> list[tuple[str, str]]:
        """(who, password) of the passwords that codehub made for this login, to be shown when asked for."""
        mine = self.config.get(_class_of(setup), {})
        named = {
            "shared-password": (("users", "user_password"), ("admins", "admin_password")),
            "dummy": (("everybody", "password"),),
        }
        pairs = named.get(setup.hub.auth.kind, ())
        return [(who, str(mine[trait])) for who, trait in pairs if mine.get(trait)]

    def _with(self, settings: Settings) -> Secrets:
        """The same with some traits set; the rest of a person's file stays as it is written."""
        if not self.text.strip():
            return Secrets.parse(yaml_text({"hub": {"config": settings}}, comment=HEADER))
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError
        from ruamel.yaml.scalarstring import DoubleQuotedScalarString

        editor = YAML()
        editor.preserve_quotes = True
        editor.width = 1_000_000
        editor.indent(mapping=2, sequence=4, offset=2)
        try:
            document = editor.load(self.text)
        except YAMLError as error:
            why = getattr(error, "problem", "") or ""
            # Only this one quotes nothing but a key; other messages could hold a secret.
            raise _unreadable(FILE, "A key is there twice." if "duplicate" in why else "") from None
        if document is None:
            return Secrets.parse(self.text.rstrip("\n") + "\n" + yaml_text({"hub": {"config": settings}}))
        config = _child(_child(document, "hub"), "config")
        for class_name, traits in settings.items():
            for trait, value in traits.items():
                _child(config, class_name)[trait] = DoubleQuotedScalarString(value)
        out = io.StringIO()
        editor.dump(document, out)
        return Secrets.parse(out.getvalue())


def _child(mapping: Any, key: str) -> Any:  # noqa: ANN401 - ruamel's maps, whose order and comments must stay
    if not mapping.get(key):
        mapping[key] = {}
    return mapping[key]


def _class_of(setup: Setup) -> str:
    return AUTHENTICATORS[setup.hub.auth.kind][1]


def left_over(setup: Setup) -> frozenset[tuple[str, str]]:
    """Class and trait of each secret that only other answers of codehub's need, such as another login's."""
    logins = {(AUTHENTICATORS[login][1], trait) for login, traits in _OF_LOGINS.items() for trait, _ in traits}
    now = {(class_name, trait) for class_name, trait, _ in needed(setup)}
    return frozenset({*logins, *PROXY_SECRETS.values(), VERIFY_SECRET} - now)


def needed(setup: Setup) -> Iterator[tuple[str, str, Kind]]:
    """Class, trait and kind of each secret that the setup needs."""
    for trait, kind in _OF_LOGINS.get(setup.hub.auth.kind, ()):
        yield _class_of(setup), trait, kind
    if setup.target.kind == "docker":
        yield *PROXY_SECRETS[setup.hub.proxy], "token"
    # The chart makes the token itself.
    if setup.target.kind != "kubernetes" and setup.has_verify_service:
        yield *VERIFY_SECRET, "token"


def _made(kind: Kind) -> str:
    if kind == "given":
        return PLACEHOLDER
    return random.token_hex(32) if kind == "token" else _password(GROUPS[kind])


def _is_settings(document: Mapping[Any, Any]) -> bool:
    hub = document.get("hub") or {}
    config = (hub.get("config") or {}) if isinstance(hub, dict) else None
    return isinstance(config, dict) and all(traits is None or isinstance(traits, dict) for traits in config.values())


def _leaves(value: object, seen: set[int] | None = None) -> Iterator[str]:
    """Every text in a document; one that YAML's aliases repeat, or put inside itself, is met once."""
    seen = set() if seen is None else seen
    if isinstance(value, Mapping | list):
        if id(value) in seen:
            return
        seen.add(id(value))
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(item, seen)
    elif isinstance(value, str) and value:
        yield value
        if "\n" in value:
            yield from (line.strip() for line in value.splitlines() if line.strip())


def _unreadable(where: str, why: str) -> UsageError:
    return UsageError(
        f"{where} cannot be read.",
        why=why or "It is not YAML.",
        fix="Mend it, or move it away: codehub then makes new secrets, and everybody needs the new passwords.",
    )
