"""What a deployment would change in the cluster's objects, by Helm's dry run on the server; secrets are masked."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from wizard.foreign import load_yaml
from wizard.plan.images import build_id, deliver_id
from wizard.plan.kubernetes import DEPLOY
from wizard.plan.model import Decision
from wizard.render.merge import merged
from wizard.render.pins import FILE as PINS
from wizard.render.pins import TAG_ROOM, pin
from wizard.render.yaml_text import yaml_text
from wizard.setup.model import Setup
from wizard.targets.release_inputs import as_files, chart_of, values_order
from wizard.targets.releases import release_of
from wizard.targets.session import Preparation
from wizard.text import Redactor
from wizard.tools.docker_engine import split_tag
from wizard.tools.helm_diff import Change, ObjectDiff, diff_manifests
from wizard.wording import counted

_NOT_KNOWN = "-known-once-built"
"""Ends, for the cluster, the tag of an image that does not exist yet."""
_NEW_IMAGES = (
    "Images that are built or delivered anew get tags of their own then; a … stands for what is not known of them yet, "
    "also where it cannot be shown (the hub keeps the notebook image's in its Secret)."
)


@dataclass(frozen=True)
class Difference:
    """The objects that differ from those of the release's newest revision, and what is not known yet."""

    objects: tuple[ObjectDiff, ...]
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """One line, such as: In the cluster: 2 objects added, 1 object changed."""
        counts = {change: sum(one.change is change for one in self.objects) for change in Change}
        parts = [f"{counted(count, 'object')} {change}" for change, count in counts.items() if count]
        return f"In the cluster: {', '.join(parts)}." if parts else "In the cluster no object would change."


def can_differ(preparation: Preparation) -> bool:
    """Whether a plan calls Helm, so that there is something to ask the cluster."""
    steps = preparation.plan.steps
    return any(step.id == DEPLOY and step.decision is Decision.RUN for step in steps) and (
        preparation.rendering.setup.target.kind == "kubernetes"
    )


async def difference(preparation: Preparation) -> Difference:
    """Ask the server what the plan's deployment would change; nothing is changed by that.

    Raises what Helm raises: the dry run fails where the deployment would (a value that the schema refuses, a locked
    release), and without a cluster.
    """
    folder, made = preparation.folder, preparation.rendering
    release = await release_of(made.setup)
    contents = made.contents()
    anew = _anew(preparation)
    pinned = _pinned(folder.path / PINS, made.setup, anew)
    if pinned:
        contents[PINS] = yaml_text(pinned).encode()
    values = {path.name: contents[path.name] for path in values_order(folder) if path.name in contents}
    with as_files(values) as paths:
        dry = await release.dry_run(chart_of(made.setup, folder), paths)
    objects = diff_manifests(await release.manifest() or "", dry.manifest)
    redactor = Redactor(made.secrets.values())
    shown = tuple(replace(one, lines=tuple(_marked(redactor(line)) for line in one.lines)) for one in objects)
    return Difference(shown, (_NEW_IMAGES,) if anew else ())


def _anew(preparation: Preparation) -> list[str]:
    """The images that the plan builds or delivers, by name."""
    run = {step.id for step in preparation.plan.to_run}
    return [name for name in preparation.rendering.builds if run & {build_id(name), deliver_id(name)}]


def _pinned(path: Path, setup: Setup, anew: list[str]) -> Mapping[str, Any]:
    """What images.yaml will say, with a tag that says so for each image that does not exist yet."""
    document: Mapping[str, Any] = {}
    with contextlib.suppress(OSError, yaml.YAMLError):
        found = load_yaml(path.read_bytes())
        document = found if isinstance(found, dict) else {}
    for name in anew:
        tag = split_tag(setup.image_references[name])[1]
        document = merged(document, pin(setup, name, f"{tag[: TAG_ROOM - 10]}{_NOT_KNOWN}"))
    return document


def _marked(line: str) -> str:
    if _NOT_KNOWN not in line:
        return line
    return f"{line.replace(_NOT_KNOWN, '-…')}   (the tag is known once the image is built)"
