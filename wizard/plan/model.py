"""The plan of a run: its steps, in order, each with the decision to run or to skip and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from wizard.tools.doctor_model import Finding


class Decision(StrEnum):
    """What a run does with a step."""

    RUN = "run"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One unit of work: started once all of `needs` are done or skipped.

    id: stable, used by `--from` and in state.json; branch: the pane it is shown in; fingerprint: hash of
    everything the result depends on; command: the equivalent shell command, without secrets; result: what an
    earlier run produced, handed on when the step is skipped; timeout: seconds; attempts: how often it may be
    tried in all (1: not safe to repeat by itself).
    """

    id: str
    title: str
    branch: str
    decision: Decision
    why: str
    needs: tuple[str, ...] = ()
    fingerprint: str = ""
    command: str = ""
    timeout: float | None = None
    attempts: int = 1
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StepRecord:
    """What is remembered of a step's last run: its inputs' hash, how it ended, when (ISO 8601, UTC), its result."""

    fingerprint: str
    outcome: str
    finished: str
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Steps in an order in which each comes after all that it needs.

    findings: what was checked beforehand, to see whether the run can work at all.
    """

    steps: tuple[Step, ...]
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for step in self.steps:
            missing = set(step.needs) - seen
            if step.id in seen or missing:
                raise ValueError(f"step {step.id}: named twice, or needs {sorted(missing)} before them")
            seen.add(step.id)

    @property
    def to_run(self) -> tuple[Step, ...]:
        """The steps that are not skipped."""
        return tuple(step for step in self.steps if step.decision is Decision.RUN)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings with which a run cannot work; none where there is nothing to run."""
        return tuple(finding for finding in self.findings if finding.blocks) if self.to_run else ()

    def step(self, step_id: str) -> Step:
        """The step of that id; KeyError when there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


def fingerprint(inputs: Mapping[str, Any] | Sequence[Any]) -> str:
    """`sha256:HEX` of JSON-ready inputs; the same for equal inputs, whatever the order of their keys."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
