"""A setup's Helm release, and going back to one of its revisions as a run of its own with events and a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wizard.plan.kubernetes import DEPLOY
from wizard.plan.model import Decision, Plan, Step
from wizard.run.context import Action, StepContext
from wizard.run.events import Emit, RunFinished
from wizard.run.folder import SetupFolder
from wizard.run.revisions import equal_to
from wizard.run.runner import Runner
from wizard.run.state import State
from wizard.setup.model import Setup
from wizard.targets.session import new_log_folder
from wizard.text import Redactor
from wizard.tools import helm
from wizard.tools.helm_release import Revision
from wizard.tools.process import command_line


async def release_of(setup: Setup) -> helm.Release:
    """The release that a setup names; raises MissingError without a usable Helm."""
    target = setup.target
    return helm.Release(helm=await helm.find(), name=target.release, namespace=target.namespace, context=target.context)


def last_good(history: Sequence[Revision]) -> Revision | None:
    """The newest revision that was live and well; None when there never was one."""
    return next((revision for revision in reversed(history) if revision.was_good), None)


def origin(number: int, history: Sequence[Revision]) -> int:
    """The revision that this one equals, through all roll-backs."""
    return equal_to(number, {revision.number: revision.description for revision in history})


async def undo(folder: SetupFolder, setup: Setup, good: Revision | None, emit: Emit) -> RunFinished | None:
    """Bring the release back to `good` unless Helm did so; None when there was nothing to do.

    Raises CodehubError when the release cannot be asked.
    """
    release = await release_of(setup)
    history = await release.history()
    if good is None or not history:
        return None
    last = history[-1]
    if last.deployed and origin(last.number, history) == origin(good.number, history):
        return None

    async def work(context: StepContext) -> Mapping[str, Any]:
        revision = await release.rollback(good.number, context)
        return {"revision": revision.number, "status": revision.status, "chart": revision.chart}

    step = Step(
        id="roll-back",
        title=f"Go back to revision {good.number}",
        branch="helm",
        decision=Decision.RUN,
        why="what was tried did not work",
        command=rollback_command(release, good.number),
    )
    return await run_alone(folder, step, work, emit)


async def run_alone(folder: SetupFolder, step: Step, work: Action, emit: Emit) -> RunFinished:
    """One step as a run of its own, with events and a log; nothing of it is remembered."""
    runner = Runner(
        Plan((step,)),
        {step.id: work},
        new_log_folder(folder.logs),
        emit,
        on_finished=lambda _step, _event: None,
        redact=Redactor(folder.load_secrets().values()),
    )
    return await runner.run()


async def adopt(folder: SetupFolder, setup: Setup) -> None:
    """Remember the release's newest revision as the one that was deployed here, where it equals that one.

    Without this a release that was rolled back would look as if somebody had changed it.
    """
    state = folder.load_state().state
    record = state.steps.get(DEPLOY)
    history = await (await release_of(setup)).history()
    if record is None or not history:
        return
    last, known = history[-1], record.result.get("revision")
    if last.deployed and isinstance(known, int) and origin(last.number, history) == origin(known, history):
        _remember(folder, state, last)


def rollback_command(release: helm.Release, number: int) -> str:
    """`helm rollback`, as a person would type it."""
    context = ["--kube-context", release.context] if release.context else []
    words = [release.helm.program, "rollback", release.name, str(number), "--namespace", release.namespace]
    return command_line([*words, *context, "--wait"])


def _remember(folder: SetupFolder, state: State, revision: Revision) -> None:
    record = state.steps[DEPLOY]
    result = {**record.result, "revision": revision.number, "status": revision.status}
    state.with_step(DEPLOY, replace(record, result=result)).save(folder.state_file)
