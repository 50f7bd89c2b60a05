"""Run by the Python of a hub's venv: who gets in by some hub settings. Answers each line of JSON with one.

In: {"settings": {class: {trait: value}}, "attempts": [{"username": ..., "password": ...} or {"provider_says": {...}}]};
out: {"unrecognised": [...], "warnings": [...], "let_in": [name or null, ...], "admins": [bool, ...]}.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    # The checks of types run where no hub is installed.
    orm, config = import_module("jupyterhub.orm"), import_module("traitlets.config")

    settings = {name: dict(traits) for name, traits in asked["settings"].items()}
    kind = settings["JupyterHub"]["authenticator_class"]
    (entry,) = (one for one in entry_points(group="jupyterhub.authenticators") if one.name == kind)
    authenticator_class = entry.load()
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING:
                said.append(record.getMessage())

    logging.getLogger("traitlets").handlers = [Keep()]
    extra: dict[str, Any] = {}
    if kind == "native":
        extra["db"] = orm.new_session_factory("sqlite:///:memory:")()
    authenticator = authenticator_class(config=config.Config(settings), parent=None, **extra)
    authenticator.check_allow_config()
    known = {name for base in authenticator_class.__mro__ for name in [base.__name__]}
    unrecognised = [
        f"{name}.{trait}"
        for name, traits in settings.items()
        for trait in traits
        if name != "JupyterHub" and (name not in known or not authenticator.has_trait(trait))
    ]
    if kind == "native":
        for person in asked.get("sign_up", ()):
            authenticator.create_user(person["username"], person["password"])
        for name in asked.get("approve", ()):
            authenticator.get_user(name).is_authorized = True
    results = asyncio.run(_attempts(authenticator, asked["attempts"]))
    return {
        "unrecognised": unrecognised,
        "warnings": said,
        "let_in": [result["name"] if result else None for result in results],
        "admins": [bool(result and result["admin"]) for result in results],
    }


async def _attempts(authenticator: Any, attempts: list[dict[str, Any]]) -> list[Any]:
    results = []
    for attempt in attempts:
        if "provider_says" in attempt:
            _stand_in_for_provider(authenticator, attempt)
        results.append(await authenticator.get_authenticated_user(None, attempt))
    return results


def _stand_in_for_provider(authenticator: Any, attempt: dict[str, Any]) -> None:
    """The redirect to the provider and back has happened: this is what its addresses answer."""

    async def token(*_: Any) -> dict[str, Any]:
        return {"access_token": "t", "token_type": "bearer", "scope": ""}

    async def user(*_: Any) -> dict[str, Any]:
        return dict(attempt["provider_says"])

    async def is_member(organization: str, *_: Any) -> bool:
        return organization in attempt.get("member_of", ())

    authenticator.build_access_tokens_request_params = lambda *_: {}
    authenticator.get_token_info = token
    authenticator.token_to_user = user
    authenticator._check_membership_allowed_organizations = is_member


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)  # noqa: T201 - this is how it answers
