"""The upgrade screen: what is proposed, that nothing is written before it is agreed to, and its way back."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import OptionList

from tests.tui.conftest import on_screen, shown, until
from wizard.app import CodehubApp
from wizard.setup.model import Setup
from wizard.setup.store import save, with_settings


async def test_newer_versions_are_proposed_and_nothing_is_written(folder: Path) -> None:
    old = ["code_server.version=v4.112.0", "target.chart.version=4.2.0", "hub.auth.users=alice"]
    save(folder / "codehub.yaml", with_settings(Setup(), old))
    before = (folder / "codehub.yaml").read_text()
    app = CodehubApp(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: app.screen.query(OptionList) and "Upgrade it" in shown(app))
        await pilot.press("down", "enter")
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
        await on_screen(pilot, "StartScreen")


async def test_nothing_newer_is_said(folder: Path) -> None:
    save(folder / "codehub.yaml", with_settings(Setup(), ["hub.auth.users=alice"]))
    app = CodehubApp(folder)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: app.screen.query(OptionList) and "Upgrade it" in shown(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "Everything is as new as it can be here." in shown(app))
        assert not app.screen.check_action("run", ())
