"""codehub on a real terminal (a pty): the question before apply, the live display, and its end by Ctrl+C."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.cli.conftest import Small
from tests.support.program import command, environment

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Session:
    """A codehub on a terminal of 80 by 24."""

    def __init__(self, small: Small, *arguments: str, **env: str) -> None:
        self._master, slave = pty.openpty()
        terminal = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", "CI": ""}
        self.process = subprocess.Popen(
            command(arguments[0], str(small.folder), *arguments[1:]),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment({**small.env, **terminal, **env}),
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - no thread is running here
        )
        os.close(slave)
        self.raw = ""

    @property
    def text(self) -> str:
        """All that was written so far, without escapes."""
        return _ESCAPE.sub("", self.raw).replace("\r", "")

    def read_until(self, wanted: str, seconds: float = 90) -> None:
        """Read what is written until it holds a text."""
        end = time.monotonic() + seconds
        while wanted not in self.text:
            assert time.monotonic() < end, f"{wanted!r} did not come:\n{self.text}"
            assert self._read(), f"ended without {wanted!r}:\n{self.text}"

    def finish(self, seconds: float = 90) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + seconds
        while self._read():
            assert time.monotonic() < end, self.text
        return self.process.wait(10)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        os.close(self._master)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], 0.5)
        if not ready:
            return self.process.poll() is None
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # the other end is closed
            return False
        self.raw += chunk.decode(errors="replace")
        return bool(chunk)


def _take_terminal() -> None:
    """Make the pty the session's controlling terminal, so that Ctrl+C there is a signal."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def on_terminal(small: Small, *arguments: str, **env: str) -> Iterator[Session]:
    session = Session(small, *arguments, **env)
    try:
        yield session
    finally:
        session.close()


def cursor_is_shown(raw: str) -> bool:
    return raw.rfind("\x1b[?25h") >= raw.rfind("\x1b[?25l")


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
        began = time.monotonic()
        session.type("\x03")
        assert session.finish() == 130
        assert time.monotonic() - began < 3
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
