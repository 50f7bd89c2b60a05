"""The live console: what stays on the terminal, what is redrawn, and how often."""

import asyncio
import io
import re
import time

import pytest

from wizard.console import Writer
from wizard.console_live import REDRAW, LiveConsole
from wizard.reporting import TaskState
from wizard.run.events import (
    Notice,
    Outcome,
    Progress,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    StepSummary,
    Task,
)

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
STARTED = RunStarted(
    run="r1",
    steps=tuple(
        StepSummary(id=name, title=f"Build the {name} image", branch=name, decision="run", why="new")
        for name in ("notebook", "hub")
    ),
    log_folder="/logs/r1",
)


class Terminal(io.StringIO):
    """A terminal in memory that counts how often it is written to."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.flushes = 0

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        self.flushes += 1

    @property
    def text(self) -> str:
        return _ESCAPE.sub("", self.getvalue())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    return Terminal()


def lost(error: OSError) -> None:
    raise AssertionError(f"the stream was lost: {error}")


async def drawn(terminal: Terminal, pattern: str) -> None:
    """Wait until something was drawn; fails when it is not."""
    async with asyncio.timeout(60):
        while not re.search(pattern, terminal.text):
            await asyncio.sleep(REDRAW / 2)


def cursor_is_shown(terminal: Terminal) -> bool:
    """Whether the last word about the cursor was to show it."""
    return terminal.getvalue().rfind("\x1b[?25h") > terminal.getvalue().rfind("\x1b[?25l")


def started(name: str) -> StepStarted:
    return StepStarted(step=name, title=f"Build the {name} image", branch=name, log=f"/logs/r1/{name}.log")


def running(step: str, number: int) -> Task:
    return Task(step=step, task=f"v{number}", name=f"[{number}/9] RUN step {number}", state=TaskState.RUNNING)


async def test_a_flood_of_events_is_drawn_at_most_ten_times_a_second(terminal: Terminal) -> None:
    console = LiveConsole(Writer(terminal, on_lost=lost))
    began = time.monotonic()
    with console:
        console.emit(STARTED)
        console.emit(started("notebook"))
        for number in range(4000):
            console.emit(running("notebook", number % 9))
            console.emit(Notice(step="notebook", level="info", text=f"notice {number}"))
            if number % 100 == 0:
                await asyncio.sleep(0.02)
    seconds = time.monotonic() - began
    assert console.redraws <= seconds / REDRAW + 3
    assert all(f"notice {number}" in terminal.text for number in (0, 1999, 3999))


async def test_both_running_steps_are_shown_with_their_work_and_counts(terminal: Terminal) -> None:
    console = LiveConsole(Writer(terminal, on_lost=lost))
    with console:
        console.emit(STARTED)
        console.emit(started("notebook"))
        console.emit(started("hub"))
        for number in range(1, 8):
            console.emit(running("notebook", number))
        console.emit(
            Task(
                step="hub",
                task="l",
                name="layer 1a",
                state=TaskState.RUNNING,
                current=12_000_000,
                total=30_000_000,
                unit="bytes",
            )
        )
        console.emit(Progress(step="hub", current=2, total=5))
        await drawn(terminal, r"2 of 5\)[^⋯]*layer 1a")
        text = terminal.text
    assert re.search(r"⋯ Build the notebook image \(\d+\.\d s\)", text)
    assert re.search(r"⋯ Build the hub image \(\d+\.\d s, 2 of 5\)", text)
    assert "layer 1a (12.0 MB of 30.0 MB)" in text
    assert "[7/9] RUN step 7" in text
    assert "and 3 more" in text


async def test_timers_move_though_nothing_happens(terminal: Terminal) -> None:
    console = LiveConsole(Writer(terminal, on_lost=lost))
    with console:
        console.emit(started("notebook"))
        before = console.redraws
        await drawn(terminal, r"\([1-9]\d*\.\d s\)")
        assert console.redraws > before


async def test_what_stays_is_the_same_as_in_a_log(terminal: Terminal) -> None:
    console = LiveConsole(Writer(terminal, on_lost=lost))
    with console:
        console.emit(STARTED)
        console.emit(started("notebook"))
        console.emit(StepFinished(step="notebook", outcome=Outcome.DONE, seconds=3.2))
        console.emit(
            StepFinished(step="hub", outcome=Outcome.FAILED, seconds=1, what="No.", fix="Try.", tail=("last",))
        )
        console.emit(RunFinished(run="r1", outcome=Outcome.FAILED, seconds=4, exit_code=1, summary="No."))
    for line in (
        "✔ Build the notebook image (3.2 s)",
        "✖ Build the hub image: failed",
        "  No.",
        "Failed. (4.0 s)",
    ):
        assert line in terminal.text
    assert cursor_is_shown(terminal)


async def test_an_error_inside_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    def interrupted_run() -> None:
        with LiveConsole(Writer(terminal, on_lost=lost)) as console:
            console.emit(started("notebook"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_run()
    assert cursor_is_shown(terminal)


async def test_no_color_is_honoured(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with LiveConsole(Writer(terminal, on_lost=lost)) as console:
        console.emit(started("notebook"))
        console.emit(StepFinished(step="notebook", outcome=Outcome.DONE, seconds=3.2))
    assert not re.search(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;|48;)[0-9;]*m", terminal.getvalue())


async def test_a_terminal_that_goes_away_is_told_of_once(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    told: list[OSError] = []

    def gone(text: str) -> int:
        raise OSError(5, "Input/output error")

    with LiveConsole(Writer(terminal, on_lost=told.append)) as console:
        monkeypatch.setattr(terminal, "write", gone)
        console.emit(started("notebook"))
        console.emit(StepFinished(step="notebook", outcome=Outcome.DONE))
        await asyncio.sleep(REDRAW * 2)
    assert len(told) == 1
