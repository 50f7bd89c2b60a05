"""Freeing a release that a killed Helm left locked, as a run of its own with events and a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.plan.model import Decision, Plan, Step
from wizard.run.context import StepContext
from wizard.run.events import Emit, RunFinished
from wizard.run.folder import SetupFolder
from wizard.run.lock import folder_lock
from wizard.setup.model import Setup
from wizard.targets.releases import release_of, run_alone
from wizard.tools import deploy
from wizard.tools.helm_release import Repair, RepairKind, repair_for
from wizard.tools.preflight import RELEASE


def is_locked(plan: Plan) -> bool:
    """Whether a plan cannot be carried out because the release is locked."""
    return any(finding.name == RELEASE for finding in plan.blocking)


async def repair_of(setup: Setup) -> Repair | None:
    """What would free the setup's release; None when it is not locked. Raises what Helm raises."""
    return repair_for(await (await release_of(setup)).history())


def question(setup: Setup, repair: Repair) -> tuple[str, str]:
    """What a person is asked before a repair, and what they should know to answer it."""
    locked = repair.locked
    name = setup.target.release
    what = f"Roll {name} back to revision {repair.revision}?"
    if repair.kind is RepairKind.UNINSTALL:
        what = f"Uninstall {name}, which was never deployed to its end?"
    why = (
        f"Revision {locked.number} of {name} is {locked.status} since {locked.updated[:19]}: that Helm was killed, "
        "or is still at work. Say yes only if nobody else is deploying it."
    )
    return what, f"{why} {repair.warning}".strip()


async def free(folder: SetupFolder, setup: Setup, emit: Emit) -> RunFinished | None:
    """Free the release; None when it is not locked. Ask first, with `question`.

    Raises UsageError when another codehub is at work in the folder, and what Helm raises when it cannot be asked.
    """
    release = await release_of(setup)
    repair = repair_for(await release.history())
    if repair is None:
        return None

    async def work(context: StepContext) -> Mapping[str, Any]:
        done = await deploy.repair(release, context)
        return {"repair": str(done.kind) if done else "none"}

    back = repair.kind is RepairKind.ROLLBACK
    step = Step(
        id="repair",
        title=f"Go back to revision {repair.revision}" if back else "Uninstall what was not finished",
        branch="helm",
        decision=Decision.RUN,
        why=f"revision {repair.locked.number} is {repair.locked.status}",
        command=deploy.repair_command(release, repair),
    )
    with folder_lock(folder.private):
        return await run_alone(folder, step, work, emit)
