"""The plan for one Docker host: images, then the hub's and the proxy's containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wizard.plan import decide
from wizard.plan.facts import Facts
from wizard.plan.images import Destination, ImageInputs, image_steps
from wizard.plan.kubernetes import DEPLOY, verify_step
from wizard.plan.model import Decision, Plan, Step, StepRecord, fingerprint

COMMAND = "docker compose up --detach"
"""What a person would type."""


@dataclass(frozen=True, kw_only=True)
class ServiceFacts:
    """A service as the host has it.

    name: of its container; wanted, found: hash of what it is made from; status: in Docker's word, empty when there
    is no such container.
    """

    name: str
    wanted: str
    found: str = ""
    status: str = ""


def plan_docker(
    images: Sequence[ImageInputs],
    destination: Destination,
    services: Sequence[ServiceFacts],
    records: Mapping[str, StepRecord],
    facts: Facts,
    *,
    verify: str = "none",
    editors: str = "keep",
) -> Plan:
    """Steps for one Docker host. verify: what is tried at the end; editors: what becomes of running ones."""
    steps = image_steps(images, destination, records, facts)
    record = records.get(DEPLOY)
    # What the containers are made from is known by their marks, wherever they were made.
    content = fingerprint([editors])
    verdict = _deploy(record, content, services, steps)
    deploy = Step(
        id=DEPLOY,
        title="Start JupyterHub",
        branch="docker",
        decision=verdict.decision,
        why=verdict.why,
        needs=tuple(step.id for step in steps),
        fingerprint=content,
        command=COMMAND,
        result=decide.result_of(record),
    )
    if verify == "none":
        return Plan((*steps, deploy))
    return Plan((*steps, deploy, verify_step(verify, deploy, records)))


def _deploy(
    record: StepRecord | None, content: str, services: Sequence[ServiceFacts], images: Sequence[Step]
) -> decide.Verdict:
    if any(step.decision is Decision.RUN for step in images):
        return decide.run("an image is new")
    for service in services:
        if not service.status:
            return decide.run(f"there is no container {service.name} yet")
        if service.found != service.wanted:
            return decide.run(f"the image or the settings of {service.name} changed")
        if service.status != "running":
            return decide.run(f"{service.name} does not run ({service.status})")
    verdict = decide.unchanged(record, content, "running editors are to be treated otherwise")
    return verdict or decide.skip(f"{' and '.join(service.name for service in services)} run as they should")
