"""The Done screen: what the folder knows, what a real Helm and a cluster's API say, and secrets that stay hidden."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.recorder import Recorder
from tests.tui.conftest import on_screen, shown, until
from wizard.app import CodehubApp
from wizard.errors import UsageError
from wizard.plan.model import StepRecord
from wizard.run.folder import SetupFolder
from wizard.run.state import State
from wizard.screens.done import DoneScreen
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.targets.session import rendering, write
from wizard.targets.standing import address, facts, live, standing
from wizard.tools import helm as helm_tool
from wizard.tools.helm_chart import Chart
from wizard.widgets.fact_line import MASK, FactLine

DIGEST = "sha256:" + "ab" * 32
PINNED = f"ghcr.io/acme/code-server-hub@{DIGEST}"
DONE = {
    "build-hub": StepRecord("x", "done", "2026-01-02T03:04:05+00:00", {"reference": "hub:1.0.0", "image": DIGEST}),
    "deliver-hub": StepRecord("x", "done", "2026-01-02T03:05:05+00:00", {"pinned": PINNED}),
    "deploy": StepRecord(
        "x", "done", "2026-01-02T03:06:05+00:00", {"revision": 3, "status": "deployed", "chart": "jupyterhub-4.4.0"}
    ),
}


def saved(path: Path, steps: dict[str, StepRecord] | None = None, **target: object) -> SetupFolder:
    """A setup folder with its files written and steps remembered."""
    folder = SetupFolder(path)
    path.mkdir(parents=True, exist_ok=True)
    plain = Setup().model_dump(by_alias=True)
    plain["target"] |= target
    store.save(folder.answers, Setup.model_validate(plain))
    state = write(folder, rendering(folder))
    for name, record in (steps or {}).items():
        state = state.with_step(name, record)
    state.save(folder.state_file)
    return folder


def passwords(folder: SetupFolder) -> list[str]:
    return [password for _who, password in standing(folder).logins]


async def opened(app: CodehubApp, folder: SetupFolder) -> DoneScreen:
    screen = DoneScreen(folder)
    await app.push_screen(screen)
    return screen


async def test_it_says_what_the_folder_knows(folder: Path) -> None:
    place = saved(
        folder, DONE, expose={"kind": "ingress", "host": "hub.example.org", "tls": "secret", "tls_secret": "t"}
    )
    app = CodehubApp(folder)
    async with app.run_test(size=(120, 60)) as pilot:
        await opened(app, place)
        await until(pilot, lambda: "In the cluster now" in shown(app))
        text = shown(app)
        for said in (
            "✔ Deployed.",
            "https://hub.example.org/",
            "Hub image built: hub:1.0.0 (sha256:abababababab…) (2026-01-02 03:04 UTC)",
            "Hub image delivered: ghcr.io/acme/code-server-hub@sha256:abababababab…",
            "revision 3 of jupyterhub-4.4.0, deployed",
            "Nobody has logged in to try it",
            f"codehub plan {folder}",
            "kubectl logs deployment/hub --follow --namespace codehub",
            "codehub.yaml, ",
            "image/ (",
        ):
            assert said in text, said
        await until(pilot, lambda: "It could not be asked." in shown(app))


async def test_secrets_are_masked_revealed_and_copied(folder: Path) -> None:
    place = saved(folder, DONE)
    users, admins = passwords(place)
    app = CodehubApp(folder)
    async with app.run_test(size=(100, 50), notifications=True) as pilot:
        screen = await opened(app, place)
        await until(pilot, lambda: MASK in shown(app))
        assert users not in shown(app)
        assert admins not in shown(app)
        secrets = [line for line in screen.query(FactLine) if line.secret]
        assert [line.label for line in secrets] == ["users:", "admins:"]
        secrets[1].focus()
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == admins)
        assert admins not in shown(app)
        await pilot.press("r")
        await until(pilot, lambda: users in shown(app) and admins in shown(app))
        await pilot.press("r")
        await until(pilot, lambda: users not in shown(app))
        assert admins not in repr(standing(place))
        assert admins not in app.export_screenshot()


async def test_every_line_is_reached_and_copied_by_keys(folder: Path) -> None:
    place = saved(folder, DONE)
    app = CodehubApp(folder)
    async with app.run_test() as pilot:
        screen = await opened(app, place)
        lines = list(screen.query(FactLine))
        await until(pilot, lambda: lines[0].has_focus)
        for line in lines[1:]:
            await pilot.press("down")
            await until(pilot, lambda line=line: line.has_focus)  # type: ignore[misc]
            await pilot.press("enter")
            await until(pilot, lambda line=line: app.clipboard == line.value)  # type: ignore[misc]
        for widget in screen.query("*"):
            assert widget.region.right <= 80, widget


@pytest.mark.parametrize(
    "steps,said",
    [
        ({}, "· Saved. Nothing was run yet."),
        ({**DONE, "build-notebook": StepRecord("x", "failed", "2026-01-02T03:04:05+00:00")}, "build-notebook failed"),
        ({"deploy": StepRecord("x", "cancelled", "2026-01-02T03:04:05+00:00")}, "■ Not done yet: stopped at deploy."),
        ({"deploy": StepRecord("x", "odd", "never")}, "■ Not done yet."),
    ],
)
async def test_how_it_stands_in_one_line(folder: Path, steps: dict[str, StepRecord], said: str) -> None:
    place = saved(folder, steps)
    app = CodehubApp(folder)
    async with app.run_test() as pilot:
        await opened(app, place)
        await until(pilot, lambda: said in shown(app))


async def test_a_setup_that_cannot_be_read_is_said_in_words(folder: Path) -> None:
    place = saved(folder, DONE)
    place.answers.write_text("schema: [", encoding="utf-8")
    app = CodehubApp(folder)
    async with app.run_test() as pilot:
        await opened(app, place)
        await until(pilot, lambda: "This setup cannot be read." in shown(app))
        await until(pilot, lambda: "do:" in shown(app))
        await pilot.press("r", "f5", "escape")
        await on_screen(pilot, "StartScreen")


async def test_a_state_that_was_moved_aside_is_told(folder: Path) -> None:
    place = saved(folder, DONE)
    place.state_file.write_text("{", encoding="utf-8")
    app = CodehubApp(folder)
    async with app.run_test(size=(120, 60)) as pilot:
        await opened(app, place)
        await until(pilot, lambda: "could not be understood" in shown(app))


@pytest.mark.parametrize(
    "expose,url,note",
    [
        ({"kind": "ingress", "host": "h.example.org"}, "http://h.example.org/", ""),
        ({"kind": "ingress"}, "", "every name"),
        ({"kind": "nodeport", "node_port": 30080}, "", "http://NODE:30080/"),
        ({"kind": "nodeport"}, "", "http://NODE:PORT/"),
        ({"kind": "loadbalancer"}, "", "EXTERNAL-IP"),
        ({"kind": "port-forward"}, "http://localhost:8000/", "while this command runs"),
    ],
)
def test_the_address_as_far_as_the_answers_tell(expose: dict[str, object], url: str, note: str) -> None:
    plain = Setup().model_dump(by_alias=True)
    plain["target"] |= {"context": "my cluster", "expose": expose}
    found = address(Setup.model_validate(plain), Path("/a hub"))
    assert found.url == url
    assert note in found.note
    own = "codehub port-forward '/a hub'"
    assert found.command in {"", own} or found.command.endswith("--namespace codehub --context 'my cluster'")
    assert (found.command == own) == (expose["kind"] == "port-forward")


def test_facts_of_results_that_are_odd() -> None:
    assert facts(StepRecord("x", "done", "", {})) == ""
    assert facts(StepRecord("x", "done", "", {"revision": 1})) == "revision 1 of the chart, done"
    assert facts(StepRecord("x", "done", "", {"reference": None, "image": None})) == ""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """An in-memory cluster that KUBECONFIG names."""
    with FakeCluster(tmp_path / "cluster") as running:
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        yield running


@pytest.mark.tier("helm4")
async def test_what_helm_and_the_cluster_say(
    folder: Path, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEHUB_HELM", str(parts.program("helm4")))
    place = saved(folder, DONE, context=cluster.context)
    setup = standing(place).setup
    assert (await live(setup)).revision is None
    release = helm_tool.Release(helm=await helm_tool.find(), name="jhub", namespace="codehub", context=cluster.context)
    chart = Chart(str(parts.ROOT / "tests" / "charts" / "jupyterhub"))
    await release.upgrade_install(
        chart, [place.values, place.secrets], Recorder(), helm_tool.UpgradeOptions(timeout=30, rollback=False)
    )
    found = await live(setup)
    assert found.revision is not None
    assert found.revision.deployed
    assert found.unseen == ""
    assert {pod.component for pod in found.pods} >= {"hub"}
    service = cluster.items("services", "codehub")
    assert any(item["metadata"]["name"] == "proxy-public" for item in service), json.dumps(service)[:500]
    assert all(url.startswith("http://127.0.0.1:3") for url in found.addresses)
    assert len(found.addresses) == 1
    app = CodehubApp(folder)
    async with app.run_test(size=(120, 60)) as pilot:
        screen = await opened(app, place)
        await until(pilot, lambda: "Revision 1: deployed, jupyterhub-4.4.0" in shown(app))
        text = shown(app)
        assert "Pod hub-" in text
        assert "Editors running: 0" in text
        assert found.addresses[0] in text
        await pilot.press("f5")
        await until(pilot, lambda: "Revision 1: deployed" in shown(app))
        assert [line.value for line in screen.query(FactLine)].count(found.addresses[0]) == 1


async def test_a_cluster_that_does_not_answer_says_so_and_nothing_waits(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = tmp_path / "helm"
    helm.write_text("#!/bin/sh\nsleep 300\n", encoding="utf-8")
    helm.chmod(0o755)
    monkeypatch.setenv("CODEHUB_HELM", str(helm))
    place = saved(folder, DONE)
    app = CodehubApp(folder)
    async with app.run_test(size=(120, 60)) as pilot:
        await opened(app, place)
        await until(pilot, lambda: "Asking the cluster" in shown(app))
        await pilot.press("r")
        await until(pilot, lambda: passwords(place)[0] in shown(app))
        await pilot.press("escape")
        await on_screen(pilot, "StartScreen")


def test_a_folder_without_a_setup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        standing(SetupFolder(tmp_path))
    assert State() == State()
