"""The run screen: how a run succeeds, fails, is retried, stopped and left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from textual.widgets import Button

from tests.support.processes import is_running
from tests.support.runs import Replay, preparation, recorded, shell, step
from tests.tui.conftest import on_screen, shown, until
from tests.tui.run_screen import STEPS, WELL, WIDE, ended, open_panes, pane_log, running
from wizard.app import CodehubApp
from wizard.errors import MissingError
from wizard.run.events import Event, LogLines, Outcome, StepFinished, Task
from wizard.run.lock import folder_lock
from wizard.screens.dialogs import Question
from wizard.screens.run import RunScreen
from wizard.targets.session import Preparation
from wizard.widgets.outcome_panel import OutcomePanel
from wizard.widgets.run_board import RunBoard


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
        assert time.monotonic() - began < 30
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


def test_events_of_every_kind_are_in_the_recording() -> None:
    kinds = {type(event) for event in recorded()}
    assert {Task, LogLines, StepFinished} <= kinds
    assert os.environ["HOME"] not in str(recorded())
