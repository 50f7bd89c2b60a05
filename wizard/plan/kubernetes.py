"""The plan for a cluster: images, and then the Helm release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wizard.plan import decide
from wizard.plan.facts import Facts
from wizard.plan.images import Destination, ImageInputs, image_steps
from wizard.plan.model import Plan, Step, StepRecord, fingerprint

DEPLOY = "deploy"
"""The id of the step that calls Helm."""


def plan_kubernetes(
    images: Sequence[ImageInputs],
    destination: Destination,
    release_inputs: Mapping[str, str],
    helm_command: str,
    records: Mapping[str, StepRecord],
    facts: Facts,
) -> Plan:
    """Steps for a cluster. `release_inputs`: hashes and names of all that the release is made from."""
    steps = image_steps(images, destination, records, facts)
    record = records.get(DEPLOY)
    content = fingerprint(release_inputs)
    verdict = decide.deploy(record, content, steps, facts)
    deploy = Step(
        id=DEPLOY,
        title="Deploy JupyterHub",
        branch="helm",
        decision=verdict.decision,
        why=verdict.why,
        needs=tuple(step.id for step in steps),
        fingerprint=content,
        command=helm_command,
        result=decide.result_of(record),
    )
    return Plan((*steps, deploy))
