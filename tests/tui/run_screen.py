"""The run screen with a real plan of small processes, for the tests that walk it by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Button

from tests.support.runs import preparation, shell, step
from tests.tui.conftest import until
from wizard.app import CodehubApp
from wizard.plan.model import Step
from wizard.run.context import Action
from wizard.screens.run import RunScreen
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
