"""A release's revisions, and what is the right repair of one that is locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wizard.errors import StepFailed
from wizard.foreign import load_json
from wizard.text import clean


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One revision; `status` as Helm has it: deployed, failed, superseded, pending-upgrade …; chart: `NAME-VERSION`."""

    number: int
    status: str
    chart: str = ""
    app_version: str = ""
    updated: str = ""
    description: str = ""

    @property
    def deployed(self) -> bool:
        """True for the one revision that is live and well."""
        return self.status == "deployed"

    @property
    def locked(self) -> bool:
        """True when Helm takes it as still being worked on, and refuses everything but a repair."""
        return self.status.startswith("pending-")

    @property
    def chart_version(self) -> str:
        """The chart's version: `4.4.0` of `jupyterhub-4.4.0`."""
        rest = self.chart.partition("-")[2]
        while rest and not rest[0].isdigit():
            rest = rest.partition("-")[2]
        return rest

    @property
    def was_good(self) -> bool:
        """True when it is deployed, or was until a later one took its place.

        Helm 4 marks failed revisions superseded too; their description still tells.
        """
        finished = ("complete", "rollback to")
        return self.deployed or (
            self.status == "superseded" and any(word in self.description.lower() for word in finished)
        )


def parse_history(text: str) -> tuple[Revision, ...]:
    """The answer of `helm history -o json`, oldest first; raises StepFailed when it is something else."""
    try:
        rows = load_json(text)
        revisions = [
            Revision(
                number=int(row["revision"]),
                status=clean(str(row["status"])),
                chart=clean(str(row.get("chart", ""))),
                app_version=clean(str(row.get("app_version", ""))),
                updated=clean(str(row.get("updated", ""))),
                description=clean(" ".join(str(row.get("description", "")).split())),
            )
            for row in rows
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StepFailed(
            "Helm's answer could not be read.",
            why=f"`helm history` gave something unexpected: {error!r}",
            fix="Update Helm, and run the same command again.",
        ) from error
    return tuple(sorted(revisions, key=lambda revision: revision.number))


class RepairKind(StrEnum):
    """What frees a locked release."""

    ROLLBACK = "rollback"
    UNINSTALL = "uninstall"


@dataclass(frozen=True)
class Repair:
    """How to free a locked release.

    kind: what to do; revision: what to roll back to; warning: what a person should know before agreeing, empty when
    there is nothing to lose.
    """

    kind: RepairKind
    locked: Revision
    revision: int = 0
    warning: str = ""


def repair_for(history: Sequence[Revision]) -> Repair | None:
    """The repair of a release whose newest revision is locked; None when it is not locked.

    A plain `helm rollback` takes the revision before, which may have failed: the last good one is the right one.
    When there never was a good one, only an uninstall helps.
    """
    if not history or not history[-1].locked:
        return None
    good = [revision for revision in history[:-1] if revision.was_good]
    live = [revision for revision in good if revision.deployed]
    if target := (live or good)[-1:]:
        return Repair(RepairKind.ROLLBACK, history[-1], target[0].number)
    return Repair(
        RepairKind.UNINSTALL,
        history[-1],
        warning="An uninstall removes the volume with the hub's database: who signed up, and the hub's tokens. "
        "The home volumes of users stay.",
    )
