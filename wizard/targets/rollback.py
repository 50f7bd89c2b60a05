"""Going back to an earlier revision: the release, its images, the answers and the files together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wizard.catalog import chart_release
from wizard.errors import CodehubError, UsageError
from wizard.files import make_folder, write_all_atomically
from wizard.plan.kubernetes import DEPLOY
from wizard.plan.model import Decision, Plan, Step
from wizard.render.secrets import FILE as SECRETS
from wizard.run import revisions
from wizard.run.context import StepContext
from wizard.run.events import Emit, Outcome, RunFinished
from wizard.run.folder import SetupFolder
from wizard.run.lock import folder_lock
from wizard.run.snapshot import WRITTEN_BY_RUNS, Snapshot
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.targets.releases import adopt, origin, release_of, rollback_command, undo
from wizard.targets.session import Preparation, apply, prepare
from wizard.tools import helm
from wizard.tools.helm_release import Revision
from wizard.upgrade.migrate import difference
from wizard.upgrade.proposal import answer_changes


@dataclass(frozen=True)
class Past:
    """One revision of the release, and what this folder knows of it.

    setup: its answers, None where there is no record; changes: what differs from the revision before, in lines;
    current: it is the newest one.
    """

    revision: Revision
    record: revisions.Record | None
    setup: Setup | None
    changes: tuple[str, ...]
    current: bool


async def history(folder: SetupFolder) -> tuple[Past, ...]:
    """The release's revisions, oldest first; raises UsageError for a target without any, or MissingError."""
    setup = store.load(folder.answers)
    if setup.target.kind != "kubernetes":
        raise UsageError(
            f"The target {setup.target.kind} keeps no revisions.",
            why="Only Helm does, for Kubernetes.",
            fix="Put the answers of before into codehub.yaml and run codehub apply.",
        )
    found = await (await release_of(setup)).history()
    pasts: list[Past] = []
    for revision in found:
        record = revisions.load(folder, origin(revision.number, found))
        before = pasts[-1] if pasts else None
        pasts.append(
            Past(
                revision=revision,
                record=record,
                setup=_setup(record),
                changes=_changes(before, revision, record),
                current=revision is found[-1],
            )
        )
    return tuple(pasts)


def target_of(pasts: tuple[Past, ...], wanted: int, folder: SetupFolder) -> Past:
    """The revision to go back to: the one asked for, or (0) the newest good one that differs from what is live.

    Raises UsageError when there is none, or this folder does not know what it was made from.
    """
    if not pasts:
        raise UsageError("There is no release to roll back.", fix=f"Deploy it with: codehub apply {folder.path}")
    listed = ", ".join(str(past.revision.number) for past in pasts)
    if wanted:
        chosen = next((past for past in pasts if past.revision.number == wanted), None)
        if chosen is None:
            raise UsageError(f"There is no revision {wanted}.", why=f"There are: {listed}.", fix="Name one of them.")
    else:
        chosen = _one_before(pasts)
    if chosen is None:
        raise UsageError("There is no earlier revision to go back to.", why=f"There are: {listed}.")
    if not chosen.revision.was_good:
        raise UsageError(
            f"Revision {chosen.revision.number} never worked: it is {chosen.revision.status}.",
            fix="Name one that was deployed; codehub rollback --list shows them.",
        )
    if chosen.record is None or chosen.setup is None:
        raise UsageError(
            f"This folder does not know what revision {chosen.revision.number} was made from.",
            why="It was deployed from elsewhere, or by hand.",
            fix=f"Go back with `helm rollback`, then take its values over: codehub import {folder.path} --help",
        )
    return chosen


def warnings(pasts: tuple[Past, ...], chosen: Past) -> list[str]:
    """What does not go back with the release."""
    said = [
        "Passwords and other secrets in the cluster become those of that revision; secrets.yaml stays as it is.",
        "Home folders stay as they are, with whatever newer editors wrote into them.",
    ]
    now, then = _jupyterhub(pasts[-1].revision), _jupyterhub(chosen.revision)
    if now.partition(".")[0] != then.partition(".")[0]:
        said.insert(
            0,
            f"The hub's database does not go back: JupyterHub {now} upgraded it, and {then} will not start with it. "
            "Put the copy that was made before the upgrade in place first.",
        )
    return said


async def rollback(folder: SetupFolder, chosen: Past, emit: Emit) -> RunFinished:
    """Bring release, answers and files back to a revision.

    Images that are no longer there are built and delivered again, and the release then deployed from the old files;
    otherwise Helm rolls the release back. When the run does not come to a good end everything stays as it was.
    """
    setup, record = chosen.setup, chosen.record
    if setup is None or record is None:
        raise ValueError("a revision without a record")
    current = store.load(folder.answers)
    release = await release_of(current)
    live = await release.current()
    with folder_lock(folder.private):
        kept = Snapshot.take(folder)
    try:
        with folder_lock(folder.private):
            _bring_back(folder, record)
        preparation = await prepare(folder, setup=setup)
        finished = await apply(_with_helm(preparation, release, chosen.revision.number), emit)
    except BaseException:
        with folder_lock(folder.private):
            kept.restore()
        raise
    if finished.outcome not in {Outcome.DONE, Outcome.SKIPPED}:
        try:
            await undo(folder, current, live if live and live.was_good else None, emit)
        finally:
            with folder_lock(folder.private):
                kept.restore()
        await adopt(folder, current)
    return finished


def _with_helm(preparation: Preparation, release: helm.Release, number: int) -> Preparation:
    """The plan with Helm's roll-back as its deployment, where every image is still there."""
    if any(step.id != DEPLOY and step.decision is Decision.RUN for step in _before_deploy(preparation.plan)):
        return preparation

    async def work(context: StepContext) -> Mapping[str, Any]:
        revision = await release.rollback(number, context)
        return {"revision": revision.number, "status": revision.status, "chart": revision.chart}

    steps = [
        replace(
            step,
            title=f"Go back to revision {number}",
            decision=Decision.RUN,
            why="you asked for it",
            command=rollback_command(release, number),
        )
        if step.id == DEPLOY
        else step
        for step in preparation.plan.steps
    ]
    plan = replace(preparation.plan, steps=tuple(steps), findings=())
    return replace(preparation, plan=plan, actions={**preparation.actions, DEPLOY: work})


def _before_deploy(plan: Plan) -> list[Step]:
    """The steps that the deployment needs, directly or not."""
    needed: set[str] = set(plan.step(DEPLOY).needs)
    for step in reversed(plan.steps):
        if step.id in needed:
            needed |= set(step.needs)
    return [step for step in plan.steps if step.id in needed]


def _bring_back(folder: SetupFolder, record: revisions.Record) -> None:
    """Write the files of a record, remove those that came later, and remember its state."""
    now = folder.load_state().state
    write_all_atomically(
        {folder.path / name: (content, _mode(folder, name)) for name, content in _ready(folder, record).items()}
    )
    own = {folder.answers.name, folder.extra_values.name, SECRETS}
    for name in {*now.files, *WRITTEN_BY_RUNS} - set(record.files) - own:
        (folder.path / name).unlink(missing_ok=True)
    files = {**record.state.files, **{name: known for name, known in now.files.items() if name == SECRETS}}
    record.state.with_files(files).save(folder.state_file)


def _ready(folder: SetupFolder, record: revisions.Record) -> Mapping[str, bytes]:
    for name in record.files:
        make_folder((folder.path / name).parent)
    return record.files


def _mode(folder: SetupFolder, name: str) -> int:
    path = folder.path / name
    if path.is_file():
        return path.stat().st_mode & 0o777
    return 0o755 if name.endswith(".sh") else 0o644


def _one_before(pasts: tuple[Past, ...]) -> Past | None:
    found = [past.revision for past in pasts]
    live = next((past for past in reversed(pasts) if past.revision.was_good), None)
    if live is None:
        return None
    same = origin(live.revision.number, found)
    earlier = (
        past
        for past in reversed(pasts)
        if past.revision.was_good
        and past.revision.number < live.revision.number
        and origin(past.revision.number, found) != same
    )
    return next(earlier, None)


def _setup(record: revisions.Record | None) -> Setup | None:
    if record is None:
        return None
    try:
        return store.parse(record.text(store.FILE), f"revision {record.number}")
    except CodehubError:
        return None


def _changes(before: Past | None, revision: Revision, record: revisions.Record | None) -> tuple[str, ...]:
    """What differs from the revision before: answers by name, other files by their diff."""
    if before is None:
        return ()
    if record is None or before.record is None:
        then, now = before.revision.chart_version, revision.chart_version
        return (f"chart {then} -> {now}",) if then != now else ("not deployed from this folder",)
    old, new = before.setup, _setup(record)
    answers = answer_changes(old, new) if old and new else ()
    lines = [f"{change.path}: {change.before} -> {change.after}" for change in answers]
    for name in sorted({*before.record.files, *record.files} - {store.FILE}):
        if "/" in name or before.record.files.get(name) == record.files.get(name):
            continue
        changed = difference(before.record.text(name), record.text(name), name).splitlines()[2:]
        lines += [f"{name}: {line}" for line in changed if line[:1] in "+-"]
    return tuple(lines)


def _jupyterhub(revision: Revision) -> str:
    version = revision.chart_version
    return revision.app_version or (chart_release(version).jupyterhub if version else "")
