"""The plan for a cluster: images, and then the Helm release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wizard.plan import decide
from wizard.plan.facts import Facts
from wizard.plan.images import Destination, ImageInputs, image_steps
from wizard.plan.model import Plan, Step, StepRecord, fingerprint

DEPLOY = "deploy"
"""The id of the step that calls Helm."""

VERIFY = "verify"
"""The id of the step that tries what was deployed."""


def plan_kubernetes(
    images: Sequence[ImageInputs],
    destination: Destination,
    release_inputs: Mapping[str, str],
    helm_command: str,
    records: Mapping[str, StepRecord],
    facts: Facts,
    verify: str = "none",
) -> Plan:
    """Steps for a cluster. `release_inputs`: hashes and names of all that the release is made from.

    verify: what is tried at the end: "hub", "user" or "none".
    """
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
    if verify == "none":
        return Plan((*steps, deploy))
    return Plan((*steps, deploy, verify_step(verify, deploy, records)))


def verify_step(kind: str, deploy: Step, records: Mapping[str, StepRecord]) -> Step:
    """The step that tries what a step has deployed; `kind`: "hub" or "user"."""
    record = records.get(VERIFY)
    content = fingerprint([kind])
    verdict = decide.verify(record, content, deploy)
    return Step(
        id=VERIFY,
        title="See that the hub answers" if kind == "hub" else "See that a user gets an editor",
        branch="verify",
        decision=verdict.decision,
        why=verdict.why,
        needs=(deploy.id,),
        command="codehub verify" + (" --user" if kind == "user" else ""),
        fingerprint=content,
        result=decide.result_of(record),
    )
