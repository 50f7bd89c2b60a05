"""The main job, as the headless test and those of the wizard do it: answers that this machine can build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.integration.images.building import NPM_VERSION
from tests.support import parts

CHART = parts.ROOT / "tests" / "charts" / "jupyterhub"


def answers(registry: str, base: str, hub_base: str, fields: Mapping[str, str] | None = None) -> dict[str, str]:
    """Answers by field: a setup whose images need no registry but the one given, and few downloads.

    The notebook image shares its slow layers with the images of tests/integration/images.
    """
    chosen = {
        "code_server.version": NPM_VERSION,
        "code_server.method": "npm",
        "images.registry": registry,
        "images.notebook.base": base,
        "images.hub.base": hub_base,
        "target.chart.source": str(CHART),
        "target.verify": "none",  # there is no hub behind the in-memory API
        "hub.auth.users": "alice",
    }
    ca = parts.company_ca()
    if ca:
        chosen["build.ca_bundle"] = str(ca)
    return chosen | dict(fields or {})


def options(chosen: Mapping[str, str]) -> list[str]:
    """The same as options of `codehub init`."""
    return [word for field, value in chosen.items() for word in ("--set", f"{field}={value}")]


def finished(events: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The last event of each step, by its id."""
    return {event["step"]: event for event in events if event["event"] == "step-finished"}


def outcomes(events: Sequence[dict[str, Any]]) -> dict[str, str]:
    """How each step ended, by its id."""
    return {step: event["outcome"] for step, event in finished(events).items()}
