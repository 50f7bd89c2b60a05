"""Defaults that come from the catalogue: the newest versions that this codehub was made with, the same everywhere."""

from __future__ import annotations

from wizard.catalog.bundled import chart_releases, code_server_tags


def default_code_server_version() -> str:
    """The tag of the newest stable code-server in the bundled catalogue."""
    return next(tag.tag for tag in code_server_tags() if not tag.prerelease)


def default_chart_version() -> str:
    """The newest stable chart version in the bundled catalogue."""
    return next(release.version for release in chart_releases() if not release.prerelease)
