"""`codehub init --plain` as a program on real terminals: with cursor keys, and by plain lines where TERM is dumb."""

from __future__ import annotations

import re
import shlex
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import codehub
from tests.support.terminal import Terminal, cursor_is_shown, on_terminal

ENV = {"CODEHUB_OFFLINE": "1"}
KEYS = {**ENV, "TERM": "xterm-256color"}
LINES = {**ENV, "TERM": "dumb"}
DOWN = "\x1b[B"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "hub"


def begin(terminal: Terminal) -> None:
    """Accept the usual questions."""
    terminal.answer("How much do you want to be asked")


@pytest.mark.parametrize("env", [KEYS, LINES], ids=["keys", "lines"])
def test_from_an_empty_folder_to_files_and_the_same_by_the_printed_command(
    env: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    by_keys = env is KEYS
    with on_terminal("init", folder, "--plain", env=env) as terminal:
        begin(terminal)
        terminal.answer("Version")
        terminal.read_until("Back" if by_keys else "1 to 4 [1]: ")
        terminal.type(f"{DOWN}\r" if by_keys else "npm\r")
        terminal.answer("Extensions:", "ms-python.python")
        terminal.answer("Debian packages:", "<")
        terminal.read_until("Extensions:" if by_keys else "Extensions [ms-python.python]: ")
        terminal.type(", redhat.java\r" if by_keys else "ms-python.python, redhat.java\r")
        terminal.read_until("Debian packages:")
        accept_to_the_review(terminal)
        terminal.read_until("The same by a command")
        terminal.read_until("What now")
        terminal.type(f"{DOWN}\r" if by_keys else "2\r")
        assert terminal.finish() == 0
        assert terminal.is_sane
    assert cursor_is_shown(terminal.raw)
    assert "Traceback" not in terminal.text
    assert by_keys or "\x1b" not in terminal.raw
    assert "Next: codehub plan" in " ".join(terminal.text.split())
    saved = (folder / "codehub.yaml").read_text()
    assert "method: npm" in saved
    assert "redhat.java" in saved
    assert (folder / "config.yaml").is_file()

    printed = next(line.strip() for line in terminal.text.splitlines() if line.startswith("  codehub init "))
    words = shlex.split(printed)
    assert words[:3] == ["codehub", "init", str(folder)]
    other = tmp_path / "other"
    assert codehub("init", other, *words[3:]).code == 0
    assert (other / "codehub.yaml").read_text() == saved


def accept_to_the_review(terminal: Terminal) -> None:
    """Press Enter at every question until the review's choice is there."""
    for _ in range(80):
        terminal.type("\r")
        before = len(terminal.raw)
        terminal.settle()
        if "What now" in terminal.text:
            terminal.rewind()
            return
        assert len(terminal.raw) > before or terminal.process.poll() is None
    raise AssertionError(terminal.text)


def test_lines_say_what_is_wrong_and_ask_again(folder: Path) -> None:
    with on_terminal("init", folder, "--plain", env=LINES) as terminal:
        begin(terminal)
        terminal.answer("Version [", "latest")
        terminal.read_until("A code-server version has three numbers")
        terminal.answer("Version [", "v4.133.0")
        terminal.answer("1 to 4 [1]: ", "9")
        terminal.answer("Type a number from 1 to 4, or < to go back.\nWay to get it", "2")
        terminal.answer("Extensions: ", "redhat.java")
        terminal.answer("Debian packages: ", "<")
        terminal.answer("Extensions [redhat.java]: ", "-")
        terminal.answer("Debian packages: ", "<")
        terminal.read_until("Extensions: ")
        terminal.type("\x03")
        assert terminal.finish() == 130


def test_keys_say_what_is_wrong_while_it_is_typed(folder: Path) -> None:
    with on_terminal("init", folder, "--plain", env=KEYS) as terminal:
        begin(terminal)
        terminal.read_until("? Version:")
        terminal.type("\x15latest")
        terminal.read_until("A code-server version has three numbers")
        terminal.type("\x15v4.133.0\r")
        terminal.read_until("CODE_SERVER_VERSION=v4.133.0")
        terminal.type("\x03")
        assert terminal.finish() == 130


def _ctrl_c(terminal: Terminal) -> None:
    terminal.type("\x03")


def _ctrl_d(terminal: Terminal) -> None:
    terminal.type("\x04")


def _terminate(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGTERM)


def _hang_up(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("end", [_ctrl_c, _ctrl_d, _terminate, _hang_up])
@pytest.mark.parametrize("env", [KEYS, LINES], ids=["keys", "lines"])
def test_however_it_ends_the_draft_is_kept(env: dict[str, str], end: Callable[[Terminal], None], folder: Path) -> None:
    with on_terminal("init", folder, "--plain", env=env) as terminal:
        begin(terminal)
        terminal.read_until("? Version:" if env is KEYS else "Version [")
        terminal.type("\x15v4.133.0\r")
        terminal.answer("Back" if env is KEYS else "1 to 4 [1]")
        terminal.read_until("? Extensions:" if env is KEYS else "Extensions:")
        end(terminal)
        assert terminal.finish() == 130
        assert terminal.is_sane
    assert "Traceback" not in terminal.text
    assert "Interrupted. Your answers are kept as a draft" in terminal.text
    assert cursor_is_shown(terminal.raw)
    assert not (folder / "codehub.yaml").exists()
    with on_terminal("init", folder, "--plain", env=env) as again:
        again.answer("Draft")
        again.answer("How much do you want to be asked")
        again.read_until("? Version: v4.133.0" if env is KEYS else "Version [v4.133.0")
        again.type("\x03")
        assert again.finish() == 130


def test_a_closed_terminal_ends_it_and_keeps_the_draft(folder: Path) -> None:
    terminal = Terminal("init", folder, "--plain", env=KEYS)
    begin(terminal)
    terminal.read_until("? Version:")
    terminal.type("\x15v4.133.0\r")
    terminal.read_until("Way to get it")
    terminal.hang_up()
    assert terminal.process.wait(60) == 130
    assert "v4.133.0" in (folder / ".codehub" / "draft.yaml").read_text()


def test_no_colour_where_none_is_wanted(folder: Path) -> None:
    with on_terminal("init", folder, "--plain", env={**KEYS, "NO_COLOR": "1"}) as terminal:
        begin(terminal)
        terminal.answer("Version:")
        terminal.read_until("Back")
        terminal.type("\x03")
        assert terminal.finish() == 130
    assert not re.search(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;|48;)[0-9;]*m", terminal.raw)


def test_people_who_ask_for_lines_get_lines(folder: Path) -> None:
    with on_terminal("init", folder, "--plain", env={**KEYS, "ACCESSIBLE": "1"}) as terminal:
        terminal.answer("How much do you want to be asked, 1 to 3 [1]: ", "3")
        terminal.read_until("What now, 1 to ")
        terminal.type("\x03")
        assert terminal.finish() == 130


def test_nobody_to_ask(folder: Path) -> None:
    codehub("init", folder, "--plain").refused(2, "there is nobody to ask", "--set")
    codehub("init", folder, "--plain", "--yes").refused(2, "--plain asks for the answers")
    assert not folder.exists()


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_what_cannot_be_used_is_said_at_once(term: str, folder: Path) -> None:
    folder.write_text("mine")
    with on_terminal("init", folder, "--plain", env={**ENV, "TERM": term}) as terminal:
        assert terminal.finish() == 2
    assert "is not a folder" in terminal.text
    folder.unlink()
    folder.mkdir()
    (folder / "codehub.yaml").write_text("schema: 1\nnonsense: 1\n")
    with on_terminal("init", folder, "--plain", env={**ENV, "TERM": term}) as terminal:
        assert terminal.finish() == 2
    assert "there is no such answer" in terminal.text


def test_a_dumb_terminal_gets_the_questions_without_asking_for_them(folder: Path) -> None:
    folder.mkdir()
    with on_terminal(folder, env=LINES) as terminal:
        terminal.read_until("How much do you want to be asked")
        terminal.type("\x03")
        assert terminal.finish() == 130
    assert "\x1b" not in terminal.raw
