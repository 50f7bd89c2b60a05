"""The run screen: panes below each other, tabs, zoom, and terminals that change."""

from __future__ import annotations

from pathlib import Path

from tests.support.runs import shell
from tests.tui.conftest import shown, until
from tests.tui.run_screen import WELL, WIDE, ended, running
from wizard.widgets.run_board import RunBoard


async def test_tabs_in_a_small_terminal_and_panes_in_a_large_one(folder: Path) -> None:
    actions = {**WELL, "build-notebook": shell("echo one; sleep 300"), "build-hub": shell("echo two; sleep 300")}
    async with running(folder, actions) as (app, screen, pilot):
        board = screen.query_one(RunBoard)
        await until(pilot, lambda: "one" in shown(app))
        assert board.single
        await until(pilot, lambda: "1 ▶ Notebook" in shown(app))
        await pilot.press("2")
        await until(pilot, lambda: "two" in shown(app))
        assert [pane.branch.key for pane in board.panes if pane.display] == ["hub"]
        await pilot.resize_terminal(*WIDE)
        await until(pilot, lambda: not board.single)
        await until(pilot, lambda: "one" in shown(app) and "two" in shown(app))
        await pilot.press("z")
        await until(pilot, lambda: [pane.branch.key for pane in board.panes if pane.display] == ["hub"])
        await pilot.press("z")
        await until(pilot, lambda: len([pane for pane in board.panes if pane.display]) == 4)
        await pilot.resize_terminal(60, 18)
        await until(pilot, lambda: board.single and "two" in shown(app))
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: "codehub needs a terminal" in shown(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "2 ▶ Hub" in shown(app))


async def test_tab_goes_from_pane_to_pane(folder: Path) -> None:
    actions = {**WELL, "build-notebook": shell("sleep 300"), "build-hub": shell("sleep 300")}
    async with running(folder, actions, size=WIDE) as (_app, screen, pilot):
        board = screen.query_one(RunBoard)
        for key in ("hub", "delivery", "helm", "notebook"):
            await pilot.press("tab")
            await until(pilot, lambda key=key: board.current and board.current.branch.key == key)  # type: ignore[misc]


async def test_a_failure_comes_into_view_by_itself(folder: Path, tmp_path: Path) -> None:
    actions = {**WELL, "build-notebook": shell("sleep 1"), "build-hub": shell("exit 1")}
    async with running(folder, actions) as (_app, screen, pilot):
        await until(pilot, lambda: ended(screen))
        assert screen.query_one(RunBoard).current is screen.query_one("#pane-hub")


async def test_nothing_is_wider_than_the_screen(folder: Path) -> None:
    script = "printf 'x%.0s' $(seq 500); echo; sleep 300"
    async with running(folder, {**WELL, "build-notebook": shell(script, tasks=["y" * 300])}) as (
        app,
        screen,
        pilot,
    ):
        await until(pilot, lambda: "xxxx" in shown(app) and "yyyy" in shown(app))
        for widget in screen.query("*"):
            assert widget.region.right <= 80, widget
