"""codehub on a real terminal (a pty): the question before apply, the live display, and its end by Ctrl+C."""

from __future__ import annotations

import re
import time
from contextlib import AbstractContextManager

import pytest

from tests.integration.cli.conftest import Small
from tests.support import terminal
from tests.support.terminal import Terminal, cursor_is_shown

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]


def on_terminal(small: Small, *arguments: str, **env: str) -> AbstractContextManager[Terminal]:
    name, *options = arguments
    return terminal.on_terminal(name, small.folder, *options, env={**small.env, **env})


def test_a_no_does_nothing(small: Small) -> None:
    with on_terminal(small, "apply") as session:
        session.read_until("Do this now? [y/N]: ")
        session.type("n\n")
        assert session.finish() == 0
    assert "never done here" in session.text
    assert "Nothing was done." in session.text
    assert not (small.folder / ".codehub" / "logs").exists()


def test_ctrl_c_at_the_question_is_130(small: Small) -> None:
    with on_terminal(small, "apply") as session:
        session.read_until("Do this now? [y/N]: ")
        session.type("\x03")
        assert session.finish() == 130
    assert "Traceback" not in session.text
    assert not (small.folder / ".codehub" / "logs").exists()


def test_a_yes_runs_with_a_live_display(small: Small) -> None:
    number = time.time_ns()
    small.dockerfile(f"RUN echo {number}; sleep 3")
    with on_terminal(small, "apply") as session:
        session.read_until("Do this now? [y/N]: ")
        session.type("y\n")
        session.read_until("⋯ Build the notebook image (")
        session.read_until(f"    [2/2] RUN echo {number}; sleep 3")
        assert session.finish() == 0
    assert "✔ Build the notebook image (" in session.text
    assert "✔ Deploy JupyterHub (" in session.text
    assert cursor_is_shown(session.raw)
    redraws = session.raw.count("\x1b[2K")
    assert redraws < 600, "the live part is redrawn too often"


def test_ctrl_c_in_the_middle_stops_at_once_and_leaves_the_terminal_in_order(small: Small) -> None:
    number = time.time_ns()
    small.dockerfile(f"RUN echo {number}; sleep 300")
    with on_terminal(small, "apply", "--yes") as session:
        session.read_until(f"    [2/2] RUN echo {number}; sleep 300")
        session.type("\x03")
        assert session.finish() == 130
    assert "Stopped. Run it again" in session.text
    assert "Traceback" not in session.text
    assert cursor_is_shown(session.raw)


def test_no_color_and_dumb_terminals(small: Small) -> None:
    with on_terminal(small, "apply", "--yes", NO_COLOR="1") as session:
        assert session.finish() == 0
    assert not re.search(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;|48;)[0-9;]*m", session.raw)
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        with on_terminal(small, "plan", **env) as session:
            assert session.finish() == 0
        assert ("\x1b[" in session.raw) is coloured
    with on_terminal(small, "apply", "--yes", TERM="dumb") as session:
        assert session.finish() == 0
    assert "\x1b" not in session.raw


def test_the_plain_questions_end_in_a_run(small: Small) -> None:
    with on_terminal(small, "init", "--plain", CODEHUB_OFFLINE="1", TERM="dumb") as session:
        session.answer("How much do you want to be asked, 1 to 3 [1]: ", "none")
        session.answer("What now, 1 to ", "save and run")
        session.answer("Do this now? [y/N]: ", "y")
        assert session.finish() == 0
    assert "Deploy JupyterHub" in session.text
    assert "RUN echo built-by-a-person" in session.text
    assert "\x1b" not in session.raw
    assert "No step to run" in small.run("plan").out
