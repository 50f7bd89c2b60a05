"""The steps that build the images and bring them to where they run; shared by the targets that need images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wizard.plan import decide
from wizard.plan.facts import Facts
from wizard.plan.model import Step, StepRecord, fingerprint
from wizard.setup.answers_target import Delivery

BUILD_TIMEOUT = 4 * 3600.0
"""Seconds; a build from source takes an hour on a good machine."""
DELIVERY_TIMEOUT = 3600.0
"""Seconds; gigabytes over a slow line."""


@dataclass(frozen=True)
class ImageInputs:
    """All that decides what one image becomes.

    name: "notebook" or "hub"; reference: where it is kept; base: reference of its base image; content: hash of
    Dockerfile, arguments, context and platforms; build_command, deliver_command: what a person would type;
    pushes: the build itself sends it to the registry (several platforms cannot be kept in the Docker engine).
    """

    name: str
    reference: str
    base: str
    content: str
    build_command: str
    deliver_command: str
    pushes: bool = False


@dataclass(frozen=True)
class Destination:
    """Where images go: the way, and which cluster or host (part of the fingerprint)."""

    delivery: Delivery
    place: str


def build_id(image: str) -> str:
    """The id of the step that builds an image."""
    return f"build-{image}"


def deliver_id(image: str) -> str:
    """The id of the step that delivers an image."""
    return f"deliver-{image}"


def image_steps(
    images: Sequence[ImageInputs], destination: Destination, records: Mapping[str, StepRecord], facts: Facts
) -> list[Step]:
    """Build and delivery of each image; images do not depend on each other, so they are built at the same time."""
    steps = []
    for image in images:
        build = _build(image, records.get(build_id(image.name)), facts)
        steps.append(build)
        if destination.delivery == "same-daemon" or image.pushes:
            continue
        steps.append(_deliver(image, destination, build, records.get(deliver_id(image.name)), facts))
    return steps


def _build(image: ImageInputs, record: StepRecord | None, facts: Facts) -> Step:
    content = fingerprint([image.content, image.reference])
    known = facts.delivered if image.pushes else facts.local
    verdict = decide.build(record, content, image.reference, image.base, known, facts.bases)
    return Step(
        id=build_id(image.name),
        title=f"Build the {image.name} image",
        branch=image.name,
        decision=verdict.decision,
        why=verdict.why,
        fingerprint=content,
        command=image.build_command,
        timeout=BUILD_TIMEOUT,
        result=decide.result_of(record),
    )


def _deliver(
    image: ImageInputs, destination: Destination, build: Step, record: StepRecord | None, facts: Facts
) -> Step:
    content = fingerprint([image.reference, destination.delivery, destination.place])
    verdict = decide.deliver(record, content, image.reference, [build], facts)
    return Step(
        id=deliver_id(image.name),
        title=f"{'Push' if destination.delivery == 'push' else 'Load'} the {image.name} image",
        branch="delivery",
        decision=verdict.decision,
        why=verdict.why,
        needs=(build.id,),
        fingerprint=content,
        command=image.deliver_command,
        timeout=DELIVERY_TIMEOUT,
        result=decide.result_of(record),
    )
