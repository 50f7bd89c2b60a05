"""What the wizard shows of a cluster before a run: its checks, and what would change in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.screen import Screen

from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.runs import preparation, step
from tests.tui.conftest import shown, until, wizard
from wizard.app import CodehubApp
from wizard.plan.kubernetes import DEPLOY
from wizard.run.folder import SetupFolder
from wizard.screens.cluster_diff import ask_cluster
from wizard.screens.jobs import Jobs
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.targets.session import Preparation, rendering
from wizard.tools import doctor
from wizard.tools.doctor import examine
from wizard.tools.doctor_model import Check, Finding, Scope, State
from wizard.widgets.plan_view import PlanView

CHART = parts.ROOT / "tests" / "charts" / "jupyterhub"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    with FakeCluster(tmp_path / "cluster") as running:
        for name, value in running.env().items():
            monkeypatch.setenv(name, value)
        yield running


async def _answers(_scope: Scope) -> Finding:
    return Finding(name="cluster", title="Cluster", state=State.OK, found="Kubernetes v1.33.1")


async def test_the_checks_go_on_in_the_cluster(
    folder: Path, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Check(name="cluster", title="Cluster", ask=_answers)
    monkeypatch.setattr(doctor, "CHECKS", (check,))
    monkeypatch.setattr(
        doctor, "examine", lambda scope, on_finding: examine(scope, checks=(check,), on_finding=on_finding)
    )
    cluster.delete("storage.k8s.io/v1", "storageclasses", None, "standard")
    cluster.scenario.forbidden = {("list", "nodes")}
    settings = [f"target.context={cluster.context}", "target.namespace=codehub"]
    store.save(folder / "codehub.yaml", store.with_settings(Setup(), settings))
    async with wizard(folder, "checks", (100, 40)) as (app, pilot):
        await until(pilot, lambda: "✖ A run for kubernetes needs: Storage." in shown(app))
        text = shown(app)
        assert "codehub will be made" in text
        assert "No storage class is the default" in " ".join(text.split())
        assert "? Capacity" in text
        assert "✓ Your rights" in text


class _Plan(Screen[None]):
    def __init__(self, prepared: Preparation) -> None:
        super().__init__()
        self.prepared = prepared

    def compose(self) -> ComposeResult:
        yield PlanView()

    def on_mount(self) -> None:
        view = self.query_one(PlanView)
        view.show(self.prepared.plan, ())
        ask_cluster(view, Jobs(self.app), self.prepared)


def _prepared(folder: Path, *settings: str) -> Preparation:
    plain = preparation(folder, [step(DEPLOY, branch="helm")], {})
    setup = store.with_settings(Setup(), [f"target.chart.source={CHART}", "target.namespace=codehub", *settings])
    made = rendering(SetupFolder(folder), setup=setup)
    finding = Finding(name="storage", title="Storage", state=State.WARN, why="It is slow.", fix="Choose another.")
    plan = dataclasses.replace(plain.plan, findings=(finding,))
    return dataclasses.replace(plain, rendering=made, plan=plan)


@pytest.mark.tier("helm4")
async def test_the_plan_shows_checks_and_what_would_change(
    folder: Path, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEHUB_HELM", str(parts.program("helm4")))
    app = CodehubApp(folder)
    async with app.run_test(size=(100, 60)) as pilot:
        await app.push_screen(_Plan(_prepared(folder, f"target.context={cluster.context}")))
        await until(pilot, lambda: "In the cluster: " in shown(app))
        text = shown(app)
        assert "! Storage:" in text
        assert "Choose another." in text
        assert "added Deployment hub" in text
        assert "asking the cluster" not in text


@pytest.mark.tier("helm4")
async def test_a_cluster_that_cannot_tell_is_said(
    folder: Path, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEHUB_HELM", str(parts.program("helm4")))
    app = CodehubApp(folder)
    async with app.run_test(size=(100, 60)) as pilot:
        await app.push_screen(_Plan(_prepared(folder, "target.context=elsewhere")))
        await until(pilot, lambda: "There is no kube context elsewhere" in shown(app))
        assert "What would change in the cluster is not known." in shown(app)
