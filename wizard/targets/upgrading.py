"""An upgrade from looking at what there is to the finished run; what did not work is taken back wholly."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from wizard.catalog import ChartRelease, CodeServerTag, Listing, listing
from wizard.errors import CodehubError
from wizard.files import read_text, write_atomically
from wizard.run import revisions
from wizard.run.events import Emit, Outcome, RunFinished
from wizard.run.folder import SetupFolder
from wizard.run.local_files import read_local_files
from wizard.run.lock import folder_lock
from wizard.run.snapshot import Snapshot
from wizard.setup import store
from wizard.setup.delivery import has_versions
from wizard.setup.model import Setup
from wizard.setup.review import require_sound
from wizard.targets.releases import adopt, last_good, release_of, undo
from wizard.targets.saving import placed, put_back, with_backup
from wizard.targets.session import Overwrite, Preparation, apply, prepare
from wizard.tools import docker_engine, helm
from wizard.tools.helm_release import Revision
from wizard.tools.kube import connect
from wizard.upgrade.choose import Known, Wanted, choose
from wizard.upgrade.proposal import Proposal, propose


@dataclass(frozen=True)
class Look:
    """What was found out before an upgrade: the proposal, and where the lists of versions come from."""

    proposal: Proposal
    known: Known
    sources: tuple[str, ...]


async def look(folder: SetupFolder, wanted: Wanted, *, wait: float = 5.0) -> Look:
    """What an upgrade would do; asks the lists of versions for at most `wait` seconds, the cluster if it answers.

    Writes nothing. Raises UsageError for a version that cannot be, or answers that cannot be read.
    """
    setup = store.load(folder.answers)
    tags, charts, kubernetes, helm_version = await asyncio.gather(
        asyncio.to_thread(_tags, wait),
        asyncio.to_thread(_charts, setup, wait),
        _kubernetes(setup),
        _helm(setup),
    )
    known = Known(tags.items, charts.items, kubernetes, helm_version)
    extra = read_text(folder.extra_values) if folder.extra_values.exists() else ""
    proposal = propose(
        setup,
        choose(setup, known, wanted),
        extra=extra,
        taken=await taken_tags(folder, setup, wait=wait),
        local_files=read_local_files(setup, folder.path),
        kubernetes=kubernetes,
    )
    if proposal.backup:
        proposal = replace(proposal, backup=placed(proposal.backup, folder, setup))
    return Look(proposal, known, (f"code-server: {tags.describe()}", f"chart: {charts.describe()}"))


async def taken_tags(folder: SetupFolder, setup: Setup, *, wait: float) -> dict[str, set[str]]:
    """By image, the tags that are known to be used: here, in the registry, in the revisions of the release."""
    names = {"notebook": setup.notebook_reference, "hub": setup.hub_reference}
    taken: dict[str, set[str]] = {name: set() for name in names}
    for name, reference in names.items():
        repository = docker_engine.split_tag(reference)[0]
        with contextlib.suppress(CodehubError):  # without Docker the registry and the revisions still tell
            taken[name] |= set(await docker_engine.tags(repository))
        if setup.images.registry:
            taken[name] |= set(await asyncio.to_thread(_image_tags, repository, wait))
    for record in revisions.records(folder):
        try:
            then = store.parse(record.text(store.FILE), f"revision {record.number}")
        except CodehubError:
            continue
        taken["notebook"].add(then.images.notebook.tag)
        taken["hub"].add(then.images.hub.tag)
    return taken


async def planned(
    folder: SetupFolder, proposal: Proposal, *, overwrite: Overwrite = (), save_database: bool = True
) -> Preparation:
    """What an upgrade would run; raises what `prepare` raises. save_database: where the proposal has that."""
    preparation = await prepare(folder, setup=proposal.after, overwrite=overwrite)
    if proposal.backup is None or not save_database:
        return preparation
    return with_backup(preparation, proposal.before, proposal.backup)


async def upgrade(
    folder: SetupFolder,
    proposal: Proposal,
    emit: Emit,
    *,
    overwrite: Overwrite = (),
    save_database: bool = True,
    on_plan: Callable[[Preparation], None] = lambda _: None,
) -> RunFinished:
    """Save the new answers, and carry out the plan that they make; `on_plan` is told it before anything runs.

    save_database: copy the hub's database first, where the proposal has that.

    When the run does not come to a good end, or raises, the release goes back to the revision before, and answers,
    files and what codehub remembers to what they were. Raises what `prepare` and `apply` raise.
    """
    require_sound(proposal.after, str(folder.answers))
    before = await _live(proposal.before)
    with folder_lock(folder.private):
        kept = Snapshot.take(folder)
        with _restored_on_error(kept):
            _save(folder, proposal)
    with _restored_on_error(kept, folder):  # what is raised is raised before anything was run
        preparation = await planned(folder, proposal, overwrite=overwrite, save_database=save_database)
        on_plan(preparation)
        finished = await apply(preparation, emit)
    if finished.outcome not in {Outcome.DONE, Outcome.SKIPPED}:
        await _take_back(folder, proposal, before, kept, emit)
    return finished


@contextlib.contextmanager
def _restored_on_error(kept: Snapshot, locked: SetupFolder | None = None) -> Iterator[None]:
    """Put the files back when something is raised; `locked`: take the lock of this folder for it."""
    try:
        yield
    except BaseException:
        with folder_lock(locked.private) if locked else contextlib.nullcontext():
            kept.restore()
        raise


async def _take_back(
    folder: SetupFolder, proposal: Proposal, before: Revision | None, kept: Snapshot, emit: Emit
) -> None:
    setup = proposal.before
    try:
        if setup.target.kind == "kubernetes":
            if proposal.backup and before and await _touched(setup, before):
                await put_back(folder, setup, proposal.backup, emit)
            await undo(folder, setup, before, emit)
    finally:
        with folder_lock(folder.private):
            kept.restore()
    if setup.target.kind == "kubernetes":
        await adopt(folder, setup)


def _save(folder: SetupFolder, proposal: Proposal) -> None:
    store.save(folder.answers, proposal.after)
    if proposal.extra_after != proposal.extra_before:
        write_atomically(folder.extra_values, proposal.extra_after)


async def _touched(setup: Setup, before: Revision) -> bool:
    """Whether Helm has made a revision since, well or not: a newer hub may have run."""
    newest = await (await release_of(setup)).current()
    return newest is not None and newest.number != before.number


async def _live(setup: Setup) -> Revision | None:
    if setup.target.kind != "kubernetes":
        return None
    return last_good(await (await release_of(setup)).history())


def _tags(wait: float) -> Listing[CodeServerTag]:
    return listing("code-server", wait=wait)


def _image_tags(repository: str, wait: float) -> tuple[str, ...]:
    return listing("image", wait=wait, address=repository).items


def _charts(setup: Setup, wait: float) -> Listing[ChartRelease]:
    return listing("chart", wait=wait, address=setup.target.chart.source if has_versions(setup) else "")


async def _kubernetes(setup: Setup) -> str:
    """The cluster's version; empty when it does not say."""
    if setup.target.kind != "kubernetes":
        return ""
    try:
        async with connect(setup.target.context) as cluster:
            return await cluster.version()
    except CodehubError:
        return ""


async def _helm(setup: Setup) -> str:
    """Helm's version; empty without one."""
    if setup.target.kind != "kubernetes":
        return ""
    try:
        return (await helm.find()).text
    except CodehubError:
        return ""
