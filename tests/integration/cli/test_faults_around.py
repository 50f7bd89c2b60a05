"""Bad luck around a run: a terminal that is closed."""

from __future__ import annotations

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
