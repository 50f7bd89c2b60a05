"""The docker target: the same images on one Docker host, the hub and the proxy in containers, one for each user."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wizard.files import content_hash
from wizard.plan.docker import ServiceFacts, plan_docker
from wizard.plan.facts import Facts
from wizard.plan.images import Destination
from wizard.plan.kubernetes import DEPLOY, VERIFY
from wizard.plan.model import Decision, Plan, StepRecord
from wizard.render import compose
from wizard.render.model import ImageBuild
from wizard.render.secrets import Secrets
from wizard.run.context import Action, StepContext
from wizard.run.folder import SetupFolder
from wizard.setup.delivery import resolve_delivery
from wizard.setup.model import Setup
from wizard.targets.docker_preflight import check
from wizard.targets.docker_verify import door, verify
from wizard.targets.images import Buildable, buildables, image_actions, image_facts, registry_facts, with_room
from wizard.targets.kubernetes_verify import result
from wizard.tools import docker_compose, docker_engine, docker_host
from wizard.tools.docker_start import until_it_answers


class DockerTarget:
    """One setup on one Docker host: what is there, what is to be done, and the doing of it."""

    def __init__(
        self,
        setup: Setup,
        folder: SetupFolder,
        builds: Mapping[str, ImageBuild],
        contents: Mapping[str, bytes],
        secrets: Secrets,
    ) -> None:
        """`contents`: every file of the folder as it will be when the run starts, by its path there."""
        self._setup = setup
        self._folder = folder
        self._builds = builds
        self._contents = contents
        self._secrets = secrets
        # What a person made of the file is applied, not what it was made as.
        self._document = compose.parse(contents[compose.FILE].decode())

    async def plan(self, records: Mapping[str, StepRecord]) -> tuple[Plan, Mapping[str, Action]]:
        """The plan, made from what Docker says now, and the work of its steps.

        Raises MissingError when Docker does not answer, UsageError for a compose.yaml that cannot be applied or a
        file of it that cannot be read.
        """
        docker_compose.require_known(self._document)
        images = buildables(
            self._builds, self._folder, {path: content_hash(content) for path, content in self._contents.items()}
        )
        delivery = resolve_delivery(self._setup)
        facts = await self._facts(images, pushed=delivery == "push")
        found = await docker_host.belongings(self._setup.target.docker.name)
        plan = plan_docker(
            [image.inputs for image in images],
            Destination(delivery, self._setup.images.registry),
            await self._services(found),
            records,
            facts,
            verify=self._setup.target.verify,
            editors=self._setup.target.docker.editors,
        )
        if plan.step(DEPLOY).decision is Decision.RUN:
            plan = replace(plan, findings=await check(self._setup, self._folder, found))
        plan = await with_room(plan, self._setup.code_server.method)
        actions = image_actions(images, facts.bases)
        return plan, {**actions, DEPLOY: self._start_action(), VERIFY: self._verify_action()}

    async def _facts(self, images: list[Buildable], *, pushed: bool) -> Facts:
        local, bases = await image_facts(images, remote=True)
        delivered: dict[str, str] = {}
        unknown: frozenset[str] = frozenset()
        if pushed:
            delivered, unknown = await registry_facts([image.inputs.reference for image in images])
        return Facts(local=local, bases=bases, delivered=delivered, unknown=unknown)

    async def _services(self, found: docker_host.Belongings) -> list[ServiceFacts]:
        wanted = await asyncio.to_thread(docker_compose.marks, self._document, self._folder.path, self._contents)
        facts = []
        for name, mark in wanted.items():
            there = found.service(name)
            container = str(self._document["services"][name]["container_name"])
            facts.append(
                ServiceFacts(
                    name=container,
                    wanted=mark,
                    found=there.mark if there else "",
                    status=there.status if there else "",
                )
            )
        return facts

    def _start_action(self) -> Action:
        async def work(context: StepContext) -> Mapping[str, Any]:
            setup, folder = self._setup, self._folder.path
            called = compose.names(setup)
            wanted = await asyncio.to_thread(docker_compose.marks, self._document, folder, {})
            stopped = await self._recycle(context) if setup.target.docker.editors == "recycle" else ()
            fresh = await docker_compose.up(self._document, folder, wanted, context)
            await until_it_answers(door(setup), called.hub, context)
            context.notice(f"JupyterHub is at {setup.docker_url}", level="info")
            return {"url": setup.docker_url, "made": list(fresh), "stopped": list(stopped)}

        return work

    async def _recycle(self, context: StepContext) -> tuple[str, ...]:
        """Stop the editors of an older notebook image; whose they were."""
        called = compose.names(self._setup)
        image = await docker_engine.image(self._setup.notebook_reference)
        found = await docker_host.belongings(called.project)
        stopped = await docker_host.stop_editors(found, called.hub, context, image=image.id if image else "")
        if stopped:
            context.notice(f"Stopped, to be started on the new image: {', '.join(stopped)}.", level="info")
        return stopped

    def _verify_action(self) -> Action:
        async def work(context: StepContext) -> Mapping[str, Any]:
            user = self._setup.target.verify == "user"
            return result(await verify(self._setup, self._folder, self._secrets, context, user=user))

        return work
