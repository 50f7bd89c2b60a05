"""Bad luck around a run: a terminal that is closed, and a memory that is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cli.applying import descendants, sleeping
from tests.integration.cli.conftest import Small
from tests.support.processes import wait_until
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(300)]


def test_a_terminal_closed_in_mid_run_ends_it_and_the_next_run_goes_on(small: Small) -> None:
    mark = sleeping(small, 60)
    terminal = Terminal("apply", small.folder, "--yes", "--verbose", env=small.env)
    terminal.read_until(mark)
    children = descendants(terminal.process.pid)
    assert children
    terminal.hang_up()
    assert terminal.process.wait(60) == 130
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "the children")
    small.dockerfile("RUN echo back")
    assert small.run("apply", "--yes").code == 0


@pytest.mark.parametrize(
    "broken",
    ['{"files": {"config.ya', '{"schema": 99, "files": {}}', '{"schema": 1, "steps": {"deploy": 7}}'],
    ids=["truncated", "newer", "edited"],
)
def test_a_broken_memory_is_said_and_loses_nothing(small: Small, broken: str) -> None:
    assert small.run("apply", "--yes").code == 0
    state = small.folder / ".codehub" / "state.json"
    files = {path.name: path.read_bytes() for path in small.folder.glob("*") if path.is_file()}
    state.write_text(broken, encoding="utf-8")
    done = small.run("apply", "--yes")
    if done.code == 0:
        assert "state.json" in done.err
        assert json.loads(state.read_text())["files"]
        done = small.run("plan")
        assert done.code == 0
        assert "No step to run" in done.out
    else:  # of a newer codehub: nothing is touched
        done.refused(2, "state.json", "newer")
        assert state.read_text() == broken
    assert files == {path.name: path.read_bytes() for path in small.folder.glob("*") if path.is_file()}
