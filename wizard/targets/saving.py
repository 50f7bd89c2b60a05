"""The copy of the hub's database before an upgrade that it could not come back from: a step before the deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wizard.errors import CodehubError
from wizard.plan.kubernetes import DEPLOY
from wizard.plan.model import Decision, Step
from wizard.run.context import StepContext
from wizard.run.events import Emit, RunFinished
from wizard.run.folder import SetupFolder
from wizard.setup.model import Setup
from wizard.targets.releases import run_alone
from wizard.targets.session import Preparation
from wizard.tools.hub_database import restore_database, save_database
from wizard.tools.kube import connect
from wizard.upgrade.effects import Backup, backup, restoring_pod

SAVE = "save-database"


def placed(kept: Backup, folder: SetupFolder, setup: Setup) -> Backup:
    """The backup with a file of its own in the folder: an earlier copy is never written over."""
    first = path = folder.path.absolute() / kept.file
    number = 2
    while path.exists():
        path = first.with_name(f"{first.stem}-{number}{first.suffix}")
        number += 1
    return backup(setup, str(path))


def with_backup(preparation: Preparation, setup: Setup, kept: Backup) -> Preparation:
    """The plan with the copy as a step of its own before the deployment; setup: the answers of what is deployed now."""
    plan = preparation.plan
    deploy = plan.step(DEPLOY)
    if deploy.decision is not Decision.RUN:
        return preparation
    target = setup.target

    async def work(context: StepContext) -> Mapping[str, Any]:
        try:
            async with connect(target.context) as cluster:
                size = await save_database(cluster, target.namespace, target.release, Path(kept.file))
        except CodehubError as error:
            error.fix = f"{error.fix} Or upgrade without a copy: --no-backup.".strip()
            raise
        context.lines([f"{kept.file}: {size} bytes. It is put back by:", *kept.restore])
        return {"backup": kept.file, "bytes": size}

    step = Step(
        id=SAVE,
        title="Save the hub's database",
        branch=deploy.branch,
        decision=Decision.RUN,
        why="a newer JupyterHub changes its layout for good",
        needs=deploy.needs,  # as late as can be: what happens after it is not in it
        timeout=900,
    )
    steps = []
    for one in plan.steps:
        if one.id == DEPLOY:
            steps += [step, replace(one, needs=(*one.needs, SAVE))]
        else:
            steps.append(one)
    return replace(preparation, plan=replace(plan, steps=tuple(steps)), actions={**preparation.actions, SAVE: work})


async def put_back(folder: SetupFolder, setup: Setup, kept: Backup, emit: Emit) -> RunFinished | None:
    """Give the hub of before its database back, where a newer one has changed it; None without a copy."""
    copy = Path(kept.file)
    if not copy.is_file():
        return None
    target = setup.target

    async def work(context: StepContext) -> Mapping[str, Any]:
        async with connect(target.context) as cluster:
            done = await restore_database(cluster, target.namespace, restoring_pod(setup, waiting=True), copy)
        context.lines(["The copy is in place." if done else "It was not changed, and stays as it is."])
        return {"restored": done}

    step = Step(
        id="restore-database",
        title="Give the hub its database back",
        branch="helm",
        decision=Decision.RUN,
        why="what was tried did not work, and the hub of before cannot read a newer one's",
        command=kept.restore[0],
        timeout=600,
    )
    return await run_alone(folder, step, work, emit)
