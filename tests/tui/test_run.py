"""The run screen: real plans of small processes, walked by keys."""

from __future__ import annotations

import asyncio
import base64
import os
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Button

from tests.support.processes import is_running
from tests.support.runs import Replay, preparation, recorded, shell, step
from tests.tui.conftest import on_screen, shown, type_text, until
from wizard.app import CodehubApp
from wizard.errors import MissingError
from wizard.plan.model import Step
from wizard.run.context import Action
from wizard.run.events import Event, LogLines, Outcome, StepFinished, Task
from wizard.run.lock import folder_lock
from wizard.screens.dialogs import Question
from wizard.screens.run import RunScreen
from wizard.targets.session import Preparation
from wizard.widgets.outcome_panel import OutcomePanel
from wizard.widgets.run_board import RunBoard

STEPS = (
    step("build-notebook", branch="notebook"),
    step("build-hub", branch="hub"),
    step("deliver-notebook", "build-notebook", branch="delivery"),
    step("deliver-hub", "build-hub", branch="delivery"),
    step("deploy", "deliver-notebook", "deliver-hub", branch="helm"),
)
WELL = {one.id: shell(f"echo {one.id} is at work") for one in STEPS}
WIDE = (120, 40)


@asynccontextmanager
async def running(
    folder: Path,
    actions: Mapping[str, Action],
    *,
    steps: Iterable[Step] = STEPS,
    size: tuple[int, int] = (80, 24),
    **more: object,
) -> AsyncIterator[tuple[CodehubApp, RunScreen, Pilot[int]]]:
    """A run screen over the start screen, its run begun."""
    app = CodehubApp(folder)
    app.animation_level = "none"
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = RunScreen(preparation(folder, steps, actions), **more)  # type: ignore[arg-type]
        app.push_screen(screen)
        await until(pilot, lambda: screen.progress.branches and screen.query_one(RunBoard).panes)
        yield app, screen, pilot


def ended(screen: RunScreen) -> bool:
    return screen.has_class("-ended") and isinstance(screen.focused, Button)


def pane_log(screen: RunScreen, key: str) -> list[str]:
    return list(screen.progress.branches[key].lines)


def open_panes(screen: RunScreen) -> list[str]:
    return [pane.branch.key for pane in screen.query_one(RunBoard).panes if pane.has_class("-open")]


async def test_a_run_that_succeeds_goes_on_to_done_and_folds_its_panes(folder: Path) -> None:
    async with running(folder, WELL, size=WIDE) as (app, screen, pilot):
        await on_screen(pilot, "DoneScreen")
        assert screen.progress.finished is not None
        assert screen.progress.finished.outcome is Outcome.DONE
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert open_panes(screen) == []
        assert "5 steps" not in shown(app)
        await until(pilot, lambda: "✔ Done" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: open_panes(screen) == ["notebook"])
        await until(pilot, lambda: "build-notebook is at work" in shown(app))


async def test_what_runs_is_open_and_what_waits_says_for_what(folder: Path) -> None:
    actions = {**WELL, "build-notebook": shell("echo hello; sleep 300", tasks=["[1/2] RUN sleep"])}
    async with running(folder, actions, size=WIDE) as (app, screen, pilot):
        await until(pilot, lambda: "hello" in shown(app) and "✔ Hub image" in shown(app))
        await until(pilot, lambda: open_panes(screen) == ["notebook"])
        text = shown(app)
        assert "[1/2] RUN sleep" in text
        assert "waits for “Build notebook”" in text
        assert "2 of 5 steps done" in text


async def test_a_failure_says_cause_lines_log_and_choices(folder: Path) -> None:
    actions = {**WELL, "build-notebook": shell("seq 1 30; echo E: no such package; exit 3")}
    async with running(folder, actions) as (app, screen, pilot):
        await until(pilot, lambda: ended(screen))
        text = shown(app)
        assert "The script did not succeed." in text
        assert "It ended with exit code 3." in text
        assert "Mend it and retry." in text
        assert "build-notebook.log" in text
        assert "E: no such package" in text
        labels = [str(button.label) for button in screen.query(Button)]
        assert labels == ["Retry from “Build notebook”", "Back to the answers", "Quit"]
        assert screen.query(Button).first().has_focus
        assert screen.query_one(RunBoard).current is screen.query_one("#pane-notebook")
        assert "1 ✖ Notebook failed" in text
        await pilot.press("right", "right", "enter")
        await until(pilot, lambda: app.return_value is not None or not app.is_running)
    assert app.return_value == 1


async def test_retry_goes_on_from_the_failed_step(folder: Path, tmp_path: Path) -> None:
    counter = tmp_path / "times"
    actions = {**WELL, "deploy": shell(f"echo x >>{counter}; echo try; test $(wc -l <{counter}) -gt 1")}
    asked: list[str] = []

    async def again(start: str) -> Preparation:
        asked.append(start)
        return preparation(
            folder, [step(one.id, *one.needs, branch=one.branch, skip=one.id != start) for one in STEPS], actions
        )

    async with running(folder, actions, again=again) as (_app, screen, pilot):
        await until(pilot, lambda: ended(screen))
        first = screen.progress
        await pilot.press("enter")
        await on_screen(pilot, "DoneScreen")
        assert asked == ["deploy"]
        assert screen.progress is not first
        assert {key: one.outcome for key, one in screen.progress.branches.items()} == {
            "notebook": Outcome.SKIPPED,
            "hub": Outcome.SKIPPED,
            "delivery": Outcome.SKIPPED,
            "helm": Outcome.DONE,
        }
        assert counter.read_text() == "x\nx\n"


async def test_a_retry_that_cannot_be_prepared_keeps_the_choices(folder: Path) -> None:
    async def again(start: str) -> Preparation:
        raise MissingError("Docker does not answer.", fix="Start it.")

    async with running(folder, {**WELL, "build-hub": shell("exit 1")}, again=again) as (app, screen, pilot):
        await until(pilot, lambda: ended(screen))
        await pilot.press("enter")
        await until(pilot, lambda: "Docker does not answer." in shown(app))
        assert not screen.query_one(OutcomePanel).disabled
        await pilot.press("right", "enter")
        await on_screen(pilot, "StartScreen")
        assert not app.is_screen_installed("run")


async def test_stopping_asks_and_then_ends_every_process(folder: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"echo $$ >>{pids}; sleep 300 & echo $! >>{pids}; wait"
    actions = {**WELL, "build-notebook": shell(script), "build-hub": shell(script)}
    async with running(folder, actions) as (app, screen, pilot):
        await until(pilot, lambda: pids.exists() and len(pids.read_text().split()) == 4)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert app.run_goes_on
        await pilot.press("ctrl+c")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        began = time.monotonic()
        await until(pilot, lambda: ended(screen))
        assert time.monotonic() - began < 10
        assert not any(is_running(int(pid)) for pid in pids.read_text().split())
        await until(pilot, lambda: "Stopped. Run it again to go on" in shown(app))
        assert next(str(button.label) for button in screen.query(Button)) == "Go on with the run"


async def test_quitting_in_a_run_asks_and_stops_it(folder: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    actions = {**WELL, "build-notebook": shell(f"echo $$ >{pid}; exec sleep 300")}
    async with running(folder, actions) as (app, _screen, pilot):
        await until(pilot, lambda: pid.exists() and pid.read_text().strip())
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert not is_running(int(pid.read_text()))
    assert not app.run_goes_on


async def test_a_run_goes_on_while_its_screen_is_left(folder: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    actions = {**WELL, "build-notebook": shell(f"echo early; while [ ! -e {gate} ]; do sleep 0.05; done; echo late")}
    async with running(folder, actions) as (app, screen, pilot):
        await until(pilot, lambda: "early" in pane_log(screen, "notebook"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await on_screen(pilot, "StartScreen")
        assert app.run_goes_on
        app.go_to("run")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await on_screen(pilot, "StartScreen")
        gate.touch()
        await until(pilot, lambda: not app.run_goes_on)
        await until(pilot, lambda: "The run has ended" in shown(app))
        assert "late" in pane_log(screen, "notebook")


async def test_a_folder_where_another_run_is_at_work(folder: Path) -> None:
    made = preparation(folder, STEPS, WELL)
    app = CodehubApp(folder)
    with folder_lock(made.folder.private):
        async with app.run_test() as pilot:
            screen = RunScreen(made)
            app.push_screen(screen)
            await until(pilot, lambda: ended(screen))
            await until(pilot, lambda: "Another codehub is at work" in shown(app))
            assert next(str(button.label) for button in screen.query(Button)) == "Try again"


class TestReading:
    """Following, searching, copying and opening a log."""

    LINES = (
        'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo "line $i of it"; done; echo "the Needle is here"; echo end; '
    )

    async def test_reading_back_pauses_and_f_follows_again(self, folder: Path, tmp_path: Path) -> None:
        gate = tmp_path / "gate"
        script = f"{self.LINES} while [ ! -e {gate} ]; do sleep 0.05; done; echo after; sleep 300"
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

    async def test_search_finds_marks_and_goes_round(self, folder: Path) -> None:
        async with running(folder, {**WELL, "build-notebook": shell(f"{self.LINES} sleep 300")}) as (
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

    async def test_copy_takes_the_log_or_its_end(self, folder: Path) -> None:
        async with running(folder, {**WELL, "build-notebook": shell(f"{self.LINES} sleep 300")}) as (
            app,
            screen,
            pilot,
        ):
            await until(pilot, lambda: "end" in pane_log(screen, "notebook"))
            await pilot.press("1", "y")
            await until(pilot, lambda: "303 lines of “Notebook image”" in shown(app))
            assert app.clipboard.splitlines()[1] == "line 1 of it"
            assert app.clipboard.endswith("\nend")

    async def test_a_copy_is_never_longer_than_terminals_take(self, folder: Path) -> None:
        script = "yes $(printf 'x%.0s' $(seq 500)) | head -300; echo end; sleep 300"
        async with running(folder, {**WELL, "build-notebook": shell(script)}) as (app, screen, pilot):
            await until(pilot, lambda: "end" in pane_log(screen, "notebook"))
            await pilot.press("1", "y")
            await until(pilot, lambda: "The last" in shown(app))
            assert app.clipboard.endswith("\nend")
            assert len(base64.b64encode(app.clipboard.encode())) < 74_994  # xterm's limit for OSC 52

    async def test_without_a_free_terminal_the_log_s_path_is_copied(self, folder: Path) -> None:
        async with running(folder, {**WELL, "build-notebook": shell("echo hello; sleep 300")}) as (app, screen, pilot):
            await until(pilot, lambda: "hello" in pane_log(screen, "notebook"))
            await pilot.press("1", "l")
            await until(pilot, lambda: app.clipboard.endswith("/build-notebook.log"))
            assert "hello" in Path(app.clipboard).read_text()

    async def test_every_piece_of_work_is_listed_on_request(self, folder: Path) -> None:
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


class TestRoom:
    """Panes below each other, tabs, zoom, and terminals that change."""

    async def test_tabs_in_a_small_terminal_and_panes_in_a_large_one(self, folder: Path) -> None:
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

    async def test_tab_goes_from_pane_to_pane(self, folder: Path) -> None:
        actions = {**WELL, "build-notebook": shell("sleep 300"), "build-hub": shell("sleep 300")}
        async with running(folder, actions, size=WIDE) as (_app, screen, pilot):
            board = screen.query_one(RunBoard)
            for key in ("hub", "delivery", "helm", "notebook"):
                await pilot.press("tab")
                await until(pilot, lambda key=key: board.current and board.current.branch.key == key)  # type: ignore[misc]

    async def test_a_failure_comes_into_view_by_itself(self, folder: Path, tmp_path: Path) -> None:
        actions = {**WELL, "build-notebook": shell("sleep 1"), "build-hub": shell("exit 1")}
        async with running(folder, actions) as (_app, screen, pilot):
            await until(pilot, lambda: ended(screen))
            assert screen.query_one(RunBoard).current is screen.query_one("#pane-hub")

    async def test_nothing_is_wider_than_the_screen(self, folder: Path) -> None:
        script = "printf 'x%.0s' $(seq 500); echo; sleep 300"
        async with running(folder, {**WELL, "build-notebook": shell(script, tasks=["y" * 300])}) as (
            app,
            screen,
            pilot,
        ):
            await until(pilot, lambda: "xxxx" in shown(app) and "yyyy" in shown(app))
            for widget in screen.query("*"):
                assert widget.region.right <= 80, widget


def ends(name: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, StepFinished) and event.step == name


async def test_a_recorded_build_of_images_is_shown_and_ends(folder: Path) -> None:
    replay = Replay(recorded(), pause_before=ends("build-notebook"))
    more = {"carry_out": replay, "clock": replay.clock}
    async with running(folder, {}, steps=(), size=WIDE, **more) as (app, screen, pilot):
        await until(pilot, replay.paused.is_set)
        await until(pilot, lambda: "22 of 22" in shown(app))
        await until(pilot, lambda: "[code-server 1/1]" in shown(app))
        replay.go_on.set()
        await on_screen(pilot, "DoneScreen")
        assert {branch.outcome for branch in screen.progress.branches.values()} == {Outcome.DONE}


async def test_keys_are_answered_while_a_log_floods(folder: Path) -> None:
    actions = {
        **WELL,
        "build-notebook": shell("seq 1 200000; sleep 300"),
        "build-hub": shell("seq 1 200000; sleep 300"),
    }
    async with running(folder, actions, size=WIDE) as (_app, screen, pilot):
        waits = []
        while not all("200000" in pane_log(screen, key) for key in ("notebook", "hub")):
            began = time.perf_counter()
            await pilot.press("tab")
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.02)
        # The benchmark measures it in numbers; this is about freezing, on however busy a machine.
        assert statistics.median(waits) < 2
        assert len(pane_log(screen, "hub")) == 10_000


def test_events_of_every_kind_are_in_the_recording() -> None:
    kinds = {type(event) for event in recorded()}
    assert {Task, LogLines, StepFinished} <= kinds
    assert os.environ["HOME"] not in str(recorded())
