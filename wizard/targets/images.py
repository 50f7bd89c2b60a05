"""Building the images and pushing them: gathering what is there, and the work of each step."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wizard.errors import CodehubError, StepFailed
from wizard.plan.images import ImageInputs, build_id, deliver_id
from wizard.plan.model import Plan, StepRecord, fingerprint
from wizard.render.model import ImageBuild
from wizard.render.pins import local_tag
from wizard.run.context import Action, StepContext
from wizard.run.folder import SetupFolder
from wizard.run.local_files import absolute
from wizard.tools import buildx, docker_engine, image_build, image_contents, loaders, registry
from wizard.tools.build_request import BuildRequest
from wizard.tools.doctor_docker import room_for_images
from wizard.tools.doctor_model import State
from wizard.tools.loaders import Loader, familiar
from wizard.tools.process import command_line

LOOKUP_PATIENCE = 3.0
"""Seconds to wait for a registry while planning; one that does not answer by then is taken as unknown."""

BASE_DIGEST = "org.opencontainers.image.base.digest"
"""The OCI label for the base image's digest, given where the registry of the base could be asked."""

_DIGEST = "digest "


@dataclass(frozen=True)
class Buildable:
    """An image with all that its steps need."""

    inputs: ImageInputs
    request: BuildRequest


@dataclass(frozen=True)
class Engine:
    """The Docker engine that builds: variables that choose it, and the shell command that sets them (or nothing)."""

    env: Mapping[str, str] = field(default_factory=dict)
    prepare: str = ""


HERE = Engine()
"""The engine that docker itself would take."""


def buildables(
    builds: Mapping[str, ImageBuild], folder: SetupFolder, hashes: Mapping[str, str], engine: Engine = HERE
) -> list[Buildable]:
    """Builds by image name, made ready. `hashes`: of each file as it will be on the disk when the build starts."""
    return [_buildable(name, build, folder, hashes, engine) for name, build in builds.items()]


async def image_facts(
    images: list[Buildable], *, remote: bool, engine: Engine = HERE
) -> tuple[dict[str, str], dict[str, str]]:
    """Ids of the images that the Docker engine has, and what the base images are now.

    A base image that the engine has counts as that (BuildKit takes it), else as what its registry has; one that
    cannot be asked is left out, so that a lost network does not rebuild anything. Raises MissingError without
    a daemon.
    """
    await docker_engine.describe(engine.env)
    references = [image.inputs.reference for image in images if not image.inputs.pushes]
    bases = sorted({image.inputs.base for image in images})
    found = await asyncio.gather(*(docker_engine.image(reference, engine.env) for reference in references))
    local = {reference: image.id for reference, image in zip(references, found, strict=True) if image}
    states = await asyncio.gather(*(_base_state(base, engine, remote=remote) for base in bases))
    return local, {base: state for base, state in zip(bases, states, strict=True) if state}


async def with_room(plan: Plan, method: str, engine: Engine = HERE) -> Plan:
    """The plan, with a finding where images are to be built and the disk of the Docker engine has little room for them.

    method: how code-server is got. It does not block: who has the layers already needs less. A disk that cannot be
    seen from here is not spoken of.
    """
    if not any(step.id.startswith(build_id("")) for step in plan.to_run):
        return plan
    found = room_for_images(await docker_engine.describe(engine.env), method)
    return replace(plan, findings=(*plan.findings, found)) if found.state is State.WARN else plan


async def loaded_facts(
    images: list[Buildable], loader: Loader, records: Mapping[str, StepRecord]
) -> tuple[dict[str, str], frozenset[str]]:
    """References whose last loaded image every node still has, and those of which that could not be found out."""
    wanted = {}
    for image in images:
        record = records.get(deliver_id(image.inputs.name))
        loaded = str(record.result.get("reference", "")) if record else ""
        if loaded:
            wanted[image.inputs.reference] = loaded
    if not wanted:
        return {}, frozenset()
    try:
        there = await loader.listed()
    except CodehubError:
        return {}, frozenset(wanted)
    return {reference: loaded for reference, loaded in wanted.items() if familiar(loaded) in there}, frozenset()


async def registry_facts(references: list[str]) -> tuple[dict[str, str], frozenset[str]]:
    """Digests that the registry has for references, and those references that it could not be asked about."""
    answers = await asyncio.gather(*(registry.lookup(one, timeout=LOOKUP_PATIENCE) for one in references))
    found, unknown = {}, set()
    for reference, answer in zip(references, answers, strict=True):
        if answer.presence is registry.Presence.PRESENT:
            found[reference] = answer.digest
        elif answer.presence is not registry.Presence.ABSENT:
            unknown.add(reference)
    return found, frozenset(unknown)


def image_actions(images: list[Buildable], bases: Mapping[str, str], loader: Loader | None = None) -> dict[str, Action]:
    """The work of the build and delivery steps, by step id; without a loader, delivery is a push."""
    actions: dict[str, Action] = {}
    for image in images:
        actions[build_id(image.inputs.name)] = _build_action(image, bases.get(image.inputs.base, ""))
        reference = image.inputs.reference
        actions[deliver_id(image.inputs.name)] = _load_action(reference, loader) if loader else _push_action(reference)
    return actions


async def own_tag(reference: str, env: Mapping[str, str] | None = None) -> str:
    """Give an image that the engine has a tag that holds its id (`wizard.render.pins.local_tag`); returns that tag.

    Raises StepFailed when the image is not there.
    """
    found = await docker_engine.image(reference, env)
    if found is None:
        raise StepFailed(
            f"The Docker daemon does not have {reference}.",
            why="It was removed after it had been built.",
            fix="Run the same command again: it is built anew.",
        )
    name, tag = docker_engine.split_tag(reference)
    own = local_tag(tag, found.id)
    await docker_engine.tag(found.id, f"{name}:{own}", env)
    return own


async def with_own_tags(local: Mapping[str, str], env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Those of the images (reference to id) that still have the tag which deployments name."""
    kept = {}
    for reference, image_id in local.items():
        name, tag = docker_engine.split_tag(reference)
        if await docker_engine.image(f"{name}:{local_tag(tag, image_id)}", env):
            kept[reference] = image_id
    return kept


def _buildable(
    name: str, build: ImageBuild, folder: SetupFolder, hashes: Mapping[str, str], engine: Engine
) -> Buildable:
    pushes = len(build.platforms) > 1
    request = BuildRequest(
        title=f"{name} image",
        dockerfile=folder.path / build.dockerfile,
        context=folder.path / build.context,
        tags=(build.reference,),
        args=build.args,
        secrets={secret: absolute(folder.path, path) for secret, path in build.secrets.items()},
        platforms=build.platforms,
        push=pushes,
        env=engine.env,
    )
    context = f"{build.context}/"
    content = fingerprint(
        {
            "dockerfile": hashes.get(build.dockerfile, ""),
            "context": {path: digest for path, digest in hashes.items() if path.startswith(context)},
            "args": dict(build.args),
            "platforms": build.platforms,
        }
    )
    inputs = ImageInputs(
        name=name,
        reference=build.reference,
        base=build.args["BASE_IMAGE"],
        content=content,
        build_command=" && ".join(
            filter(None, [engine.prepare, command_line(buildx.arguments(request, progress="auto"))])
        ),
        deliver_command=command_line(["docker", "push", build.reference]),
        pushes=pushes,
    )
    return Buildable(inputs, request)


async def _base_state(reference: str, engine: Engine, *, remote: bool) -> str:
    image = await docker_engine.image(reference, engine.env)
    if image:
        return f"id {image.id}"
    if not remote:
        return ""
    answer = await registry.lookup(reference, timeout=LOOKUP_PATIENCE)
    return f"{_DIGEST}{answer.digest}" if answer.presence is registry.Presence.PRESENT else ""


def _build_action(image: Buildable, base: str) -> Action:
    async def build(context: StepContext) -> Mapping[str, Any]:
        known = {BASE_DIGEST: base.removeprefix(_DIGEST)} if base.startswith(_DIGEST) else {}
        request = replace(image.request, labels={**image.request.labels, **known})
        result = await image_build.build(request, context)
        # What went straight to a registry is not in the engine to be looked into.
        inside = {} if image.inputs.pushes else await image_contents.contents(result.image_id, request.env)
        if inside:
            context.notice(f"{image.inputs.reference}: {image_contents.describe(inside)}", level="info")
        return {
            "reference": image.inputs.reference,
            "image": result.digest if image.inputs.pushes else result.image_id,
            "digest": result.digest,
            "base": base,
            "contents": inside,
        }

    return build


def _load_action(reference: str, loader: Loader) -> Action:
    async def load(context: StepContext) -> Mapping[str, Any]:
        tag = await own_tag(reference)
        own = f"{docker_engine.split_tag(reference)[0]}:{tag}"
        await loaders.load(loader, own, context)
        return {"reference": own, "tag": tag}

    return load


def _push_action(reference: str) -> Action:
    async def push(context: StepContext) -> Mapping[str, Any]:
        sent = await registry.push(reference, context)
        if not sent.digest:
            raise CodehubError(
                f"{reference} was pushed, but the registry did not say which digest it has.",
                fix="Run the same command again; if it stays, look at the step's log.",
            )
        return {"reference": reference, "digest": sent.digest, "pinned": sent.pinned}

    return push
