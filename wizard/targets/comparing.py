"""Finding out what is deployed, for the three columns and for what was changed behind codehub."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from wizard.errors import CodehubError
from wizard.plan.images import build_id
from wizard.plan.kubernetes import DEPLOY
from wizard.render.merge import at
from wizard.run import revisions
from wizard.run.folder import SetupFolder
from wizard.run.local_files import read_local_files
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.targets.releases import origin, release_of
from wizard.targets.session import rendering
from wizard.tools import docker_engine, registry
from wizard.tools.helm import Release
from wizard.tools.kube import connect
from wizard.tools.live_drift import changed_by_hand
from wizard.upgrade.choose import Known, Wanted, choose
from wizard.upgrade.columns import Deployed, Row, columns, drift
from wizard.upgrade.proposal import propose

_ID, _DIGEST = "id ", "digest "


@dataclass(frozen=True)
class Comparison:
    """The three columns, and what was changed without codehub."""

    rows: tuple[Row, ...]
    drift: tuple[str, ...]


async def compare(folder: SetupFolder, setup: Setup, known: Known, *, patience: float = 5.0) -> Comparison:
    """What is deployed against the files against the newest; what does not answer in time is left out.

    Raises UsageError when the folder's files cannot be read.
    """
    made = rendering(folder, setup=setup)
    newest = propose(setup, choose(setup, known, Wanted()), local_files=read_local_files(setup, folder.path)).after
    deployed, revision, status = Deployed(), 0, ""
    by_hand: tuple[str, ...] = ()
    reachable = False
    if setup.target.kind == "kubernetes":
        with contextlib.suppress(CodehubError):
            release = await release_of(setup)
            deployed, revision, status = await _deployed(folder, release)
            reachable = True
            by_hand = await _by_hand(release, patience) if status == "deployed" else ()
    bases, gone = {}, []
    for name in made.builds:
        record = made.state.steps.get(build_id(name))
        if record is None or record.outcome != "done":
            continue
        then, reference = str(record.result.get("base", "")), str(record.result.get("reference", ""))
        base = setup.images.notebook.base if name == "notebook" else setup.images.hub.base
        with contextlib.suppress(CodehubError):
            if then and base:
                bases[name] = (_short(then), _short(await _base_now(base, then, patience)))
            if not setup.images.registry and reference and await docker_engine.image(reference) is None:
                gone.append(reference)
    edited = tuple(change.path for change in made.changes if change.kind in {"edited", "kept"} and not change.once)
    record = made.state.steps.get(DEPLOY) if reachable else None
    return Comparison(
        columns(setup, newest, Deployed(deployed.setup, deployed.chart, deployed.jupyterhub, deployed.hub_image, bases),
                known.tags),
        (*drift(record, revision, status, edited, tuple(gone)), *by_hand),
    )  # fmt: skip


async def _by_hand(release: Release, patience: float) -> tuple[str, ...]:
    """What somebody did to the release's objects by kubectl or another tool."""
    manifest = await release.manifest()
    try:
        async with asyncio.timeout(patience), connect(release.context) as cluster:
            return await changed_by_hand(cluster, release.namespace, manifest or "")
    except TimeoutError:
        return ()


async def _deployed(folder: SetupFolder, release: Release) -> tuple[Deployed, int, str]:
    history = await release.history()
    if not history:
        return Deployed(), 0, ""
    last = history[-1]
    record = revisions.load(folder, origin(last.number, history))
    answers = None
    if record is not None:
        with contextlib.suppress(CodehubError):
            answers = store.parse(record.text(store.FILE), f"revision {last.number}")
    values = await release.values(computed=True) or {}
    image = f"{at(values, 'hub.image.name', '')}:{_tag(str(at(values, 'hub.image.tag', '')))}".strip(":")
    return Deployed(answers, last.chart_version, last.app_version, image), last.number, last.status


def _tag(tag: str) -> str:
    """A tag without the digest that it may be pinned to."""
    return tag.partition("@")[0]


async def _base_now(base: str, then: str, patience: float) -> str:
    """The base's state in the form that it was recorded in: an image id of this Docker, or a registry's digest."""
    if then.startswith(_ID):
        image = await docker_engine.image(base)
        return f"{_ID}{image.id}" if image else ""
    return f"{_DIGEST}{(await registry.lookup(base, timeout=patience)).digest}".strip()


def _short(state: str) -> str:
    """`sha256:` and twelve digits; empty when it is not known."""
    digest = state.partition("sha256:")[2]
    return f"sha256:{digest[:12]}" if digest else ""
