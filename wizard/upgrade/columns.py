"""What is deployed, what the files say, and what is newest, side by side; and what was changed behind codehub; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.catalog import CodeServerTag, chart_release, known_tag
from wizard.plan.model import StepRecord
from wizard.setup.model import Setup

UNKNOWN = "?"
"""Stands for what could not be found out."""


@dataclass(frozen=True)
class Row:
    """One thing with its three states; empty where there is none."""

    name: str
    deployed: str
    files: str
    newest: str

    @property
    def pending(self) -> bool:
        """Whether the files say something else than what is deployed."""
        return UNKNOWN not in {self.deployed, self.files} and self.deployed != self.files

    @property
    def outdated(self) -> bool:
        """Whether there is something newer than the files say."""
        return UNKNOWN not in {self.files, self.newest} and bool(self.newest) and self.files != self.newest


@dataclass(frozen=True)
class Deployed:
    """What is known of the deployment.

    setup: the answers it was made from, None where this folder has no record; chart, hub_image: as the cluster has
    them, empty without a release; bases: by image, id or digest of the base that it was built on, and that of today.
    """

    setup: Setup | None = None
    chart: str = ""
    jupyterhub: str = ""
    hub_image: str = ""
    bases: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def columns(files: Setup, newest: Setup, deployed: Deployed, tags: tuple[CodeServerTag, ...] = ()) -> tuple[Row, ...]:
    """The rows for code-server, VS Code, and, for Kubernetes, chart, JupyterHub and hub image, then base images."""
    there = deployed.setup
    running = there.code_server.version if there else UNKNOWN if deployed.chart else ""
    versions = (running, files.code_server.version, newest.code_server.version)
    rows = [Row("code-server", *versions), Row("VS Code", *(_vscode(version, tags) for version in versions))]
    if files.target.kind == "kubernetes":
        charts = [chart_release(setup.target.chart.version) for setup in (files, newest)]
        hub = _hub_image(files)
        rows += [
            Row("chart", deployed.chart, charts[0].version, charts[1].version),
            Row("JupyterHub", deployed.jupyterhub, charts[0].jupyterhub, charts[1].jupyterhub),
            Row("hub image", deployed.hub_image, hub, hub if newest == files else _hub_image(newest)),
        ]
    rows += [Row(f"{name} base", then, then, now) for name, (then, now) in deployed.bases.items()]
    return tuple(rows)


def drift(
    record: StepRecord | None, revision: int, status: str, edited: tuple[str, ...], gone: tuple[str, ...]
) -> tuple[str, ...]:
    """What somebody changed without codehub, in sentences.

    record: of the last deployment from here; revision, status: of the release now (0: there is none); edited: files
    that a person changed; gone: images that are no longer where they were.
    """
    said = []
    known = record.result.get("revision") if record and record.outcome == "done" else None
    if known and not revision:
        said.append(f"The release is gone; codehub left it at revision {known}.")
    elif known and revision != known:
        said.append(f"Somebody changed the release: it is at revision {revision}, codehub left it at {known}.")
    if revision and status != "deployed":
        said.append(f"The release is {status}.")
    said += [f"The image {reference} is no longer there." for reference in gone]
    said += [f"{name} was changed by hand." for name in edited]
    return tuple(said)


def _vscode(version: str, tags: tuple[CodeServerTag, ...]) -> str:
    if version in {"", UNKNOWN}:
        return version
    found = known_tag(version, tags or None)
    return (found.vscode if found else None) or UNKNOWN


def _hub_image(setup: Setup) -> str:
    return setup.hub_reference if setup.builds_hub else chart_release(setup.target.chart.version).hub_image
