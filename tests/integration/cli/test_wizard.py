"""The real wizard in tmux: from its start to Done on real builds, and a terminal left in order however it ends."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Small
from tests.support.processes import wait_until
from tests.support.program import command, environment
from wizard.setup.model import Setup
from wizard.setup.store import load, save

pytestmark = [pytest.mark.tier("tmux"), pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Tmux:
    """A terminal of 80 by 24 with a shell in it."""

    socket: str

    def run(self, *arguments: str) -> str:
        done = subprocess.run(["tmux", "-L", self.socket, *arguments], capture_output=True, text=True, check=True)
        return done.stdout

    def press(self, *keys: str) -> None:
        self.run("send-keys", "-t", "codehub", *keys)

    def type(self, text: str) -> None:
        self.run("send-keys", "-t", "codehub", "-l", text)

    @property
    def text(self) -> str:
        return self.run("capture-pane", "-p", "-t", "codehub")

    def wait_for(self, text: str, *, seconds: float = 90) -> None:
        wait_until(lambda: text in self.text, f"{text!r} on the screen", seconds=seconds)

    def start(self, folder: Path, env: dict[str, str]) -> None:
        """Start the wizard by a shell that says its exit code afterwards."""
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in env.items())
        # pytest-xdist tells its workers a width, which would be the terminal's for good.
        line = f"unset COLUMNS LINES; {settings} {shlex.join(command(folder))}; echo ended with $?"
        self.type(line)
        self.press("Enter")

    def begin(self) -> None:
        """From the start screen to the first step."""
        self.wait_for("Enter: ")
        self.press("Enter")
        self.wait_for("1 of 7 · Checks")

    def next(self, title: str) -> None:
        self.press("C-n")
        self.wait_for(f"· {title}")


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    made = Tmux(f"codehub-test-{uuid.uuid4().hex[:8]}")
    subprocess.run(
        [
            "tmux",
            "-L",
            made.socket,
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-s",
            "codehub",
            "-x",
            "80",
            "-y",
            "24",
            "sh",
        ],
        cwd=tmp_path,
        env=environment({"PS1": "$ ", "TERM": "xterm-256color", "CODEHUB_OFFLINE": "1"}),
        check=True,
    )
    yield made
    subprocess.run(["tmux", "-L", made.socket, "kill-server"], capture_output=True, check=False)


def pid_of(folder: Path) -> int:
    """The wizard that runs in a folder."""
    found = subprocess.run(["pgrep", "-f", f"wizard {folder}$"], capture_output=True, text=True, check=False)
    return int(found.stdout.split()[-1])


@pytest.mark.tier("docker", "buildx", "base_image", "helm3")
def test_from_the_start_screen_to_done(small: Small, tmux: Tmux) -> None:
    tmux.start(small.folder, small.env)
    tmux.begin()
    for title in ("code-server", "Images", "Target", "Hub"):
        tmux.next(title)
    tmux.wait_for("Login: How people log in.")
    tmux.press("Enter")
    tmux.wait_for("Users: Who may log in")
    tmux.press("End")
    tmux.type(", bob")
    tmux.wait_for("allowed_users: alice, bob")
    tmux.next("Review")
    tmux.wait_for("codehub.yaml")
    tmux.press("2")
    tmux.wait_for("because it was never done here")
    assert load(small.folder / "codehub.yaml").hub.auth.users == ["alice"]
    tmux.press("C-r")
    tmux.wait_for("Deployed.", seconds=150)
    tmux.press("C-q")
    tmux.wait_for("ended with 0")
    assert load(small.folder / "codehub.yaml").hub.auth.users == ["alice", "bob"]
    assert "bob" in (small.folder / "config.yaml").read_text()
    status = small.run("status", "--json").document
    assert {step["outcome"] for step in status["steps"].values()} == {"done"}
    assert not (small.folder / ".codehub" / "draft.yaml").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_in_order_and_keeps_the_answers(
    number: signal.Signals, tmux: Tmux, tmp_path: Path
) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    save(folder / "codehub.yaml", Setup())
    tmux.start(folder, {})
    tmux.begin()
    for title in ("code-server", "Images"):
        tmux.next(title)
    tmux.type("ghcr.io/acme")
    tmux.wait_for("docker push ghcr.io/acme/NAME:TAG")
    os.kill(pid_of(folder), number)
    tmux.wait_for(f"ended with {128 + number}")
    tmux.type("echo typed-$((6 * 7))")
    tmux.press("Enter")
    tmux.wait_for("typed-42")
    assert "Traceback" not in tmux.text
    kept = json.loads((folder / ".codehub" / "draft.yaml").read_text())
    assert kept["answers"]["images"]["registry"] == "ghcr.io/acme"


def test_a_resize_at_any_moment_is_followed(tmux: Tmux, tmp_path: Path) -> None:
    tmux.start(tmp_path, {})
    tmux.begin()
    tmux.run("resize-window", "-t", "codehub", "-x", "40", "-y", "10")
    tmux.wait_for("columns and 18 rows")
    tmux.run("resize-window", "-t", "codehub", "-x", "120", "-y", "40")
    tmux.wait_for("7 Run")
    tmux.press("C-q")
    tmux.wait_for("ended with 0")
