"""What a Docker host's plan runs and skips, and why."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.plan.docker import ServiceFacts, plan_docker
from wizard.plan.facts import Facts
from wizard.plan.images import Destination, ImageInputs, build_id
from wizard.plan.kubernetes import DEPLOY, VERIFY
from wizard.plan.model import Decision, Plan, StepRecord

IMAGES = [
    ImageInputs(name=name, reference=f"{name}:1", base="debian:1", content=name, build_command="b", deliver_command="d")
    for name in ("notebook", "hub")
]
BUILT = Facts(local={"notebook:1": "id-n", "hub:1": "id-h"}, bases={"debian:1": "id x"})
RUNNING = tuple(
    ServiceFacts(name=f"codehub-{name}", wanted="m", found="m", status="running") for name in ("proxy", "hub")
)


def made(services: Any = (), records: dict[str, StepRecord] | None = None, **more: Any) -> Plan:
    return plan_docker(IMAGES, Destination("same-daemon", ""), services, records or {}, BUILT, **more)


def after(plan: Plan) -> dict[str, StepRecord]:
    """What is remembered once that plan was carried out."""
    results = {
        build_id(name): {"image": BUILT.local[f"{name}:1"], "base": "id x", "reference": f"{name}:1"}
        for name in ("notebook", "hub")
    }
    return {step.id: StepRecord(step.fingerprint, "done", "now", results.get(step.id, {})) for step in plan.steps}


def test_the_first_time_everything_runs() -> None:
    plan = made([ServiceFacts(name="codehub-hub", wanted="m")], verify="user")
    assert [step.id for step in plan.to_run] == ["build-notebook", "build-hub", DEPLOY, VERIFY]
    assert plan.step(VERIFY).command == "codehub verify --user"


def test_nothing_is_done_twice() -> None:
    plan = made(RUNNING, after(made(verify="hub")), verify="hub")
    assert plan.to_run == ()
    assert plan.step(DEPLOY).why == "codehub-proxy and codehub-hub run as they should"


@pytest.mark.parametrize(
    "changed,why",
    [
        (ServiceFacts(name="codehub-hub", wanted="m"), "there is no container codehub-hub yet"),
        (
            ServiceFacts(name="codehub-hub", wanted="n", found="m", status="running"),
            "the image or the settings of codehub-hub changed",
        ),
        (
            ServiceFacts(name="codehub-hub", wanted="m", found="m", status="exited"),
            "codehub-hub does not run (exited)",
        ),
    ],
)
def test_why_the_containers_are_looked_after(changed: ServiceFacts, why: str) -> None:
    plan = made([RUNNING[0], changed], after(made(verify="hub")), verify="hub")
    assert [(step.id, step.decision) for step in plan.to_run] == [(DEPLOY, Decision.RUN), (VERIFY, Decision.RUN)]
    assert plan.step(DEPLOY).why == why


def test_another_wish_for_running_editors_is_carried_out() -> None:
    plan = made(RUNNING, after(made()), editors="recycle")
    assert [step.id for step in plan.to_run] == [DEPLOY]


def test_a_run_that_failed_is_tried_again() -> None:
    records = after(made())
    records[DEPLOY] = StepRecord(records[DEPLOY].fingerprint, "failed", "now")
    assert [step.id for step in made(RUNNING, records).to_run] == [DEPLOY]
