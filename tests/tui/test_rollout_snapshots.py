"""Pictures of the rollout pane for each cause of a stuck deployment, from recordings of real ones.

`python -m tests.support.record_rollouts` makes the recordings anew, `--snapshot-update` accepts new pictures.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.integration.kube.test_rollout_watch import CASES
from tests.support.runs import RECORDED, recorded
from tests.tui.conftest import shown
from tests.tui.pictures import Take
from tests.tui.test_run_snapshots import play
from wizard.app import CodehubApp
from wizard.run.events import Outcome, StepFinished


def test_every_cause_is_recorded_and_explained() -> None:
    assert {path.stem for path in RECORDED.glob("stuck-*.jsonl")} == {
        f"stuck-{case.replace(' ', '-')}" for case in CASES
    }
    for case, (_arrange, _edit, _cause, text) in CASES.items():
        (end,) = [one for one in recorded(f"stuck-{case.replace(' ', '-')}") if isinstance(one, StepFinished)]
        assert end.outcome is Outcome.FAILED
        assert text in f"{end.what} {end.why}", case
        assert end.fix


@pytest.mark.parametrize("case,size", [*((case, "120x40") for case in CASES), ("crash loop", "80x24")])
async def test_stuck(case: str, size: str, folder: Path, picture: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)

    async def stuck(pilot: Pilot[int]) -> None:
        await play(pilot, folder, recorded(f"stuck-{case.replace(' ', '-')}"), lambda _event: False)
        assert isinstance(pilot.app, CodehubApp)
        assert "Retry from" in shown(pilot.app)

    await picture(stuck, size=size)
