"""Versions, upgrade, history and roll-back on the wizard's screens, by keys, with the real Docker and Helm."""

from __future__ import annotations

import pytest
import yaml
from textual.widgets import DataTable

from tests.integration.cli.deployed import Deployed
from tests.tui.conftest import on_screen, shown, until
from wizard.app import CodehubApp
from wizard.run.folder import SetupFolder
from wizard.screens.done import DoneScreen

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image"), pytest.mark.timeout(400)]
LONG = 60.0


async def test_up_and_back_again(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (deployed.env | {"CODEHUB_OFFLINE": "1"}).items():
        monkeypatch.setenv(name, value)
    before, old_values = deployed.files(), deployed.values()
    app = CodehubApp(deployed.folder)
    app.animation_level = "none"
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(DoneScreen(SetupFolder(deployed.folder)))
        await pilot.press("v")
        await on_screen(pilot, "VersionsScreen")
        await until(pilot, lambda: app.screen.query_one(DataTable).row_count, seconds=LONG)
        table = app.screen.query_one(DataTable)
        assert [str(cell) for cell in table.get_row_at(0)][:3] == ["code-server", "v4.9.1", "v4.9.1"]
        assert "Dockerfile.notebook was changed by hand." in shown(app)
        await pilot.press("enter")
        await on_screen(pilot, "UpgradeScreen")
        await until(pilot, lambda: "code_server.version  v4.9.1" in shown(app), seconds=LONG)
        assert "target.chart.version" not in shown(app)
        await pilot.press("ctrl+r")
        await on_screen(pilot, "RunScreen")
        await until(pilot, lambda: type(app.screen).__name__ == "DoneScreen", seconds=LONG)
        answers = yaml.safe_load((deployed.folder / "codehub.yaml").read_text())
        assert answers["code_server"]["version"] != "v4.9.1"
        assert answers["target"]["chart"]["version"] == "3.3.8"

        await pilot.press("h")
        await on_screen(pilot, "HistoryScreen")
        await until(pilot, lambda: "code_server.version: v4.9.1 -> " in shown(app), seconds=LONG)
        assert not app.screen.check_action("back_to", ())
        await pilot.press("down", "r")
        await on_screen(pilot, "Question")
        assert "secrets.yaml stays as it is" in shown(app)
        await pilot.press("enter")
        await on_screen(pilot, "RunScreen")
        await until(pilot, lambda: type(app.screen).__name__ == "DoneScreen", seconds=LONG)
    assert deployed.files() == before
    assert deployed.values() == old_values
    assert deployed.history()[-1]["description"].lower() == "rollback to 1"
