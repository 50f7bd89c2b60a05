"""Defaults that come from the catalogue: the newest versions that this codehub knows of, offline."""

from __future__ import annotations


def default_code_server_version() -> str:
    """The tag of the newest stable code-server in the bundled catalogue."""
    return "v4.133.0"


def default_chart_version() -> str:
    """The newest stable chart version in the bundled catalogue."""
    return "4.4.0"
