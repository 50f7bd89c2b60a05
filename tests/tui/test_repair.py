"""A locked release on the run screen: what frees it is said and asked, and the run goes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.helm_lock import lock_release
from tests.support.runs import preparation, shell, step
from tests.tui.conftest import on_screen, shown, until
from tests.tui.run_screen import ended
from wizard.app import CodehubApp
from wizard.plan.model import Plan
from wizard.run.folder import SetupFolder
from wizard.screens.run import RunScreen
from wizard.setup import store
from wizard.targets.session import Preparation, rendering
from wizard.tools.doctor_model import Finding, State
from wizard.tools.preflight import RELEASE

pytestmark = pytest.mark.tier("helm4")

LOCKED = Finding(
    name=RELEASE,
    title="Release",
    state=State.MISSING,
    why="Revision 1 is pending-install.",
    fix="Free it.",
    required=True,
)


@pytest.fixture
def helm4() -> Path:
    found = parts.program("helm4")
    assert found is not None
    return found


@pytest.fixture
def cluster(tmp_path: Path, helm4: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    with FakeCluster(tmp_path / "cluster") as running:
        for name, value in running.env().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("CODEHUB_HELM", str(helm4))
        yield running


async def test_it_is_asked_about_freed_and_run(folder: Path, cluster: FakeCluster, helm4: Path) -> None:
    place = SetupFolder(folder)
    clear = preparation(folder, [step("deploy", branch="helm")], {"deploy": shell("echo deployed at last")})
    where = (f"target.context={cluster.context}", "target.namespace=codehub")
    setup = store.with_settings(clear.rendering.setup, where)
    clear = dataclasses.replace(clear, rendering=rendering(place, setup=setup))
    locked = dataclasses.replace(clear, plan=Plan(clear.plan.steps, (LOCKED,)))
    lock_release(helm4, cluster, "codehub")

    async def again(_step: str) -> Preparation:
        return clear

    app = CodehubApp(folder)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        screen = RunScreen(locked, again=again)
        app.push_screen(screen)
        await until(pilot, lambda: ended(screen))
        await until(pilot, lambda: "Free the release and run" in shown(app))
        await pilot.press("enter")
        await on_screen(pilot, "Question")
        await until(pilot, lambda: "Uninstall jhub, which was never deployed to its end?" in shown(app))
        warning = "removes the volume with the hub's database"
        await until(pilot, lambda: warning in " ".join(shown(app).replace("│", " ").split()))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen and ended(screen))
        assert any(name.startswith("sh.helm") for name in cluster.names("secrets", "codehub"))
        await pilot.press("enter")
        await on_screen(pilot, "Question")
        await until(pilot, lambda: "Do it" in shown(app))
        await pilot.press("enter")
        await on_screen(pilot, "DoneScreen")
    assert not any(name.startswith("sh.helm") for name in cluster.names("secrets", "codehub"))
