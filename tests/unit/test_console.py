"""The plain and the JSON console: what they write for each event, and what they never write."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.console import JsonConsole, PlainConsole, Writer, open_console
from wizard.console_live import LiveConsole
from wizard.reporting import TaskState
from wizard.run.events import (
    Event,
    LogLines,
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

STARTED = RunStarted(
    run="r1",
    steps=(
        StepSummary(
            id="build-notebook", title="Build the notebook image", branch="notebook", decision="run", why="new"
        ),
        StepSummary(id="build-hub", title="Build the hub image", branch="hub", decision="skip", why="same"),
    ),
    log_folder="/logs/r1",
)


def step(title: str = "Build the notebook image") -> StepStarted:
    return StepStarted(step="build-notebook", title=title, branch="notebook", log="/logs/r1/build-notebook.log")


def task(state: TaskState, **more: Any) -> Task:
    values: dict[str, Any] = {
        "step": "build-notebook",
        "task": "v1",
        "name": "[2/9] RUN apt-get",
        "state": state,
        **more,
    }
    return Task(**values)


def lost(error: OSError) -> None:
    raise AssertionError(f"the stream was lost: {error}")


class Stream(io.StringIO):
    """A pipe in memory with an encoding of its own."""

    encoding = "utf-8"


class AsciiStream(io.StringIO):
    encoding = "ascii"


def shown(*events: Event, verbose: bool = False, stream: io.StringIO | None = None) -> list[str]:
    stream = stream if stream is not None else Stream()
    console = PlainConsole(Writer(stream, on_lost=lost), verbose=verbose)
    with console:
        for event in events:
            console.emit(event)
    return stream.getvalue().splitlines()


def test_a_whole_run_reads_as_lines() -> None:
    lines = shown(
        STARTED,
        StepFinished(step="build-hub", outcome=Outcome.SKIPPED, reason="nothing that it is made from changed"),
        step(),
        task(TaskState.RUNNING, at=100.0),
        task(TaskState.DONE, at=112.3),
        StepFinished(step="build-notebook", outcome=Outcome.DONE, seconds=72.4),
        RunFinished(run="r1", outcome=Outcome.DONE, seconds=73, exit_code=0, summary="1 step done, 1 skipped."),
    )
    assert lines == [
        "2 steps, 1 to run. Logs: /logs/r1",
        "» Build the hub image: skipped, nothing that it is made from changed",
        "▶ Build the notebook image",
        "  notebook: [2/9] RUN apt-get",
        "  notebook: [2/9] RUN apt-get: done, 12 s",
        "✔ Build the notebook image (1 min 12 s)",
        "1 step done, 1 skipped. (1 min 13 s)",
    ]


def test_a_failure_names_what_failed() -> None:
    """The cause, the last lines, the advice and the log go to stderr, from `codehub apply`."""
    lines = shown(
        STARTED,
        step(),
        StepFinished(
            step="build-notebook",
            outcome=Outcome.FAILED,
            seconds=3,
            what="The notebook image could not be built.",
            why="npm has no such package.",
            tail=("npm ERR! 404",),
        ),
        RunFinished(run="r1", outcome=Outcome.FAILED, seconds=4, exit_code=1, summary="The notebook image could not."),
    )
    assert lines[2:] == [
        "✖ Build the notebook image: failed after 3.0 s",
        "  The notebook image could not be built.",
        "Failed. (4.0 s)",
    ]


def test_buildkits_housekeeping_is_told_of_only_when_it_fails() -> None:
    housekeeping = "[internal] load .dockerignore"
    assert shown(task(TaskState.RUNNING, name=housekeeping), task(TaskState.DONE, name=housekeeping)) == []
    assert len(shown(task(TaskState.RUNNING, name=housekeeping), task(TaskState.FAILED, name=housekeeping))) == 1


def test_many_updates_of_one_piece_of_work_are_two_lines() -> None:
    updates = [task(TaskState.RUNNING, current=n, total=1000, unit="files") for n in range(1000)]
    assert len(shown(*updates, task(TaskState.DONE), task(TaskState.RUNNING), task(TaskState.DONE))) == 2


def test_layers_are_told_of_only_when_they_are_there() -> None:
    lines = shown(
        STARTED,
        task(TaskState.RUNNING, name="layer 1a2b", unit="bytes", current=1, total=30_000_000, at=1.0),
        task(TaskState.DONE, name="layer 1a2b", unit="bytes", total=30_000_000, at=1.02),
    )
    assert lines[1:] == ["  notebook: layer 1a2b: done, 30.0 MB"]


def test_raw_output_comes_only_when_asked_for() -> None:
    raw = LogLines(step="build-notebook", lines=("Get:1 http://deb ...", "Get:2"), task="v1")
    assert shown(STARTED, raw)[1:] == []
    assert shown(STARTED, raw, verbose=True)[1:] == ["  notebook | Get:1 http://deb ...", "  notebook | Get:2"]


def test_a_silent_step_says_now_and_then_that_it_goes_on() -> None:
    clock, stream = [0.0], Stream()
    console = PlainConsole(Writer(stream, on_lost=lost), now=lambda: clock[0])
    console.emit(step())
    for second in range(1, 100):
        clock[0] = float(second)
        console.emit(Progress(step="build-notebook", current=second, total=100))
    assert stream.getvalue().splitlines()[1:] == [
        "  build-notebook: 31 of 100",
        "  build-notebook: 62 of 100",
        "  build-notebook: 93 of 100",
    ]


def test_a_terminal_without_unicode_gets_ascii() -> None:
    events = [
        STARTED,
        step("Build"),
        *(StepFinished(step="build-notebook", outcome=outcome, reason="r") for outcome in Outcome),
    ]
    text = "\n".join(shown(*events, stream=AsciiStream()))
    assert text.isascii()
    assert "> Build" in text


@given(st.text(), st.text(), st.text(), st.text())
def test_no_event_writes_control_characters(name: str, line: str, why: str, detail: str) -> None:
    lines = shown(
        StepStarted(step="s", title=name, branch="b", log=""),
        Task(step="s", task="t", name=name, state=TaskState.FAILED, detail=detail),
        LogLines(step="s", lines=(line,)),
        Notice(step="s", level="warning", text=detail),
        StepFinished(step="s", outcome=Outcome.FAILED, what=line, why=why, fix=why, tail=(line,)),
        verbose=True,
    )
    forbidden = {chr(code) for code in (*range(32), *range(127, 160), 0x202E, 0x2066)}
    assert not forbidden & set("".join(lines))


def test_rich_markup_in_foreign_text_stays_text() -> None:
    assert shown(step("[red]not[/red] a [link=x]style[/link] :smile:"))[0].endswith(
        "[red]not[/red] a [link=x]style[/link] :smile:"
    )


def test_long_lines_are_not_wrapped() -> None:
    assert shown(step("x" * 500)) == ["▶ " + "x" * 500]


def test_json_is_one_event_a_line() -> None:
    stream = Stream()
    console = JsonConsole(stream, on_lost=lost)
    console.emit(STARTED)
    console.emit(LogLines(step="s", lines=("a\u2028b", "ü")))
    first, second = [json.loads(line) for line in stream.getvalue().split("\n") if line]
    assert (first["event"], first["steps"][0]["id"]) == ("run-started", "build-notebook")
    assert second["lines"] == ["a\u2028b", "ü"]
    assert stream.getvalue().isascii()


class Gone(Stream):
    """A pipe whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("mode", ["plain", "json"])
def test_a_reader_that_goes_away_is_told_of_once(mode: str) -> None:
    told: list[OSError] = []
    console = open_console("json" if mode == "json" else "plain", Gone(), on_lost=told.append)
    with console:
        console.emit(STARTED)
        console.emit(step())
    assert [type(error) for error in told] == [BrokenPipeError]


class Terminal(Stream):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("term", "ci", "live"),
    [("xterm-256color", "", True), ("dumb", "", False), ("", "", False), ("xterm", "true", False)],
)
def test_auto_is_live_only_where_a_terminal_can_redraw(
    term: str, ci: str, live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("CI", ci)
    assert isinstance(open_console("auto", Terminal(), on_lost=lost), LiveConsole) is live
    assert isinstance(open_console("plain", Terminal(), on_lost=lost), PlainConsole)
    assert isinstance(open_console("auto", Stream(), on_lost=lost), PlainConsole)
