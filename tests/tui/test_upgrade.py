"""The upgrade screen: what is proposed, that nothing is written before it is agreed to, and its way back."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, OptionList

from tests.tui.conftest import on_screen, shown, until
from wizard.app import CodehubApp
from wizard.screens.versions import shortened
from wizard.setup.model import Setup
from wizard.setup.store import save, with_settings


async def versions(pilot: Pilot[int], app: CodehubApp) -> None:
    """Open the versions from the start screen, and wait for them."""
    await until(pilot, lambda: app.screen.query(OptionList) and "Versions and upgrade" in shown(app))
    await pilot.press("down", "enter")
    await on_screen(pilot, "VersionsScreen")
    await until(pilot, lambda: app.screen.query_one(DataTable).row_count)


async def test_newer_versions_are_proposed_and_nothing_is_written(folder: Path) -> None:
    old = ["code_server.version=v4.112.0", "target.chart.version=4.2.0", "hub.auth.users=alice"]
    save(folder / "codehub.yaml", with_settings(Setup(), old))
    before = (folder / "codehub.yaml").read_text()
    app = CodehubApp(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        await versions(pilot, app)
        assert "There is something newer" in shown(app)
        await pilot.press("a")
        await on_screen(pilot, "UpgradeScreen")
        await until(pilot, lambda: f"v4.112.0 → {Setup().code_server.version}" in shown(app))
        text = shown(app)
        assert "target.chart.version" in text
        assert "images.notebook.tag" in text
        assert "What happens to users" in text
        # Without a cluster there is no plan; it is said, and nothing has happened.
        await pilot.press("ctrl+r")
        await until(pilot, lambda: any(one.title == "It cannot be upgraded now" for one in app._notifications))
        assert (folder / "codehub.yaml").read_text() == before
        await pilot.press("escape")
        await on_screen(pilot, "VersionsScreen")
        await pilot.press("escape")
        await on_screen(pilot, "StartScreen")


async def test_one_thing_alone(folder: Path) -> None:
    old = ["code_server.version=v4.112.0", "target.chart.version=4.2.0", "hub.auth.users=alice"]
    save(folder / "codehub.yaml", with_settings(Setup(), old))
    app = CodehubApp(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await versions(pilot, app)
        table = app.screen.query_one(DataTable)
        names = [str(table.get_row_at(row)[0]) for row in range(table.row_count)]
        assert names == ["code-server", "VS Code", "chart", "JupyterHub", "hub image"]
        await pilot.press("down", "down", "enter")
        await on_screen(pilot, "UpgradeScreen")
        await until(pilot, lambda: "target.chart.version" in shown(app))
        assert "code_server.version" not in shown(app)


async def test_nothing_newer_is_said(folder: Path) -> None:
    save(folder / "codehub.yaml", with_settings(Setup(), ["hub.auth.users=alice"]))
    app = CodehubApp(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        await versions(pilot, app)
        await until(pilot, lambda: "Everything is as new as it can be here." in shown(app))
        assert not app.screen.check_action("all", ())
        await pilot.press("enter")
        await until(pilot, lambda: any("nothing newer" in one.message for one in app._notifications))
        await pilot.press("h")
        await on_screen(pilot, "HistoryScreen")
        await until(pilot, lambda: "Asking Helm" not in shown(app))
        assert not app.screen.check_action("back_to", ())


@pytest.mark.parametrize("width", [1, 2, 10, 20, 80])
@pytest.mark.parametrize("text", ["", "v4.1.0", "ghcr.io/acme/code-server-hub:1.0.0"])
def test_what_is_too_long_keeps_its_tag(text: str, width: int) -> None:
    short = shortened(text, width)
    assert len(short) <= max(width, 1)
    assert short == text or "…" in short
    if width == 20 and len(text) > width:
        assert short.endswith(":1.0.0")
