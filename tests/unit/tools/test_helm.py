"""What is made of Helm's arguments, answers and histories, without a Helm."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import MissingError, StepFailed
from wizard.tools.helm import Helm, Release, UpgradeOptions, find
from wizard.tools.helm_chart import Chart
from wizard.tools.helm_release import RepairKind, Revision, parse_history, repair_for

HELM3, HELM4 = Helm("helm", (3, 17, 3)), Helm("helm", (4, 1, 4))
CHART = Chart("https://hub.jupyter.org/helm-chart/", "4.4.0")


def release(helm: Helm, context: str = "kind-dev") -> Release:
    return Release(helm=helm, name="jhub", namespace="codehub", context=context)


@pytest.mark.parametrize("helm", [HELM3, HELM4])
def test_each_major_gets_its_own_flags(helm: Helm) -> None:
    argv = release(helm).upgrade_command(CHART, [Path("config.yaml")], UpgradeOptions(force_conflicts=True))
    own = (
        ["--wait", "--atomic"] if helm.major == 3 else ["--wait=watcher", "--rollback-on-failure", "--force-conflicts"]
    )
    assert argv[:5] == ["helm", "upgrade", "--install", "jhub", "jupyterhub"]
    assert [
        flag
        for flag in argv
        if flag in {"--wait", "--atomic", "--force-conflicts"} or "=" in flag or "rollback" in flag
    ] == own
    assert argv[argv.index("--values") + 1] == str(Path("config.yaml").absolute())
    assert argv[argv.index("--kube-context") + 1] == "kind-dev"
    assert "600s" in argv


def test_without_a_wait_nothing_is_rolled_back() -> None:
    argv = release(HELM3, context="").upgrade_command(CHART, [], UpgradeOptions(wait=False))
    assert not {"--wait", "--atomic", "--kube-context"} & set(argv), "--atomic would wait all the same"


@pytest.mark.parametrize(
    "chart, arguments",
    [
        (CHART, ["jupyterhub", "--repo", "https://hub.jupyter.org/helm-chart/", "--version", "4.4.0"]),
        (Chart("https://charts.acme/x-1.tgz", "1"), ["https://charts.acme/x-1.tgz"]),
        (Chart("oci://ghcr.io/acme/jupyterhub", "4.4.0"), ["oci://ghcr.io/acme/jupyterhub", "--version", "4.4.0"]),
        (Chart("/srv/charts/jupyterhub", "4.4.0"), ["/srv/charts/jupyterhub"]),
        (Chart("https://charts.acme/", name="hub"), ["hub", "--repo", "https://charts.acme/"]),
    ],
)
def test_where_a_chart_comes_from(chart: Chart, arguments: list[str]) -> None:
    assert chart.arguments() == arguments


def test_a_relative_chart_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Chart("jupyterhub").arguments() == [str(tmp_path / "jupyterhub")]


@pytest.mark.parametrize(
    "said, expected",
    [
        ("echo v3.12.9+gabc", "is too old"),
        ("echo v2.17.0", "is too old"),
        ("echo something", "does not answer as Helm"),
        ("echo broken >&2; exit 3", "does not answer as Helm"),
    ],
)
async def test_a_helm_that_will_not_do(
    said: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "helm"
    program.write_text(f"#!/bin/sh\n{said}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CODEHUB_HELM", str(program))
    with pytest.raises(MissingError, match=expected):
        await find()


async def test_no_helm_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="not installed"):
        await find()


def revision(number: int, status: str, description: str = "Upgrade complete") -> Revision:
    return Revision(number=number, status=status, description=description)


def test_the_last_good_revision_frees_an_upgrade() -> None:
    """A bare `helm rollback` would take 3, which failed."""
    history = [
        revision(1, "superseded", "Install complete"),
        revision(2, "deployed"),
        revision(3, "failed", 'Upgrade "jhub" failed: timed out'),
        revision(4, "pending-upgrade", "Preparing upgrade"),
    ]
    repair = repair_for(history)
    assert repair is not None
    assert (repair.kind, repair.revision, repair.warning) == (RepairKind.ROLLBACK, 2, "")


def test_a_failed_revision_that_helm_4_calls_superseded_is_no_good() -> None:
    history = [
        revision(1, "superseded", "Install complete"),
        revision(2, "superseded", 'Upgrade "jhub" failed: context deadline exceeded'),
        revision(3, "pending-rollback", "Rollback to 1"),
    ]
    repair = repair_for(history)
    assert repair is not None
    assert repair.revision == 1


def test_only_an_uninstall_frees_a_first_install() -> None:
    history = [revision(1, "failed", "Release failed"), revision(2, "pending-install", "Initial install underway")]
    repair = repair_for(history)
    assert repair is not None
    assert repair.kind is RepairKind.UNINSTALL
    assert "database" in repair.warning


@pytest.mark.parametrize(
    "history", [[], [revision(1, "deployed")], [revision(1, "pending-upgrade"), revision(2, "failed")]]
)
def test_what_is_not_locked_needs_no_repair(history: list[Revision]) -> None:
    assert repair_for(history) is None


@given(st.lists(st.sampled_from(["deployed", "failed", "superseded", "pending-upgrade", "uninstalled"])))
def test_a_repair_goes_back_to_a_good_revision_or_uninstalls(statuses: list[str]) -> None:
    history = [revision(number, status) for number, status in enumerate(statuses, 1)]
    repair = repair_for(history)
    assert (repair is not None) == (bool(history) and history[-1].locked)
    if repair is not None and repair.kind is RepairKind.ROLLBACK:
        assert history[repair.revision - 1].was_good


def test_reads_a_history() -> None:
    rows = [
        {
            "revision": 2,
            "status": "deployed",
            "chart": "jupyterhub-4.4.0",
            "app_version": "5.5.0",
            "description": "a\n\tb",
        },
        {"revision": 1, "status": "superseded", "chart": "my-jupyter-hub-4.5.0-dev.2", "updated": "2026-01-01"},
    ]
    first, second = parse_history(json.dumps(rows))
    assert (first.number, first.chart_version, second.chart_version) == (1, "4.5.0-dev.2", "4.4.0")
    assert second.description == "a b"


@given(st.one_of(st.text(), st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps)))
def test_any_other_answer_is_an_error_for_people(text: str) -> None:
    try:
        parse_history(text)
    except StepFailed as error:
        assert error.fix
