"""The real wizard in tmux brings up a hub on Docker: the answers, the files, the plan, the run and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.test_wizard import Tmux, tmux  # noqa: F401 - a fixture
from tests.integration.docker_target.conftest import TIERS
from tests.integration.docker_target.hosted import Hosted, make, remove_all
from tests.support import parts

pytestmark = [pytest.mark.tier(*TIERS, "tmux"), pytest.mark.timeout(600)]


@pytest.fixture
def answered(base_image: str, hub_base: str, tmp_path: Path) -> Iterator[Hosted]:
    """Answers whose notebook image is built in a moment: nobody starts an editor here."""
    made = make(tmp_path / "hub", hub_base, base_image)
    assert made.run("render").code == 0
    (made.folder / "Dockerfile.notebook").write_text(f"FROM {parts.BASE_IMAGE}\n", encoding="utf-8")
    yield made
    remove_all(made)


def test_from_the_start_screen_to_done(answered: Hosted, tmux: Tmux) -> None:  # noqa: F811 - the fixture
    tmux.start(answered.folder, {})
    tmux.begin()
    for title in ("code-server", "Images", "Target"):
        tmux.next(title)
    tmux.wait_for("one Docker host")
    tmux.next("Hub")
    tmux.next("Review")
    tmux.wait_for("compose.yaml")
    tmux.press("2")
    tmux.wait_for("because it was never done here")
    tmux.press("C-r")
    tmux.wait_for("Deployed.", seconds=240)
    tmux.press("PageDown")
    tmux.wait_for(f"Container {answered.hub}: running")
    tmux.press("C-q")
    tmux.wait_for("ended with 0")
    assert answered.status()["answers"]
    assert set(answered.apply().values()) == {"skipped"}
