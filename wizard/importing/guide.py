"""Answers from the folder of the old hand-made guide: its config.sh, and its config.yaml for chart 0.9."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from wizard.errors import UsageError
from wizard.foreign import load_yaml
from wizard.importing.answers import Origin, answers
from wizard.importing.split import split
from wizard.render.merge import leaves, put
from wizard.render.values import values
from wizard.setup.model import Setup
from wizard.setup.questions import question
from wizard.setup.store import plain, validate
from wizard.upgrade.advice import Advice, Case, advice_for
from wizard.upgrade.migrate import edited

OLD_CHART = "0.9.0"
"""The guide's, where its config.sh names none."""

_ASSIGNMENT = re.compile(r"^\s*(?:export\s+|readonly\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_FIELDS = (
    (r"(K8S_|KUBE_)?NAMESPACE", "target.namespace"),
    (r"(HELM_)?RELEASE(_NAME)?", "target.release"),
    (r"(KUBE_?)?CONTEXT", "target.context"),
    (r"CODE_?SERVER_(VERSION|TAG)", "code_server.version"),
    (r"(DOCKER_|IMAGE_)?REGISTRY", "images.registry"),
    (r"(NOTEBOOK|SINGLEUSER|USER)_IMAGE(_NAME)?", "images.notebook.name"),
    (r"(NOTEBOOK|SINGLEUSER|USER)(_IMAGE)?_TAG", "images.notebook.tag"),
    (r"HUB_IMAGE(_NAME)?", "images.hub.name"),
    (r"HUB(_IMAGE)?_TAG", "images.hub.tag"),
    (r"(INGRESS_)?HOST(NAME)?", "target.expose.host"),
)
_CHART_VERSION = re.compile(r"(JUPYTERHUB_|HELM_)?CHART_VERSION|JUPYTERHUB_HELM_VERSION|JHUB_VERSION", re.IGNORECASE)
_REPLACED = (
    ("singleuser", "cmd"),
    ("singleuser", "defaultUrl"),
    ("singleuser", "image"),
    ("singleuser", "uid"),
    ("singleuser", "fsGid"),
    ("singleuser", "storage", "homeMountPath"),
    ("hub", "image"),
    ("hub", "extraConfig"),
    ("hub", "command"),
)
"""What codehub does its own way: the guide's would open the editors to everybody who reaches the hub."""


@dataclass(frozen=True)
class Guide:
    """What was made of an old folder: answers, own values and secrets, what was left out, and advice for the way."""

    setup: Setup
    extra: Mapping[str, Any]
    secrets: Mapping[str, Any]
    left_out: Mapping[str, Any]
    advice: tuple[Advice, ...]
    unknown: tuple[str, ...]


def shell_assignments(text: str) -> dict[str, str]:
    """The variables that a shell file sets to plain words; nothing is run, `$NAME` of earlier ones is filled in."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _ASSIGNMENT.match(line)
        if match is None:
            continue
        literal = match.group(2).lstrip().startswith("'")
        try:
            words = shlex.split(match.group(2), comments=True)
        except ValueError:
            continue
        value = words[0] if words else ""
        if "$(" in value or "`" in value:
            continue
        filled = value if literal else _VARIABLE.sub(lambda name: found.get(name.group(1) or name.group(2), ""), value)
        found[match.group(1)] = filled
    return found


def read_guide(script: str, config: str, chart: str) -> Guide:
    """The old folder as a setup for today's `chart`; raises UsageError when its config.yaml cannot be read."""
    variables = shell_assignments(script)
    before = next((value for name, value in variables.items() if _CHART_VERSION.fullmatch(name)), "") or OLD_CHART
    advice: list[Advice] = []

    def migrate(own: dict[str, Any]) -> bool:
        advice.extend(advice_for(Case(own, {}, before, chart), own))
        return True

    migrated = yaml.safe_load(edited(_mapping(config), migrate)) or {}
    # There is no release to keep volume names for: the guide's chart cannot run on today's Kubernetes.
    migrated.get("hub", {}).get("config", {}).pop("KubeSpawner", None)
    setup, unknown = _with_variables(answers(migrated, Origin("", "codehub", "jhub", chart)), variables)
    parts = split(migrated, values(setup))
    extra: dict[str, Any] = {}
    left_out: dict[str, Any] = {}
    for path, value in leaves(parts.extra):
        if value == {}:
            continue
        replaced = any(path[: len(start)] == start for start in _REPLACED)
        put(left_out if replaced else extra, path, value)
    return Guide(setup, extra, parts.secrets, left_out, tuple(advice), tuple(unknown))


def _with_variables(setup: Setup, variables: Mapping[str, str]) -> tuple[Setup, list[str]]:
    """The answers with what config.sh says, and the names of the variables that codehub has no question for."""
    data, unknown = plain(setup), []
    for name, value in variables.items():
        path = next((path for pattern, path in _FIELDS if re.fullmatch(pattern, name, re.IGNORECASE)), "")
        if path == "code_server.version" and value[:1].isdigit():
            value = f"v{value}"  # noqa: PLW2901
        if path.endswith(".name"):
            value, _, tag = value.partition(":")  # noqa: PLW2901
            if tag:
                put(data, (*path.split(".")[:-1], "tag"), tag)
        asked = question(path) if path else None
        if asked is None or asked.check(value) is not None:
            unknown += [] if _CHART_VERSION.fullmatch(name) else [name]
            continue
        put(data, tuple(path.split(".")), value)
    return validate(data, "the guide's config.sh"), unknown


def _mapping(text: str) -> str:
    try:
        document = load_yaml(text)
    except yaml.YAMLError as error:
        raise UsageError(
            "The guide's config.yaml is not valid YAML.", why=str(getattr(error, "problem", "")), fix="Correct it."
        ) from error
    if document is not None and not isinstance(document, dict):
        raise UsageError("The guide's config.yaml holds no values.", why="It must be a map.", fix="Correct it.")
    return text
