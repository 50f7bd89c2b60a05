"""The run screen: following, searching, copying and opening a log, and keys while one floods."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path

from textual.widget import Widget

from tests.support.runs import shell
from tests.tui.conftest import shown, type_text, until
from tests.tui.run_screen import WELL, WIDE, pane_log, running

LINES = 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo "line $i of it"; done; echo "the Needle is here"; echo end; '


async def test_reading_back_pauses_and_f_follows_again(folder: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    script = f"{LINES} while [ ! -e {gate} ]; do sleep 0.05; done; echo after; sleep 300"
    async with running(folder, {**WELL, "build-notebook": shell(script)}) as (app, screen, pilot):
        await until(pilot, lambda: "end" in pane_log(screen, "notebook") and "the Needle" in shown(app))
        await pilot.press("1", "home")
        await until(pilot, lambda: "line 1 of it" in shown(app))
        await until(pilot, lambda: "paused: F follows the end again" in shown(app))
        gate.touch()
        await until(pilot, lambda: "after" in pane_log(screen, "notebook"))
        await pilot.pause(0.2)
        await until(pilot, lambda: "line 1 of it" in shown(app))
        await pilot.press("f")
        await until(pilot, lambda: "after" in shown(app))
        assert "paused" not in shown(app)


async def test_search_finds_marks_and_goes_round(folder: Path) -> None:
    async with running(folder, {**WELL, "build-notebook": shell(f"{LINES} sleep 300")}) as (
        app,
        screen,
        pilot,
    ):
        await until(pilot, lambda: "end" in pane_log(screen, "notebook") and "the Needle" in shown(app))
        await pilot.press("1", "slash")
        await type_text(pilot, "line 17")
        await until(pilot, lambda: "11 of 11 lines found" in shown(app))
        await until(pilot, lambda: "line 179 of it" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "1 of 11 lines found" in shown(app))
        await until(pilot, lambda: "line 17 of it" in shown(app))
        await pilot.press("up")
        await until(pilot, lambda: "11 of 11" in shown(app))
        for _ in range(7):
            await pilot.press("backspace")
        await type_text(pilot, "needle")
        await until(pilot, lambda: "1 of 1 lines found" in shown(app))
        await pilot.press("x")
        await until(pilot, lambda: "not found" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "not found" not in shown(app))
        assert app.screen is screen


async def test_copy_takes_the_log_or_its_end(folder: Path) -> None:
    async with running(folder, {**WELL, "build-notebook": shell(f"{LINES} sleep 300")}) as (
        app,
        screen,
        pilot,
    ):
        await until(pilot, lambda: "end" in pane_log(screen, "notebook"))
        await pilot.press("1", "y")
        await until(pilot, lambda: "303 lines of “Notebook image”" in shown(app))
        assert app.clipboard.splitlines()[1] == "line 1 of it"
        assert app.clipboard.endswith("\nend")


async def test_a_copy_is_never_longer_than_terminals_take(folder: Path) -> None:
    script = "yes $(printf 'x%.0s' $(seq 500)) | head -300; echo end; sleep 300"
    async with running(folder, {**WELL, "build-notebook": shell(script)}) as (app, screen, pilot):
        await until(pilot, lambda: "end" in pane_log(screen, "notebook"))
        await pilot.press("1", "y")
        await until(pilot, lambda: "The last" in shown(app))
        assert app.clipboard.endswith("\nend")
        assert len(base64.b64encode(app.clipboard.encode())) < 74_994  # xterm's limit for OSC 52


async def test_without_a_free_terminal_the_log_s_path_is_copied(folder: Path) -> None:
    async with running(folder, {**WELL, "build-notebook": shell("echo hello; sleep 300")}) as (app, screen, pilot):
        await until(pilot, lambda: "hello" in pane_log(screen, "notebook"))
        await pilot.press("1", "l")
        await until(pilot, lambda: app.clipboard.endswith("/build-notebook.log"))
        assert "hello" in Path(app.clipboard).read_text()


async def test_every_piece_of_work_is_listed_on_request(folder: Path) -> None:
    names = [f"[{n}/30] RUN number {n}" for n in range(1, 31)]
    actions = {**WELL, "build-notebook": shell("echo hello; sleep 300", tasks=names)}
    async with running(folder, actions) as (app, _screen, pilot):
        await until(pilot, lambda: "26 more at work" in shown(app))
        assert "[1/30] RUN number 1 " not in shown(app)
        await pilot.press("1", "t")
        await until(pilot, lambda: "[30/30] RUN number 30" in shown(app))
        await pilot.press("home")
        await until(pilot, lambda: "[1/30] RUN number 1 " in shown(app))
        await pilot.press("t")
        await until(pilot, lambda: "hello" in shown(app))


async def test_keys_are_answered_while_a_log_floods(folder: Path) -> None:
    flood = shell("while :; do seq 1 5000; sleep 0.02; done")
    async with running(folder, {**WELL, "build-notebook": flood, "build-hub": flood}, size=WIDE) as (
        app,
        screen,
        pilot,
    ):
        await until(pilot, lambda: len(pane_log(screen, "notebook")) == len(pane_log(screen, "hub")) == 10_000)

        def moved_from(widget: Widget | None) -> bool:
            return app.focused is not widget

        # How long a key waits is measured by the benchmark; here the flood does not end before the keys are answered.
        for _ in range(4):
            before = app.focused
            await pilot.press("tab")
            await until(pilot, partial(moved_from, before))
        assert len(pane_log(screen, "hub")) == 10_000
