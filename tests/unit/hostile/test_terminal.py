"""What comes from builds, pods, logs, state and files of others reaches a terminal without its control characters."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.commands import codehub
from wizard.console import ProgressMode, open_console
from wizard.errors import CodehubError
from wizard.reporting import TaskState
from wizard.run.context import StepContext
from wizard.run.events import Event, LogLines, Notice, Outcome, RunFinished, RunStarted, StepFinished, StepStarted, Task
from wizard.text import MAX_LINE, Redactor, all_harmless, clean, harmless

ATTACKS = (
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1bP+q544e\x1b\\",
    "\x9b31m",
    "\x1b[6n",
    "\x07",
    "\x08\x08",
    "\x00",
    "\u202egnp.exe",
    "\x1b",
    "\x1b[",
    "text\rover",
    "two\u2028lines\u2029in one",
    "\x1b]8;;file:///etc/passwd\x1b\\click\x1b]8;;\x1b\\",
    "\x9d52;c;cm0gLXJm\x9c",
    "\u061cmark",
    "half\ud83d a letter",
)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
LINES = st.lists(st.sampled_from(ATTACKS) | st.text(max_size=8), max_size=6).map("".join)


@given(LINES)
def test_no_line_keeps_a_control_character(line: str) -> None:
    for shown in (clean(line), harmless(line)):
        assert not _CONTROLS.search(shown.replace("\n", ""))


@given(st.lists(LINES | st.sampled_from(["plain", "hunter22 is a secret", "hunt", "er22"])))
def test_many_lines_become_what_each_does(lines: list[str]) -> None:
    redact = Redactor(["hunter22", "er22\nhunt"])
    assert redact.each(lines) == [redact(line) for line in lines]
    assert all_harmless(lines) == [harmless(line) for line in lines]


def test_a_log_keeps_what_is_too_long_to_be_shown() -> None:
    long = "x" * (MAX_LINE + 100)
    assert harmless(long) == long
    assert len(clean(long)) == MAX_LINE + 2


@settings(max_examples=30)
@given(st.lists(LINES, min_size=1, max_size=4))
def test_a_step_reports_no_control_character(lines: list[str]) -> None:
    log, events = io.StringIO(), list[Event]()
    context = StepContext("build", events.append, log, Path("build.log"), redact=Redactor(["hunter22"]), results={})
    context.lines([*lines, "the password is hunter22"], task="x")
    for line in lines:
        context.task("x", line or "x", TaskState.RUNNING, detail=line)
        context.notice(line)
    assert not _CONTROLS.search(log.getvalue())
    assert "hunter22" not in log.getvalue()
    for event in events:
        texts = [*getattr(event, "lines", ()), *(getattr(event, name, "") for name in ("name", "detail", "text"))]
        assert not [text for text in texts if _CONTROLS.search(text)]
        assert "hunter22" not in "".join(texts)


@pytest.mark.parametrize("mode", get_args(ProgressMode))
@pytest.mark.parametrize("attack", ATTACKS, ids=repr)
def test_a_console_shows_none_even_if_an_event_has_one(mode: ProgressMode, attack: str) -> None:
    out = io.StringIO()
    events: list[Event] = [
        RunStarted(run="r", steps=(), log_folder=attack),
        StepStarted(step="build", title=attack, branch="b", log=attack),
        LogLines(step="build", lines=(attack,), task="", stream="out"),
        Task(step="build", task="t", name=attack, state=TaskState.RUNNING, detail=attack),
        Notice(step="build", level="warning", text=attack),
        StepFinished(step="build", outcome=Outcome.FAILED, what=attack, why=attack, fix=attack, tail=(attack,)),
        RunFinished(run="r", outcome=Outcome.FAILED, seconds=1.0, exit_code=1, summary=attack),
    ]
    with open_console(mode, out, verbose=True, on_lost=lambda _error: None) as console:
        for event in events:
            console.emit(event)
    text = out.getvalue()
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", text), repr(text)
    if mode != "json":
        assert not _CONTROLS.search(text), repr(text)
    else:
        assert len([json.loads(line) for line in text.splitlines()]) == len(events)


@pytest.mark.parametrize("attack", ATTACKS, ids=repr)
def test_commands_show_none_of_what_lies_in_a_folder(attack: str, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    runner = CliRunner()
    for command in ("init", "render"):
        runner.invoke(codehub, [command, str(folder), *(["--yes"] if command == "init" else [])])
    comment = f"# {attack}\n".encode("utf-8", "surrogatepass")
    (folder / "config.yaml").write_bytes(comment + (folder / "config.yaml").read_bytes())
    _in_state(folder / ".codehub" / "state.json", attack)
    for arguments in (["render", "--check"], ["status", "--offline"], ["status", "--offline", "--json"], ["logs"]):
        done = runner.invoke(codehub, [arguments[0], str(folder), *arguments[1:]])
        text = done.output + (str(done.exception) if isinstance(done.exception, CodehubError) else "")
        assert not _CONTROLS.search(text), (arguments, text)
        if "--json" in arguments:
            kept = json.loads(text)["steps"]["build-notebook"]["outcome"]
            assert kept == attack, "data is whole: only its spelling is harmless"


def _in_state(path: Path, attack: str) -> None:
    """Put an attack into every text that the state has for a step."""
    state = json.loads(path.read_text("utf-8"))
    state["steps"] = {
        "build-notebook": {
            "fingerprint": "f",
            "outcome": attack,
            "finished": attack,
            "result": {"reference": attack, "contents": {"size": 1, "layers": 1, "inside": {"node": attack}}},
        }
    }
    path.write_text(json.dumps(state), "utf-8")
