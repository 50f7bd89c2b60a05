"""Deployed, files and newest side by side, and what was changed behind codehub."""

from __future__ import annotations

import pytest

from tests.unit.render.setups import setup
from wizard.plan.model import StepRecord
from wizard.upgrade.columns import UNKNOWN, Deployed, Row, columns, drift

FILES = setup(code_server__version="v4.100.3", target__chart__version="4.0.0", hub__auth__kind="native")
NEWEST = setup(code_server__version="v4.133.0", target__chart__version="4.4.0", hub__auth__kind="native")


def rows(deployed: Deployed) -> dict[str, Row]:
    return {row.name: row for row in columns(FILES, NEWEST, deployed)}


def test_three_states_of_everything() -> None:
    there = setup(code_server__version="v4.9.1", target__chart__version="3.3.8", hub__auth__kind="native")
    found = rows(
        Deployed(there, "3.3.8", "4.1.6", "quay.io/jupyterhub/k8s-hub:3.3.8", {"notebook": ("sha256:a", "sha256:b")})
    )
    assert found["code-server"] == Row("code-server", "v4.9.1", "v4.100.3", "v4.133.0")
    assert found["VS Code"].deployed.startswith("1.")
    assert found["chart"] == Row("chart", "3.3.8", "4.0.0", "4.4.0")
    assert found["JupyterHub"] == Row("JupyterHub", "4.1.6", "5.2.1", "5.5.0")
    assert found["hub image"].newest == "quay.io/jupyterhub/k8s-hub:4.4.0"
    assert all(row.pending for name, row in found.items() if "base" not in name)
    assert all(row.outdated for row in found.values())


def test_what_is_not_known_is_neither_pending_nor_outdated() -> None:
    nothing = rows(Deployed())
    assert nothing["code-server"].deployed == ""
    by_hand = rows(Deployed(chart="4.0.0", jupyterhub="5.2.1"))
    assert by_hand["code-server"].deployed == UNKNOWN
    assert not by_hand["code-server"].pending
    assert not by_hand["chart"].pending
    assert by_hand["chart"].outdated
    ahead = setup(code_server__version="v99.0.0")
    vscode = {row.name: row for row in columns(ahead, ahead, Deployed())}["VS Code"]
    assert (vscode.files, vscode.outdated) == (UNKNOWN, False)


def test_other_targets_have_no_chart() -> None:
    docker = setup(target__kind="docker")
    assert [row.name for row in columns(docker, docker, Deployed())] == ["code-server", "VS Code"]


DONE = StepRecord("f", "done", "", {"revision": 3})


@pytest.mark.parametrize(
    ("record", "revision", "status", "said"),
    [
        (DONE, 3, "deployed", ""),
        (DONE, 5, "deployed", "at revision 5, codehub left it at 3"),
        (DONE, 0, "", "The release is gone"),
        (DONE, 4, "failed", "The release is failed"),
        (None, 7, "deployed", ""),
        (StepRecord("f", "failed", "", {}), 1, "deployed", ""),
    ],
)
def test_a_release_that_somebody_changed(record: StepRecord | None, revision: int, status: str, said: str) -> None:
    found = drift(record, revision, status, (), ())
    assert said in " ".join(found)
    assert bool(found) is bool(said)


def test_files_and_images() -> None:
    found = drift(DONE, 3, "deployed", ("config.yaml",), ("nb:1",))
    assert found == ("The image nb:1 is no longer there.", "config.yaml was changed by hand.")
