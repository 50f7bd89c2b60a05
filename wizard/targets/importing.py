"""Taking over a JupyterHub release: reading it, writing a setup folder, and proving that nothing would change."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wizard.errors import CodehubError, UsageError
from wizard.files import make_folder, write_all_atomically
from wizard.importing.answers import Origin, answers
from wizard.importing.guide import Guide
from wizard.importing.split import Parts, split
from wizard.render.pins import FILE as PINS
from wizard.render.pins import HEADER as PINS_HEADER
from wizard.render.secrets import Secrets
from wizard.render.values import values
from wizard.render.yaml_text import yaml_text
from wizard.run.folder import SetupFolder
from wizard.run.lock import folder_lock
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.targets.release_inputs import chart_of, values_order
from wizard.targets.releases import release_of
from wizard.targets.session import rendering, write
from wizard.tools import docker_engine, helm
from wizard.tools.helm_diff import ObjectDiff, diff_manifests

_CONFIG = """\
What the answers in codehub.yaml and the imported release agree on. As long as this file differs from what codehub
would write, it is kept; `codehub plan --overwrite config.yaml` shows what codehub would add.
"""
_EXTRA = """\
Values of the imported release that codehub has no answer for. They are merged last and win; codehub never writes this
file again.
"""
_SECRETS = "Secrets of the imported release. Do not commit this file.\n"
_LEFT_OUT = """\
Left out: codehub does this in its own, guarded way, and the guide's would let anybody who reaches the hub into every
editor. What else it did has to be done anew.
"""


@dataclass(frozen=True)
class Found:
    """A release as it is: where, what it was given, and the answers that were made of it."""

    origin: Origin
    revision: int
    setup: Setup
    parts: Parts = field(repr=False)
    manifest: str = field(repr=False)


async def inspect(context: str, namespace: str, name: str, source: str = "") -> Found:
    """Read a release; source: where its chart comes from, empty for the official repository.

    Raises UsageError when there is no such release or it is no JupyterHub, MissingError without Helm or cluster.
    """
    release = helm.Release(helm=await helm.find(), name=name, namespace=namespace, context=context)
    current = next((revision for revision in reversed(await release.history()) if revision.was_good), None)
    if current is None:
        where = f" in {context}" if context else ""
        raise UsageError(
            f"There is no working release {name} in the namespace {namespace}{where}.",
            fix=f"See what there is: helm list --all-namespaces{f' --kube-context {context}' if context else ''}",
        )
    if not current.chart.startswith("jupyterhub-"):
        raise UsageError(
            f"The release {name} is no JupyterHub.", why=f"Its chart is {current.chart}.", fix="Name another release."
        )
    given = await release.values(revision=current.number) or {}
    everything = await release.values(revision=current.number, computed=True) or {}
    origin = Origin(context, namespace, name, current.chart_version, source)
    setup = answers(everything, origin, await _labels(everything))
    return Found(
        origin=origin,
        revision=current.number,
        setup=setup,
        parts=split(given, values(setup)),
        manifest=await release.manifest(revision=current.number) or "",
    )


async def _labels(everything: Mapping[str, Any]) -> Mapping[str, str]:
    """Labels of the notebook image, where this machine's Docker has it."""
    image = (everything.get("singleuser") or {}).get("image") or {}
    with contextlib.suppress(CodehubError, ValueError):
        found = await docker_engine.image(f"{image.get('name')}:{image.get('tag')}")
        return found.labels if found else {}
    return {}


def save(folder: SetupFolder, found: Found) -> list[str]:
    """Write a setup folder for a release; returns what keeps its answers from being used yet, in sentences.

    Raises CodehubError when the folder cannot be written to.
    """
    parts = found.parts
    secrets = Secrets.parse(_text(parts.secrets, _SECRETS)).leaving_out(found.setup)
    own = {folder.values: _text(parts.config, _CONFIG), folder.extra_values: _text(parts.extra, _EXTRA)}
    if parts.images:
        own[folder.path / PINS] = _text(parts.images, PINS_HEADER)
    return _save(folder, found.setup, own, secrets)


def save_guide(folder: SetupFolder, found: Guide) -> list[str]:
    """Write a setup folder for what was made of an old guide's; returns and raises what `save` does."""
    extra = _text(found.extra, _EXTRA)
    if found.left_out:
        text = yaml_text(found.left_out, comment=_LEFT_OUT)
        extra += "".join(f"# {line.removeprefix('# ')}".rstrip() + "\n" for line in text.splitlines())
    secrets = Secrets.parse(_text(found.secrets, _SECRETS)) if found.secrets else Secrets()
    return _save(folder, found.setup, {folder.extra_values: extra}, secrets)


def save_export(folder: SetupFolder, files: Mapping[str, tuple[bytes, int]]) -> None:
    """Write the files of somebody's export into a folder that has none of them.

    Raises UsageError for answers that cannot be read, or where one of the files is there already.
    """
    store.parse(files[store.FILE][0].decode(errors="replace"), store.FILE)
    there = [name for name in files if (folder.path / name).exists() or (folder.path / name).is_symlink()]
    if there:
        raise UsageError(
            f"{folder.path / there[0]} exists already.",
            why="An import does not overwrite.",
            fix="Name an empty folder.",
        )
    make_folder(folder.path)
    for name in files:
        make_folder((folder.path / name).parent)
    write_all_atomically({folder.path / name: kept for name, kept in files.items()})


async def prove(folder: SetupFolder, found: Found) -> tuple[ObjectDiff, ...]:
    """What deploying the written files would change in the release: nothing, unless something is wrong.

    Asks the server for a dry run. Raises CodehubError when the chart or the cluster cannot be reached.
    """
    release = await release_of(found.setup)
    values = [path for path in values_order(folder) if path.exists()]
    dry = await release.dry_run(chart_of(found.setup, folder), values)
    return diff_manifests(found.manifest, dry.manifest)


def _save(folder: SetupFolder, setup: Setup, own: Mapping[Path, str], secrets: Secrets) -> list[str]:
    make_folder(folder.path)
    files: dict[Path, tuple[str | bytes, int]] = {path: (text, 0o644) for path, text in own.items()}
    if secrets.text:
        files[folder.secrets] = (secrets.text, 0o600)
    with folder_lock(folder.private):
        write_all_atomically(files)
        store.save(folder.answers, setup)
        try:
            write(folder, rendering(folder))
        except UsageError as error:
            return [error.what, *_lines(error.why)]
    return []


def _lines(text: str) -> Sequence[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _text(document: Mapping[str, Any], comment: str) -> str:
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    return yaml_text(document, comment=comment) if document else head
