"""Pictures of versions, the review of an upgrade, and the history, in two sizes and three ways of colour.

`pytest tests/tui/test_upgrade_snapshots.py --snapshot-update` accepts new ones.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, OptionList

from tests.tui.conftest import on_screen, shown, until
from tests.tui.pictures import LOOKS, Take, in_every_size, named
from wizard.run.folder import SetupFolder
from wizard.screens.history import HistoryScreen
from wizard.screens.upgrade import UpgradeScreen
from wizard.screens.versions import VersionsScreen
from wizard.setup.model import Setup
from wizard.setup.store import save, with_settings
from wizard.targets import comparing, rollback, upgrading
from wizard.targets.comparing import Comparison
from wizard.targets.rollback import Past
from wizard.targets.upgrading import Look
from wizard.tools.helm_release import Revision
from wizard.upgrade.choose import Choice, Known, Wanted
from wizard.upgrade.columns import Deployed, columns
from wizard.upgrade.proposal import propose

ANSWERS = (
    "code_server.version=v4.9.1",
    "target.chart.version=3.3.8",
    "target.context=minikube",
    "images.registry=ghcr.io/acme",
    "images.hub.base=quay.io/jupyterhub/k8s-hub:3.3.8",
    "hub.auth.users=alice, bob",
)
EXTRA = "# by the lecturers\nhub:\n  config:\n    jupyterHub: {admin_access: false}\n"
DRIFT = (
    "Somebody changed the release: it is at revision 5, codehub left it at 4.",
    "Dockerfile.notebook was changed by hand.",
)
BASES = {"notebook": ("sha256:0123456789ab", "sha256:ba9876543210")}


def answers() -> Setup:
    return with_settings(Setup(), ANSWERS)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found out is the same each time; how it is shown is the screens' own."""
    setup = answers()
    proposal = propose(setup, Choice("v4.100.3", "4.4.0"), extra=EXTRA)
    before = with_settings(setup, ["code_server.version=v4.8.3", "images.notebook.tag=0.9.0"])
    deployed = Deployed(before, "3.3.7", "4.1.5", "quay.io/jupyterhub/k8s-hub:3.3.7", BASES)
    compared = Comparison(columns(setup, proposal.after, deployed), DRIFT)

    async def look(_folder: SetupFolder, _wanted: Wanted) -> Look:
        return Look(proposal, Known(), ("code-server: bundled, 3 days old", "chart: live"))

    async def compare(*_: object) -> Comparison:
        return compared

    async def history(_folder: SetupFolder) -> tuple[Past, ...]:
        return pasts(setup)

    monkeypatch.setattr(upgrading, "look", look)
    monkeypatch.setattr(comparing, "compare", compare)
    monkeypatch.setattr(rollback, "history", history)


def pasts(setup: Setup) -> tuple[Past, ...]:
    changes = (
        "code_server.version: v4.8.3 -> v4.9.1",
        "images.notebook.tag: 0.9.0 -> 1.0.0",
        "values.extra.yaml: -  db: {type: postgres}",
        "values.extra.yaml: +  db: {type: sqlite-pvc}",
    )
    rows = (
        (1, "superseded", "jupyterhub-3.3.7", "Install complete", None, ()),
        (2, "superseded", "jupyterhub-3.3.8", "Upgrade complete", setup, ("chart 3.3.7 -> 3.3.8",)),
        (3, "failed", "jupyterhub-3.3.8", 'Upgrade "jhub" failed: context deadline exceeded', None, ()),
        (4, "deployed", "jupyterhub-3.3.8", "Upgrade complete", setup, changes),
    )
    return tuple(
        Past(
            Revision(
                number=number,
                status=status,
                chart=chart,
                app_version="4.1.6",
                updated=f"2026-06-{number:02d}T09:30:00Z",
                description=description,
            ),
            None,
            known_as,
            lines,
            number == len(rows),
        )
        for number, status, chart, description, known_as, lines in rows
    )


async def versions(pilot: Pilot[int], place: SetupFolder) -> None:
    app = pilot.app
    await app.push_screen(VersionsScreen(place))
    await until(pilot, lambda: app.screen.query_one(DataTable).row_count)
    await pilot.press("down", "down")
    await until(pilot, lambda: "chart: deployed 3.3.7" in shown(app))  # type: ignore[arg-type]


async def review(pilot: Pilot[int], place: SetupFolder) -> None:
    app = pilot.app
    await app.push_screen(UpgradeScreen(place, Wanted()))
    await until(pilot, lambda: "What happens to users" in shown(app))  # type: ignore[arg-type]


async def review_of_values(pilot: Pilot[int], place: SetupFolder) -> None:
    await review(pilot, place)
    await pilot.press("end")
    await until(pilot, lambda: "3 days old" in shown(pilot.app))  # type: ignore[arg-type]


async def history(pilot: Pilot[int], place: SetupFolder) -> None:
    app = pilot.app
    await app.push_screen(HistoryScreen(place))
    await until(pilot, lambda: app.screen.query_one(OptionList).option_count)
    await until(pilot, lambda: "values.extra.yaml: +" in shown(app))  # type: ignore[arg-type]


async def history_refused(pilot: Pilot[int], place: SetupFolder) -> None:
    await history(pilot, place)
    await pilot.press("down", "r")
    await on_screen(pilot, "HelpDialog")


WALKS = (versions, review, review_of_values, history, history_refused)


@in_every_size
@pytest.mark.parametrize("walk", WALKS, ids=named)
async def test_screen(
    walk: Callable[[Pilot[int], SetupFolder], Awaitable[None]],
    size: str,
    folder: Path,
    picture: Take,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The folder of a test has another name each time; a person in it sees "." or ~.
    monkeypatch.chdir(folder)
    save(folder / "codehub.yaml", answers())
    await picture(lambda pilot: walk(pilot, SetupFolder(Path())), size=size, looks=LOOKS)
