"""The kubernetes target: images to where the cluster gets them, then the Helm release."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wizard.errors import UsageError
from wizard.files import write_atomically
from wizard.plan.facts import Facts, ReleaseFacts
from wizard.plan.images import Destination, build_id, deliver_id
from wizard.plan.kubernetes import DEPLOY, plan_kubernetes
from wizard.plan.model import Plan, StepRecord
from wizard.render.model import ImageBuild
from wizard.render.pins import FILE as PINS
from wizard.render.pins import pins
from wizard.run.context import Action, StepContext
from wizard.run.folder import SetupFolder
from wizard.setup.delivery import resolve_delivery
from wizard.setup.model import Setup
from wizard.targets.images import Buildable, buildables, image_actions, image_facts, registry_facts
from wizard.tools import helm
from wizard.tools.deploy import deploy
from wizard.tools.helm_chart import Chart
from wizard.tools.process import command_line


class KubernetesTarget:
    """One setup on one cluster: what is there, what is to be done, and the doing of it."""

    def __init__(
        self, setup: Setup, folder: SetupFolder, builds: Mapping[str, ImageBuild], hashes: Mapping[str, str]
    ) -> None:
        self._setup = setup
        self._folder = folder
        self._hashes = hashes
        self._delivery = resolve_delivery(setup)
        self._images: list[Buildable] = buildables(builds, folder, hashes)

    async def plan(self, records: Mapping[str, StepRecord]) -> tuple[Plan, Mapping[str, Action]]:
        """The plan, made from what Docker, the registry and the cluster say now, and the work of its steps.

        Raises MissingError when Docker, Helm or the cluster cannot be reached.
        """
        _require_known(self._delivery)
        found = await helm.find()
        target = self._setup.target
        release = helm.Release(helm=found, name=target.release, namespace=target.namespace, context=target.context)
        current = await release.current()
        facts = await self._facts(ReleaseFacts(current.number, current.status, current.chart) if current else None)
        chart = self._chart()
        plan = plan_kubernetes(
            [image.inputs for image in self._images],
            Destination(self._delivery, target.context),
            self._release_inputs(),
            command_line(release.upgrade_command(chart, self._values())),
            records,
            facts,
        )
        actions = image_actions(self._images, facts.bases)
        actions[DEPLOY] = self._deploy_action(release, chart)
        return plan, actions

    async def _facts(self, release: ReleaseFacts | None) -> Facts:
        local, bases = await image_facts(self._images, remote=True)
        references = [image.inputs.reference for image in self._images]
        delivered, unknown = await registry_facts(references) if self._delivery == "push" else ({}, frozenset())
        return Facts(local=local, bases=bases, delivered=delivered, unknown=unknown, release=release)

    def _chart(self) -> Chart:
        chosen = self._setup.target.chart
        source = chosen.source if "://" in chosen.source else str(self._folder.path / Path(chosen.source).expanduser())
        return Chart(source=source, version=chosen.version)

    def _values(self) -> list[Path]:
        """The values files in the order in which Helm merges them, the person's own last."""
        folder = self._folder
        named = (folder.values, folder.path / PINS, folder.secrets, folder.extra_values)
        return [path for path in named if path.name in self._hashes or path.name == PINS]

    def _deploy_action(self, release: helm.Release, chart: Chart) -> Action:
        async def work(context: StepContext) -> Mapping[str, Any]:
            write_atomically(self._folder.path / PINS, pins(self._setup, self._digests(context.results)))
            load_balancer = self._setup.target.expose.kind == "loadbalancer"
            revision = await deploy(release, chart, self._values(), context, load_balancer=load_balancer)
            return {"revision": revision.number, "status": revision.status, "chart": revision.chart}

        return work

    def _digests(self, results: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Digests in the registry by image name; images that stay on this machine have none."""
        digests = {}
        for image in self._images:
            source = results.get(build_id(image.inputs.name) if image.inputs.pushes else deliver_id(image.inputs.name))
            if source:
                digests[image.inputs.name] = str(source.get("digest", ""))
        return digests

    def _release_inputs(self) -> dict[str, str]:
        target, chart = self._setup.target, self._chart()
        inputs = {path.name: self._hashes[path.name] for path in self._values() if path.name != PINS}
        inputs |= {"context": target.context, "namespace": target.namespace, "release": target.release}
        inputs |= {"chart": target.chart.source, "version": target.chart.version}
        if not chart.is_remote:
            inputs["chart content"] = _tree_hash(Path(chart.source))
        return inputs


def _require_known(delivery: str) -> None:
    if delivery not in {"push", "same-daemon"}:
        raise UsageError(
            f"Images cannot be delivered by {delivery} yet.",
            why="This version of codehub pushes to a registry, or leaves the images in the cluster's own Docker.",
            fix="Set images.registry to a registry that the cluster can pull from.",
        )


def _tree_hash(path: Path) -> str:
    """A hash of a chart's folder or package: names and contents, so that an edited chart is deployed again."""
    total = hashlib.sha256()
    files = sorted(entry for entry in path.rglob("*") if entry.is_file()) if path.is_dir() else [path]
    for file in files:
        total.update(str(file.relative_to(path)).encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"missing")
    return total.hexdigest()
