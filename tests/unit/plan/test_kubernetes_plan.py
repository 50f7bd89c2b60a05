"""Run or skip, and why: the plan for a cluster from what is remembered and what is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.plan.facts import Facts, ReleaseFacts
from wizard.plan.images import Destination, ImageInputs
from wizard.plan.kubernetes import plan_kubernetes
from wizard.plan.model import Plan, StepRecord, fingerprint

NOTEBOOK, HUB = (
    ImageInputs(
        name=name,
        reference=f"registry/{name}:1",
        base=f"base-{name}",
        content=f"content-{name}",
        build_command="docker buildx build",
        deliver_command="docker push",
    )
    for name in ("notebook", "hub")
)
DESTINATION = Destination("push", "prod")
INPUTS = {"config.yaml": "sha256:1"}
STEPS = ("build-notebook", "deliver-notebook", "build-hub", "deliver-hub", "deploy")


def make(records: dict[str, StepRecord], facts: Facts, **changed: Any) -> Plan:
    return plan_kubernetes(
        changed.get("images", [NOTEBOOK, HUB]),
        changed.get("destination", DESTINATION),
        changed.get("inputs", INPUTS),
        "helm upgrade",
        records,
        facts,
    )


def everything_done() -> tuple[dict[str, StepRecord], Facts]:
    """The state after a run that went well, and the world as that run left it."""
    first = make({}, Facts())
    results: dict[str, dict[str, Any]] = {
        "build-notebook": {"image": "id-notebook", "base": "id b1"},
        "build-hub": {"image": "id-hub", "base": "id b2"},
        "deliver-notebook": {"digest": "sha256:n"},
        "deliver-hub": {"digest": "sha256:h"},
        "deploy": {"revision": 3},
    }
    records = {
        step.id: StepRecord(step.fingerprint, "done", "2026-01-01T00:00:00+00:00", results[step.id])
        for step in first.steps
    }
    facts = Facts(
        local={NOTEBOOK.reference: "id-notebook", HUB.reference: "id-hub"},
        bases={NOTEBOOK.base: "id b1", HUB.base: "id b2"},
        delivered={NOTEBOOK.reference: "sha256:n", HUB.reference: "sha256:h"},
        release=ReleaseFacts(3, "deployed"),
    )
    return records, facts


def running(plan: Plan) -> set[str]:
    return {step.id for step in plan.to_run}


def test_the_first_time_everything_runs_and_deploy_waits_for_all() -> None:
    plan = make({}, Facts())
    assert running(plan) == set(STEPS)
    assert set(plan.step("deploy").needs) == set(STEPS) - {"deploy"}
    assert not plan.step("build-notebook").needs
    assert not plan.step("build-hub").needs


def test_when_nothing_changed_nothing_runs_and_results_are_handed_on() -> None:
    plan = make(*everything_done())
    assert running(plan) == set()
    assert plan.step("deliver-hub").result == {"digest": "sha256:h"}
    assert all(step.why for step in plan.steps)


NOTEBOOK_PATH = {"build-notebook", "deliver-notebook", "deploy"}


@pytest.mark.parametrize(
    ("change", "runs", "why"),
    [
        ({"local": {HUB.reference: "id-hub"}}, NOTEBOOK_PATH, "no longer there"),
        ({"local": {NOTEBOOK.reference: "other", HUB.reference: "id-hub"}}, NOTEBOOK_PATH, "another image"),
        ({"bases": {NOTEBOOK.base: "id new", HUB.base: "id b2"}}, NOTEBOOK_PATH, "base image"),
        ({"bases": {}}, set(), ""),
        ({"bases": {NOTEBOOK.base: "digest sha256:x"}}, set(), ""),
        ({"delivered": {HUB.reference: "sha256:h"}}, {"deliver-notebook", "deploy"}, "no longer there"),
        (
            {"delivered": {NOTEBOOK.reference: "sha256:x", HUB.reference: "sha256:h"}},
            {"deliver-notebook", "deploy"},
            "another image is there",
        ),
        ({"delivered": {HUB.reference: "sha256:h"}, "unknown": frozenset({NOTEBOOK.reference})},
         {"deliver-notebook", "deploy"}, "could not be found out"),
        ({"release": None}, {"deploy"}, "no such release"),
        ({"release": ReleaseFacts(4, "deployed")}, {"deploy"}, "somebody changed"),
        ({"release": ReleaseFacts(3, "failed")}, {"deploy"}, "failed"),
        ({"release": ReleaseFacts(3, "pending-upgrade")}, {"deploy"}, "pending-upgrade"),
    ],
)  # fmt: skip
def test_what_differs_in_the_world_runs_what_it_must(change: dict[str, Any], runs: set[str], why: str) -> None:
    records, facts = everything_done()
    plan = make(records, replace(facts, **change))
    assert running(plan) == runs
    first = next((step for step in plan.steps if step.id in runs), None)
    assert first is None or why in first.why


@pytest.mark.parametrize(
    ("changed", "runs"),
    [
        ({"images": [replace(NOTEBOOK, content="new"), HUB]}, NOTEBOOK_PATH),
        ({"images": [replace(NOTEBOOK, reference="registry/notebook:2"), HUB]}, NOTEBOOK_PATH),
        ({"images": [replace(NOTEBOOK, build_command="other words")]}, set()),
        ({"destination": Destination("push", "staging")}, {"deliver-notebook", "deliver-hub", "deploy"}),
        ({"inputs": {"config.yaml": "sha256:2"}}, {"deploy"}),
    ],
)
def test_what_differs_in_the_answers_runs_what_it_must(changed: dict[str, Any], runs: set[str]) -> None:
    plan = make(*everything_done(), **changed)
    assert running(plan) == runs


@given(st.sets(st.sampled_from(STEPS), min_size=1), st.sampled_from(["failed", "cancelled"]))
def test_a_run_goes_on_from_what_is_not_done(unfinished: set[str], outcome: str) -> None:
    records, facts = everything_done()
    records |= {name: replace(records[name], outcome=outcome) for name in unfinished}
    runs = running(make(records, facts))
    assert unfinished <= runs
    assert "deploy" in runs
    for image in ("notebook", "hub"):
        assert (f"build-{image}" in runs) == (f"build-{image}" in unfinished)
        assert (f"deliver-{image}" in runs) == bool({f"build-{image}", f"deliver-{image}"} & unfinished)


def test_the_same_daemon_needs_no_delivery() -> None:
    plan = make({}, Facts(), destination=Destination("same-daemon", ""))
    assert [step.id for step in plan.steps] == ["build-notebook", "build-hub", "deploy"]


def test_what_was_deployed_is_tried_once() -> None:
    records, facts = everything_done()

    def verified(kind: str, remembered: dict[str, StepRecord], seen: Facts = facts) -> Plan:
        return plan_kubernetes([NOTEBOOK, HUB], DESTINATION, INPUTS, "helm upgrade", remembered, seen, kind)

    first = verified("hub", records)
    assert running(first) == {"verify"}
    assert first.step("verify").needs == ("deploy",)
    content = first.step("verify").fingerprint
    done = {**records, "verify": StepRecord(content, "done", "2026-01-01T00:00:00+00:00", {"url": "http://x/"})}
    assert running(verified("hub", done)) == set()
    assert verified("hub", done).step("verify").result == {"url": "http://x/"}
    assert running(verified("user", done)) == {"verify"}
    failed = {**done, "verify": replace(done["verify"], outcome="failed")}
    assert running(verified("hub", failed)) == {"verify"}
    assert running(verified("hub", done, replace(facts, release=None))) == {"deploy", "verify"}


def test_an_image_for_several_platforms_is_pushed_by_its_build() -> None:
    plan = make({}, Facts(), images=[replace(NOTEBOOK, pushes=True)])
    assert [step.id for step in plan.steps] == ["build-notebook", "deploy"]


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4))
def test_a_fingerprint_depends_on_content_only(inputs: dict[str, str]) -> None:
    backwards = dict(reversed(list(inputs.items())))
    assert fingerprint(inputs) == fingerprint(backwards)
    assert fingerprint(inputs) != fingerprint({**inputs, "another": "x"})
