"""Which versions an upgrade goes to: those asked for, else the newest that go with the setup and its cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.catalog import (
    ChartRelease,
    CodeServerTag,
    chart_release,
    closest,
    known_tag,
    newest,
    newest_chart,
    parse_version,
    why_not,
    why_not_chart,
)
from wizard.errors import UsageError
from wizard.setup.delivery import has_versions
from wizard.setup.model import Setup


@dataclass(frozen=True)
class Known:
    """What there is to choose from: tags and charts as listed, and versions of the cluster and of Helm (or empty)."""

    tags: tuple[CodeServerTag, ...] = ()
    charts: tuple[ChartRelease, ...] = ()
    kubernetes: str = ""
    helm: str = ""


@dataclass(frozen=True)
class Wanted:
    """What a person asks for; empty: the newest of both, or, where the other one is named, that it stays."""

    code_server: str = ""
    chart: str = ""


@dataclass(frozen=True)
class Choice:
    """The versions that an upgrade goes to, and what a person should know of the choice."""

    code_server: str
    chart: str
    notes: tuple[str, ...] = ()


def choose(setup: Setup, known: Known, wanted: Wanted) -> Choice:
    """The versions to go to; never older than those of the setup by itself.

    Raises UsageError for a version that does not exist, cannot be had that way, or does not go with the cluster.
    """
    both = not (wanted.code_server or wanted.chart)
    notes: list[str] = []
    code_server, chart = setup.code_server.version, setup.target.chart.version
    if wanted.code_server:
        code_server = _asked_tag(setup, known, wanted.code_server)
    elif both:
        code_server = newest_code_server(setup, known.tags) or code_server
    if setup.target.kind != "kubernetes":
        if wanted.chart:
            raise UsageError(
                f"The target {setup.target.kind} has no chart.",
                why="Only Kubernetes is deployed with a Helm chart.",
                fix="Leave out --chart.",
            )
    elif not has_versions(setup):
        if wanted.chart:
            raise UsageError(
                f"The chart comes from {setup.target.chart.source}, which has one version only.",
                why="A folder or a .tgz file is the chart of one version.",
                fix="Put a newer chart there, or set target.chart.source to a chart repository.",
            )
        notes.append(f"The chart stays as it is in {setup.target.chart.source}.")
    elif wanted.chart:
        chart = _asked_chart(setup, known, wanted.chart)
    elif both:
        chart, more = _newest_chart(setup, known)
        notes += more
    return Choice(code_server, chart, tuple(notes))


def newest_code_server(setup: Setup, tags: Sequence[CodeServerTag]) -> str:
    """The newest stable tag that goes with the way, the base image and the platforms; empty when none is newer."""
    current = parse_version(setup.code_server.version)
    fitting = [
        tag
        for tag in tags
        if not tag.prerelease
        and newest([tag], base=setup.images.notebook.base, way=setup.code_server.method) is not None
        and not any(
            why_not(tag.tag, setup.code_server.method, arch=platform.rpartition("/")[2])
            for platform in setup.build.platforms
        )
        and (current is None or tag.order > current)
    ]
    best = max(fitting, key=lambda tag: tag.order, default=None)
    return best.tag if best else ""


def _asked_tag(setup: Setup, known: Known, wanted: str) -> str:
    found = known_tag(wanted, known.tags)
    if found is None:
        near = ", ".join(tag.tag for tag in closest(wanted, known.tags))
        raise UsageError(
            f"There is no code-server {wanted} in the list of versions.",
            fix=f"Did you mean {near}?" if near else "See: codehub versions code-server",
        )
    for platform in setup.build.platforms:
        reason = why_not(found.tag, setup.code_server.method, arch=platform.rpartition("/")[2])
        if reason:
            raise UsageError(
                f"code-server {found.tag} cannot be built in this setup.",
                why=reason,
                fix="Choose another version, or another code_server.method.",
            )
    return found.tag


def _asked_chart(setup: Setup, known: Known, wanted: str) -> str:
    asked, current = parse_version(wanted), parse_version(setup.target.chart.version)
    if asked is None or (known.charts and asked not in {release.order for release in known.charts}):
        raise UsageError(f"There is no chart {wanted} in the list of versions.", fix="See: codehub versions chart")
    if current and asked < current:
        raise UsageError(
            f"Chart {wanted} is older than {setup.target.chart.version}, which the setup has.",
            why="The hub's database, once upgraded, cannot be read by an older JupyterHub.",
            fix="To go back to what was deployed before: codehub rollback",
        )
    reason = why_not_chart(chart_release(wanted, known.charts), kubernetes=known.kubernetes, helm=known.helm)
    if reason:
        raise UsageError(f"Chart {wanted} cannot be deployed here.", why=reason, fix="See: codehub versions chart")
    return chart_release(wanted, known.charts).version


def _newest_chart(setup: Setup, known: Known) -> tuple[str, list[str]]:
    current = setup.target.chart.version
    now = parse_version(current)
    fitting = newest_chart(known.charts, kubernetes=known.kubernetes, helm=known.helm)
    anywhere = newest_chart(known.charts)
    notes = []
    if anywhere and fitting != anywhere and (now is None or anywhere.order > now):
        notes.append(why_not_chart(anywhere, kubernetes=known.kubernetes, helm=known.helm))
    if fitting is None or (now is not None and fitting.order <= now):
        return current, notes
    return fitting.version, notes
