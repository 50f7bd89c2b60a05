"""The plan for processes on this machine: the parts that are missing, then the hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wizard.plan import decide
from wizard.plan.model import Decision, Plan, Step, StepRecord

START = "start"
"""The id of the step that starts JupyterHub."""

INSTALL_TIMEOUT = 3600.0
"""Seconds; compiling code-server's modules takes minutes on a small machine."""


@dataclass(frozen=True, kw_only=True)
class PartFacts:
    """One part as planning needs it.

    id, title, branch, needs: of its step; fingerprint: of its recipe; ready: it is installed; there: where it was
    found, in words; command: what a person would type.
    """

    id: str
    title: str
    branch: str
    fingerprint: str
    ready: bool
    there: str = "it is installed"
    command: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StartFacts:
    """What the hub is started from. running: where the one of this folder runs, empty when none does."""

    fingerprint: str
    command: str
    running: str = ""


def plan_local(parts: Sequence[PartFacts], start: StartFacts, records: Mapping[str, StepRecord]) -> Plan:
    """Steps for the local target."""
    steps: list[Step] = []
    for part in parts:
        verdict = decide.skip(part.there) if part.ready else decide.run("it is not installed yet")
        steps.append(
            Step(
                id=part.id,
                title=part.title,
                branch=part.branch,
                decision=verdict.decision,
                why=verdict.why,
                needs=part.needs,
                fingerprint=part.fingerprint,
                command=part.command,
                timeout=INSTALL_TIMEOUT,
            )
        )
    record = records.get(START)
    verdict = _start(record, start, steps)
    steps.append(
        Step(
            id=START,
            title="Start JupyterHub",
            branch="hub",
            decision=verdict.decision,
            why=verdict.why,
            needs=tuple(step.id for step in steps),
            fingerprint=start.fingerprint,
            command=start.command,
            result=decide.result_of(record),
        )
    )
    return Plan(tuple(steps))


def _start(record: StepRecord | None, start: StartFacts, parts: Sequence[Step]) -> decide.Verdict:
    if not start.running:
        return decide.run("it is not running")
    if any(part.decision is Decision.RUN for part in parts):
        return decide.run("a part is new")
    verdict = decide.unchanged(record, start.fingerprint, "its settings changed")
    return verdict or decide.skip(f"it runs at {start.running}")
