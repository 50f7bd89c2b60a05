"""The kubernetes target: images to where the cluster gets them, then the Helm release."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wizard.files import content_hash, write_atomically
from wizard.plan.facts import Facts, ReleaseFacts
from wizard.plan.images import Destination, build_id, deliver_id
from wizard.plan.kubernetes import DEPLOY, VERIFY, plan_kubernetes
from wizard.plan.model import Decision, Plan, StepRecord
from wizard.render.model import ImageBuild
from wizard.render.pins import FILE as PINS
from wizard.render.pins import digest_tag, pins
from wizard.run.context import Action, StepContext
from wizard.run.folder import SetupFolder
from wizard.setup.model import Setup
from wizard.targets.delivery import Way, choose_way
from wizard.targets.images import (
    Buildable,
    Engine,
    buildables,
    image_actions,
    image_facts,
    loaded_facts,
    own_tag,
    registry_facts,
    with_own_tags,
    with_room,
)
from wizard.targets.kubernetes_verify import result, verify
from wizard.targets.preflight import check
from wizard.targets.release_inputs import chart_of, values_order
from wizard.targets.releases import release_of
from wizard.together import together
from wizard.tools import helm
from wizard.tools.deploy import deploy
from wizard.tools.docker_engine import split_tag
from wizard.tools.helm_chart import Chart
from wizard.tools.kube import connect
from wizard.tools.process import command_line
from wizard.tools.pull_secret import make_pull_secret
from wizard.tools.registry_credentials import credentials


class KubernetesTarget:
    """One setup on one cluster: what is there, what is to be done, and the doing of it."""

    def __init__(
        self, setup: Setup, folder: SetupFolder, builds: Mapping[str, ImageBuild], contents: Mapping[str, bytes]
    ) -> None:
        """`contents`: every file of the folder as it will be when the run starts, by its path there."""
        self._setup = setup
        self._folder = folder
        self._builds = builds
        self._contents = contents
        self._hashes = {path: content_hash(content) for path, content in contents.items()}

    async def plan(self, records: Mapping[str, StepRecord]) -> tuple[Plan, Mapping[str, Action]]:
        """The plan, made from what Docker, the registry and the cluster say now, and the work of its steps.

        Raises MissingError when Docker, Helm, the cluster or what loads images into it cannot be reached, UsageError
        when there is no way for images to get there.
        """
        release, way = await together(release_of(self._setup), choose_way(self._setup))
        images = self._images(way)
        target = self._setup.target
        current, facts = await together(release.current(), self._facts(way, images, records))
        if current:
            facts = replace(facts, release=ReleaseFacts(current.number, current.status, current.chart))
        chart = self._chart()
        plan = plan_kubernetes(
            [image.inputs for image in images],
            Destination(way.delivery, way.place),
            self._release_inputs(),
            command_line(release.upgrade_command(chart, self._values())),
            records,
            facts,
            target.verify,
        )
        room = with_room(plan, self._setup.code_server.method, Engine(way.env, way.prepare))
        if plan.step(DEPLOY).decision is Decision.RUN:
            found, plan = await together(check(self._setup, release, chart, self._values_content()), room)
            plan = replace(plan, findings=(*found, *plan.findings))
        else:
            plan = await room
        actions = image_actions(images, facts.bases, way.loader)
        actions[DEPLOY] = self._deploy_action(release, chart, way, images)
        actions[VERIFY] = self._verify_action()
        return plan, actions

    def _images(self, way: Way) -> list[Buildable]:
        images = buildables(self._builds, self._folder, self._hashes, Engine(way.env, way.prepare))
        if way.loader is None:
            return images
        return [
            replace(image, inputs=replace(image.inputs, deliver_command=way.loader.command(image.inputs.reference)))
            for image in images
        ]

    async def _facts(self, way: Way, images: list[Buildable], records: Mapping[str, StepRecord]) -> Facts:
        """All but the release."""
        local, bases = await image_facts(images, remote=True, engine=Engine(way.env))
        delivered: dict[str, str] = {}
        unknown: frozenset[str] = frozenset()
        if way.delivery == "push":
            delivered, unknown = await registry_facts([image.inputs.reference for image in images])
        elif way.loader:
            delivered, unknown = await loaded_facts(images, way.loader, records)
        else:
            local = await with_own_tags(local, way.env)
        return Facts(local=local, bases=bases, delivered=delivered, unknown=unknown)

    def _chart(self) -> Chart:
        return chart_of(self._setup, self._folder)

    def _values(self) -> list[Path]:
        return [path for path in values_order(self._folder) if path.name in self._hashes or path.name == PINS]

    def _values_content(self) -> dict[str, bytes]:
        """The values files as they will be, without the tags of images that are not delivered yet."""
        return {path.name: self._contents[path.name] for path in self._values() if path.name != PINS}

    def _deploy_action(self, release: helm.Release, chart: Chart, way: Way, images: list[Buildable]) -> Action:
        async def work(context: StepContext) -> Mapping[str, Any]:
            if way.notice:
                context.notice(way.notice)
            tags = await self._tags(way, images, context.results)
            write_atomically(self._folder.path / PINS, pins(self._setup, tags))
            await self._make_pull_secret(way, context)
            load_balancer = self._setup.target.expose.kind == "loadbalancer"
            revision = await deploy(release, chart, self._values(), context, load_balancer=load_balancer)
            return {"revision": revision.number, "status": revision.status, "chart": revision.chart}

        return work

    async def _make_pull_secret(self, way: Way, context: StepContext) -> None:
        """Give the cluster docker's login for the registry, where that is asked for."""
        target = self._setup.target
        if way.delivery != "push" or not target.pull_secret_from_login:
            return
        login = await credentials(self._setup.images.registry)
        async with connect(target.context) as cluster:
            await make_pull_secret(cluster, target.namespace, target.release, target.pull_secret_name, login)
        context.notice(f"The secret {target.pull_secret_name} has the login at {login.host}.", level="info")
        if login.short_lived:
            context.notice(f"The login at {login.host} expires within hours: images can be pulled until then only.")

    def _verify_action(self) -> Action:
        async def work(context: StepContext) -> Mapping[str, Any]:
            return result(await verify(self._setup, context, user=self._setup.target.verify == "user"))

        return work

    async def _tags(
        self, way: Way, images: list[Buildable], results: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, str]:
        """By image name, the tag that names exactly what was delivered."""
        tags = {}
        for image in images:
            name, reference = image.inputs.name, image.inputs.reference
            result = results.get(build_id(name) if image.inputs.pushes else deliver_id(name), {})
            if way.delivery == "same-daemon":
                tags[name] = await own_tag(reference, way.env)
            elif result.get("digest"):
                tags[name] = digest_tag(split_tag(reference)[1], str(result["digest"]))
            else:
                tags[name] = str(result.get("tag", ""))
        return tags

    def _release_inputs(self) -> dict[str, str]:
        target, chart = self._setup.target, self._chart()
        inputs = {path.name: self._hashes[path.name] for path in self._values() if path.name != PINS}
        inputs |= {"context": target.context, "namespace": target.namespace, "release": target.release}
        inputs |= {"chart": target.chart.source, "version": target.chart.version}
        if not chart.is_remote:
            inputs["chart content"] = _tree_hash(Path(chart.source))
        return inputs


def _tree_hash(path: Path) -> str:
    """A hash of a chart's folder or package: names and contents, so that an edited chart is deployed again."""
    total = hashlib.sha256()
    files = sorted(entry for entry in path.rglob("*") if entry.is_file()) if path.is_dir() else [path]
    for file in files:
        total.update(str(file.relative_to(path)).encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest() if file.is_file() else b"missing")
    return total.hexdigest()
