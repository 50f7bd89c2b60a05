"""An upgrade as it would be done: new answers, what they bring about, and what there is to know before; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.catalog import base_fit, hub_image, parse_version
from wizard.render.buildargs import ARM64_CHECKSUM, image_builds
from wizard.render.merge import at
from wizard.render.values import values
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.setup.questions import get, questions, show
from wizard.upgrade.advice import Advice, Case, advice_for
from wizard.upgrade.choose import Choice
from wizard.upgrade.effects import Backup, backup, effects, new_hub
from wizard.upgrade.migrate import difference, edited
from wizard.upgrade.tags import next_tag

_SQLITE = "sqlite-pvc"
"""The chart's own database: a file on the hub's volume."""


@dataclass(frozen=True)
class AnswerChange:
    """One answer that changes, as a person would type it."""

    path: str
    before: str
    after: str


def answer_changes(before: Setup, after: Setup) -> tuple[AnswerChange, ...]:
    """The answers that differ, in the order of the questions."""
    both = ((one.path, get(before, one.path), get(after, one.path)) for one in questions())
    return tuple(AnswerChange(path, show(old), show(new)) for path, old, new in both if old != new)


@dataclass(frozen=True)
class Proposal:
    """What an upgrade would do.

    extra_before, extra_after: the text of values.extra.yaml; rebuilt: images whose content changes; notes: what is
    said of the choice; backup: the copy of the hub's database, only before a new JupyterHub major, and only of one that
    the hub keeps in a file.
    """

    before: Setup
    after: Setup
    advice: tuple[Advice, ...]
    effects: tuple[str, ...]
    notes: tuple[str, ...]
    rebuilt: frozenset[str]
    extra_before: str = field(default="", repr=False)
    extra_after: str = field(default="", repr=False)
    backup: Backup | None = None

    @property
    def nothing(self) -> bool:
        """Whether everything is as new as it can be."""
        return self.before == self.after and self.extra_before == self.extra_after

    @property
    def changes(self) -> tuple[AnswerChange, ...]:
        """The answers that change."""
        return answer_changes(self.before, self.after)

    @property
    def extra_diff(self) -> str:
        """What changes in values.extra.yaml, as a unified diff."""
        return difference(self.extra_before, self.extra_after)


def propose(
    setup: Setup,
    choice: Choice,
    *,
    extra: str = "",
    taken: Mapping[str, Collection[str]] | None = None,
    local_files: Mapping[str, bytes] | None = None,
    kubernetes: str = "",
) -> Proposal:
    """The upgrade of a setup to the versions of a choice; nothing else in the answers changes.

    extra: text of values.extra.yaml; taken: by image (notebook, hub), the tags that were ever used for it; kubernetes:
    version of the cluster. Raises UsageError when the own values cannot be read or a version cannot be built.
    """
    files, notes = local_files or {}, list(choice.notes)
    after = _with_versions(setup, choice, notes)
    rebuilt = _rebuilt(setup, after, files)
    after = _with_tags(after, rebuilt, taken or {})
    fits, sentence = base_fit(after.code_server.version, after.images.notebook.base, after.code_server.method)
    if not fits:
        notes.append(sentence)
    advice: list[Advice] = []
    databases: list[str] = []

    def migrate(own: dict[str, Any]) -> bool:
        databases.append(str(at(own, "hub.db.type", _SQLITE)))
        if setup.target.kind != "kubernetes":
            return False
        case = Case(own, values(setup), setup.target.chart.version, after.target.chart.version, kubernetes)
        advice.extend(advice_for(case, own))
        return any(one.migrated for one in advice)

    changed = edited(extra, migrate)
    return Proposal(
        before=setup,
        after=after,
        advice=tuple(advice),
        effects=tuple(effects(setup, after, rebuilt)),
        notes=tuple(notes),
        rebuilt=rebuilt,
        extra_before=extra,
        extra_after=changed,
        backup=backup(setup) if new_hub(setup, after) and databases == [_SQLITE] else None,
    )


def _with_versions(setup: Setup, choice: Choice, notes: list[str]) -> Setup:
    answers = store.plain(setup)
    code_server, images, target = answers["code_server"], answers["images"], answers["target"]
    if parse_version(choice.code_server) != parse_version(setup.code_server.version):
        code_server["version"] = choice.code_server
        if setup.code_server.checksum:
            code_server["checksum"] = ""
            answers["build"]["args"].pop(ARM64_CHECKSUM, None)
            notes.append("The old release's checksum is taken out; `codehub pin` sets the new one.")
        if setup.code_server.method == "image" and setup.code_server.image:
            notes.append(f"code_server.image still names {setup.code_server.image}: see that it has the new version.")
    chart = setup.target.chart.version
    if choice.chart != chart:
        target["chart"]["version"] = choice.chart
        if setup.images.hub.base == hub_image(chart):
            images["hub"]["base"] = hub_image(choice.chart)
        elif setup.images.hub.base and setup.builds_hub:
            notes.append(f"images.hub.base stays {setup.images.hub.base}: see that it goes with chart {choice.chart}.")
    return store.validate(answers, "the upgraded answers")


def _rebuilt(before: Setup, after: Setup, files: Mapping[str, bytes]) -> frozenset[str]:
    """The images that are made from something else than before."""
    old, new = image_builds(before, files), image_builds(after, files)
    return frozenset(name for name, build in new.items() if build != old.get(name))


def _with_tags(setup: Setup, rebuilt: frozenset[str], taken: Mapping[str, Collection[str]]) -> Setup:
    answers = store.plain(setup)
    for name in rebuilt:
        image = answers["images"][name]
        image["tag"] = next_tag(image["tag"], taken.get(name, ()))
    return store.validate(answers, "the upgraded answers")
