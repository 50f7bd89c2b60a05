"""Whether a step runs or is skipped, and why: the one home of these rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.plan.facts import Facts
from wizard.plan.model import Decision, Step, StepRecord


@dataclass(frozen=True)
class Verdict:
    """A decision with its reason, in words for a person."""

    decision: Decision
    why: str

    @property
    def runs(self) -> bool:
        """Whether the step is to be run."""
        return self.decision is Decision.RUN


def run(why: str) -> Verdict:
    """To be run, for the reason given."""
    return Verdict(Decision.RUN, why)


def skip(why: str) -> Verdict:
    """To be skipped, for the reason given."""
    return Verdict(Decision.SKIP, why)


def unchanged(record: StepRecord | None, fingerprint: str, changed: str) -> Verdict | None:
    """A verdict when the record alone gives one: never done, not finished, or inputs changed (`changed`)."""
    if record is None:
        return run("it was never done here")
    if record.outcome != "done":
        return run(f"it did not finish the last time ({record.outcome})")
    if record.fingerprint != fingerprint:
        return run(changed)
    return None


def build(
    record: StepRecord | None,
    fingerprint: str,
    reference: str,
    base: str,
    images: Mapping[str, str],
    bases: Mapping[str, str],
) -> Verdict:
    """Whether an image is built.

    `images` are those at the place where the build leaves its result (the Docker engine, or the registry for
    several platforms), with their ids or digests; `bases` the base images that could be asked for theirs.
    """
    verdict = unchanged(record, fingerprint, "what it is made from changed")
    if verdict or record is None:
        return verdict or run("it was never done here")
    then, now = record.result.get("base", ""), bases.get(base, "")
    # An id in the Docker engine and a digest in a registry name the same image differently.
    if then and now and then != now and then.split()[0] == now.split()[0]:
        return run(f"the base image {base} changed")
    if reference not in images:
        return run("the image is no longer there")
    if images[reference] != record.result.get("image"):
        return run("the tag is on another image now")
    return skip("nothing that it is made from changed")


def deliver(
    record: StepRecord | None, fingerprint: str, reference: str, needed: Iterable[Step], facts: Facts
) -> Verdict:
    """Whether an image is brought to where the cluster gets it from."""
    rebuilt = next((step for step in needed if step.decision is Decision.RUN), None)
    if rebuilt:
        return run("its image is built anew")
    verdict = unchanged(record, fingerprint, "where it goes to changed")
    if verdict or record is None:
        return verdict or run("it was never done here")
    if reference in facts.unknown:
        return run("whether it is still there could not be found out")
    if reference not in facts.delivered:
        return run("it is no longer there")
    if record.result.get("digest") and facts.delivered[reference] != record.result["digest"]:
        return run("another image is there under this tag")
    return skip("that image is there already")


def deploy(record: StepRecord | None, fingerprint: str, needed: Iterable[Step], facts: Facts) -> Verdict:
    """Whether Helm is called."""
    changed = next((step for step in needed if step.decision is Decision.RUN), None)
    if changed:
        return run("an image is new")
    release = facts.release
    if release is None:
        return run("there is no such release yet")
    if release.status != "deployed":
        return run(f"the release is {release.status}")
    verdict = unchanged(record, fingerprint, "its values or chart changed")
    if verdict or record is None:
        return verdict or run("it was never done here")
    if release.revision != record.result.get("revision"):
        return run(f"somebody changed the release: it is at revision {release.revision}")
    return skip(f"the release is at revision {release.revision}, as it was left")


def verify(record: StepRecord | None, kind: str, deploy: Step) -> Verdict:
    """Whether a deployment is tried: once after each, until that went well. `kind`: of the trial."""
    if deploy.decision is Decision.RUN:
        return run("it is deployed anew")
    verdict = unchanged(record, kind, "another proof is asked for")
    if verdict or record is None:
        return verdict or run("it was never done here")
    return skip("it was seen to work when it was deployed")


def result_of(record: StepRecord | None) -> Mapping[str, Any]:
    """What a skipped step hands on: the result of its last run."""
    return record.result if record else {}
