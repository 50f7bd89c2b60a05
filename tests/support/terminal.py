"""The real `codehub` on a real terminal (a pty) of 80 by 24: what it writes, what is typed."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.program import command, environment

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WHERE_IS_THE_CURSOR = "\x1b[6n"


class Terminal:
    """A codehub on a terminal; it answers the one question that programs ask a terminal, where the cursor is."""

    def __init__(self, *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        usual = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", "CI": ""}
        self.process = subprocess.Popen(
            command(*arguments),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env=environment({**usual, **(env or {})}),
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - no thread is running here
        )
        os.close(slave)
        self.raw = ""
        self._seen = 0
        self._got = False

    @property
    def text(self) -> str:
        """All that was written so far, without escapes."""
        return _ESCAPE.sub("", self.raw).replace("\r", "")

    def read_until(self, wanted: str, seconds: float = 90) -> None:
        """Read until a text comes that was not read before by this."""
        end = time.monotonic() + seconds
        while (at := self.text.find(wanted, self._seen)) < 0:
            assert time.monotonic() < end, f"{wanted!r} did not come:\n{self.text}"
            assert self._read(), f"ended without {wanted!r}:\n{self.text}"
        self._seen = at + len(wanted)

    def finish(self, seconds: float = 90) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + seconds
        while self._read():
            assert time.monotonic() < end, self.text
        return self.process.wait(60)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def answer(self, question: str, typed: str = "") -> None:
        """Wait for a question, then type a line."""
        self.read_until(question)
        self.type(typed + "\r")

    def settle(self, quiet: float = 0.4, seconds: float = 30) -> None:
        """Read until nothing more is written for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._read(quiet):
            if not self._got:
                return

    def rewind(self) -> None:
        """Let `read_until` look at everything once more."""
        self._seen = 0

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        os.close(self._master)
        self._master = -1

    @property
    def is_sane(self) -> bool:
        """Whether the terminal echoes and edits lines, as a shell wants to find it."""
        flags = termios.tcgetattr(self._master)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON)

    def close(self) -> None:
        """End the program, if it runs still, and the terminal."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(60)
        if self._master >= 0:
            os.close(self._master)

    def _read(self, patience: float = 0.5) -> bool:
        """Read what is there; False when the program has ended and everything is read."""
        ready, _, _ = select.select([self._master], [], [], patience)
        self._got = bool(ready)
        if not ready:
            return self.process.poll() is None
        try:
            chunk = os.read(self._master, 65536).decode(errors="replace")
        except OSError:  # the other end is closed
            return False
        self.raw += chunk
        for _ in range(chunk.count(_WHERE_IS_THE_CURSOR)):
            self.type("\x1b[1;1R")
        return bool(chunk)


def _take_terminal() -> None:
    """Make the pty the session's controlling terminal, so that Ctrl+C there is a signal, and let signals be heard.

    Whoever started the tests may have had them ignored, as nohup does.
    """
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def on_terminal(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[Terminal]:
    """A codehub on a terminal, ended afterwards."""
    session = Terminal(*arguments, env=env, cwd=cwd)
    try:
        yield session
    finally:
        session.close()


def cursor_is_shown(raw: str) -> bool:
    """Whether the last word about the cursor was to show it."""
    return raw.rfind("\x1b[?25h") >= raw.rfind("\x1b[?25l")
