"""What a deployment would change in the cluster's objects, by Helm's dry run on the server; secrets are masked."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from wizard.plan.kubernetes import DEPLOY
from wizard.plan.model import Decision
from wizard.render.pins import FILE as PINS
from wizard.targets.release_inputs import as_files, chart_of, values_order
from wizard.targets.releases import release_of
from wizard.targets.session import Preparation
from wizard.text import Redactor
from wizard.tools.helm_diff import Change, ObjectDiff, diff_manifests
from wizard.wording import counted

_NEW_IMAGES = "Images that are built or delivered anew get tags of their own then: those are not in this."


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
    with contextlib.suppress(OSError):
        contents[PINS] = (folder.path / PINS).read_bytes()
    values = {path.name: contents[path.name] for path in values_order(folder) if path.name in contents}
    with as_files(values) as paths:
        dry = await release.dry_run(chart_of(made.setup, folder), paths)
    objects = diff_manifests(await release.manifest() or "", dry.manifest)
    redactor = Redactor(made.secrets.values())
    shown = tuple(replace(one, lines=tuple(redactor(line) for line in one.lines)) for one in objects)
    anew = any(step.id != DEPLOY for step in preparation.plan.to_run if step.id in preparation.plan.step(DEPLOY).needs)
    return Difference(shown, (_NEW_IMAGES,) if anew else ())
