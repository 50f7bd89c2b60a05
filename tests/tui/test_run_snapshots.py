"""Pictures of the run and Done screens, in two sizes and three ways of colour: look at them when they change.

`pytest tests/tui/test_run_snapshots.py --snapshot-update` accepts new ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from tests.support.runs import Replay, preparation, recorded
from tests.tui.conftest import shown, until
from tests.tui.pictures import LOOKS, Take, in_every_size, named
from tests.tui.test_done import DONE, saved
from wizard.app import CodehubApp
from wizard.reporting import TaskState
from wizard.run.events import Event, Notice, Outcome, RunFinished, StepFinished, StepStarted, Task
from wizard.run.folder import SetupFolder
from wizard.screens.done import DoneScreen
from wizard.screens.run import RunScreen
from wizard.targets import standing

FAILS_AT = "code-server-npm 1/1"


def in_the_middle(event: Event) -> bool:
    """code-server is being installed: the hub image is done, its push has begun."""
    return isinstance(event, Task) and event.task == "code-server 1/1"


def failing() -> list[Event]:
    """The recorded run, but code-server cannot be installed."""
    events = recorded()
    place = next(
        number
        for number, event in enumerate(events)
        if isinstance(event, Task) and event.task == FAILS_AT and event.state is not TaskState.RUNNING
    )
    task, before = events[place], events[:place]
    assert isinstance(task, Task)
    begun = next(one for one in before if isinstance(one, StepStarted) and one.step == task.step)
    end = StepFinished(
        at=task.at,
        step=task.step,
        outcome=Outcome.FAILED,
        seconds=round(task.at - begun.at, 1),
        what="The notebook image could not be built: npm could not fetch a package.",
        why="npm error code SELF_SIGNED_CERT_IN_CHAIN: a proxy on the way puts its own certificate in between.",
        fix="Set build.ca_bundle to the file with your company's CA, and retry.",
        log=begun.log,
        tail=tuple(f"npm error line {number}" for number in range(1, 8)),
    )
    warned = Notice(at=task.at, step=task.step, level="warning", text="The proxy was slow.")
    failed = dataclasses.replace(task, state=TaskState.FAILED, detail="exit code: 1")
    rest = [
        StepFinished(at=task.at, step=name, outcome=Outcome.CANCELLED, reason=f"not started: {needed} did not succeed")
        for name, needed in (("deliver-notebook", "build-notebook"), ("deploy", "deliver-notebook"))
    ]
    over = RunFinished(at=task.at, run="r", outcome=Outcome.FAILED, seconds=end.seconds, exit_code=1, summary=end.what)
    return [*before, warned, failed, end, *rest, over]


async def play(pilot: Pilot[int], folder: Path, events: Sequence[Event], pause: Callable[[Event], bool]) -> RunScreen:
    """Show a recording up to a place, or to its end."""
    app = pilot.app
    assert isinstance(app, CodehubApp)
    replay = Replay(events, pause_before=pause)
    replay.taken = lambda: app.engine is not None and not app.engine.behind
    screen = RunScreen(preparation(folder, (), {}), carry_out=replay, clock=replay.clock)
    app.push_screen(screen)
    await until(pilot, lambda: replay.paused.is_set() or isinstance(screen.focused, Button))
    await pilot.pause(0.5)  # steps and bars are drawn five times a second
    return screen


async def running(pilot: Pilot[int], folder: Path) -> None:
    await play(pilot, folder, recorded(), in_the_middle)


async def tasks(pilot: Pilot[int], folder: Path) -> None:
    await play(pilot, folder, recorded(), in_the_middle)
    await pilot.press("1", "t")


async def searching(pilot: Pilot[int], folder: Path) -> None:
    await play(pilot, folder, recorded(), in_the_middle)
    await pilot.press("1", "slash", "n", "p", "m")
    await until(pilot, lambda: "lines found" in shown(pilot.app))  # type: ignore[arg-type]


async def failed(pilot: Pilot[int], folder: Path) -> None:
    await play(pilot, folder, failing(), lambda _event: False)


async def stop_question(pilot: Pilot[int], folder: Path) -> None:
    await play(pilot, folder, recorded(), in_the_middle)
    await pilot.press("x")
    await until(pilot, lambda: type(pilot.app.screen).__name__ == "Question")


async def done(pilot: Pilot[int], folder: Path) -> None:
    await pilot.app.push_screen(DoneScreen(SetupFolder(folder)))
    await until(pilot, lambda: pilot.app.screen.query("#live .fact"))


WALKS = (running, tasks, searching, failed, stop_question, done)


@in_every_size
@pytest.mark.parametrize("walk", WALKS, ids=named)
async def test_screen(
    walk: Callable[[Pilot[int], Path], Awaitable[None]],
    size: str,
    folder: Path,
    picture: Take,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The folder of a test has another name each time; a person in it sees "." or ~.
    monkeypatch.chdir(folder)
    saved(folder, DONE, expose={"kind": "ingress", "host": "hub.example.org", "tls": "secret", "tls_secret": "tls"})
    assert standing.standing(SetupFolder(folder)).deployed
    await picture(lambda pilot: walk(pilot, Path() if walk is done else folder), size=size, looks=LOOKS)
