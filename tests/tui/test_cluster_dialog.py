"""Starting a cluster from the Target screen, with stand-ins for minikube and kind and an API that answers then."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Button, Input, Select

from tests.kubeapi import FakeCluster
from tests.support.standin import StandIns
from tests.tui.conftest import on_screen, shown, until, wizard
from wizard.setup import store
from wizard.setup.model import Setup

RUNS = json.dumps({"Name": "minikube", "Host": "Running", "Kubelet": "Running"})


@pytest.fixture
def standins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    folder = tmp_path / "standins"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return StandIns(folder)


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeCluster, Path]]:
    """A cluster, and the kubeconfig that names it only once somebody writes it."""
    with FakeCluster(tmp_path / "c") as running:
        running.context = "minikube"
        path = tmp_path / "kubeconfig.yaml"
        monkeypatch.setenv("KUBECONFIG", str(path))
        dead = {"apiVersion": "v1", "kind": "Config", "clusters": [], "contexts": [], "users": []}
        path.write_text(json.dumps(dead))
        yield running, path


async def test_it_is_offered_started_and_chosen(
    folder: Path, standins: StandIns, later: tuple[FakeCluster, Path]
) -> None:
    cluster, kubeconfig = later
    failing = {
        "profile list": (14, "{}", ""),
        "start": (60, "💣  Exiting due to PROVIDER_DOCKER_NOT_RUNNING: no\n", ""),
    }
    standins.answer("minikube", failing)
    standins.answer("kind", {"get clusters": (0, "", "")})
    setup = store.with_settings(Setup(), ["target.expose.host=hub.test", "target.expose.kind=nodeport"])
    store.save(folder / "codehub.yaml", setup)
    async with wizard(folder, "target", (100, 40)) as (app, pilot):
        await until(pilot, lambda: any("No cluster answers. F4" in one.message for one in app._notifications))
        await pilot.press("f4")
        await on_screen(pilot, "ClusterDialog")
        dialog = app.screen
        await until(pilot, lambda: "$ minikube start -p minikube --cpus" in shown(app))
        dialog.query_one("#product", Select).value = "kind"
        await until(pilot, lambda: "$ kind create cluster --name kind" in shown(app))
        assert not dialog.query_one("#cpus", Input).display
        dialog.query_one("#product", Select).value = "minikube"
        dialog.query_one("#cpus", Input).value = "1"
        await until(pilot, lambda: "2 CPUs and 2048 MiB" in shown(app))
        assert dialog.query_one("#start", Button).disabled
        dialog.query_one("#cpus", Input).value = "3"
        dialog.query_one("#memory", Input).value = "3072"
        await until(pilot, lambda: "--cpus 3 --memory 3072mb" in shown(app))
        dialog.query_one("#start", Button).focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Start Docker, and look" in " ".join(shown(app).replace("│", " ").split()))
        await until(pilot, lambda: dialog.query_one("#start", Button).has_focus)

        cluster.write_kubeconfig(kubeconfig)
        answers = {
            "profile list": (14, "{}", ""),
            "start": (0, "😄  minikube v1.36.0\n", ""),
            "-p minikube status": (0, RUNS, ""),
            "-p minikube addons": (0, "", ""),
            "-p minikube ip": (0, "192.168.49.2\n", ""),
        }
        standins.answer("minikube", answers)
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.screen, "key", "") == "target")
        target = app.session.draft.setup.target
        assert (target.context, target.expose.kind, target.expose.ingress_class) == ("minikube", "ingress", "nginx")
        assert app.clipboard == "echo '192.168.49.2 hub.test' | sudo tee -a /etc/hosts"
        await until(pilot, lambda: "✓ minikube · Kubernetes v1.33.1" in shown(app))
    assert ["minikube", "start", "-p", "minikube", "--cpus", "3", "--memory", "3072mb"] in standins.calls


async def test_without_their_programs_nothing_is_offered(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with wizard(folder, "target", (100, 40)) as (app, pilot):
        await until(pilot, lambda: "kubeconfig" in shown(app))
        await pilot.press("f4")
        await pilot.pause(0.3)
        assert getattr(app.screen, "key", "") == "target"
