"""The tiers skip what this machine lacks, and fail where it was demanded."""

import os
from pathlib import Path

import pytest

from tests.conftest import pytest_runtest_setup
from tests.support import tiers
from tests.support.parts import REAL_HOME

_ABSENT = tiers.Tier("a part that nobody has", lambda: False, "wish for it")


@pytest.fixture
def absent_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tiers.TIERS, "docker", _ABSENT)


@pytest.mark.parametrize(
    ("demanded", "expected"), [("", False), ("all", True), ("docker,helm3", True), ("helm3", False)]
)
def test_codehub_require_demands_tiers(demanded: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEHUB_REQUIRE", demanded)
    assert tiers.required("docker") is expected


def test_an_optional_tier_is_never_demanded_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEHUB_REQUIRE", "all")
    assert not tiers.required("cluster")


def test_a_name_that_is_no_tier_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such tier: dokcer"):
        tiers.missing(["dokcer"])


@pytest.mark.usefixtures("absent_tier")
def test_the_reason_names_the_part_and_how_to_get_it() -> None:
    assert tiers.missing(["docker"]) == ["docker"]
    assert tiers.explain(["docker"]) == "missing: a part that nobody has (wish for it)"


@pytest.mark.parametrize(("demanded", "outcome"), [("", pytest.skip.Exception), ("all", pytest.fail.Exception)])
@pytest.mark.usefixtures("absent_tier")
def test_a_test_without_its_part_is_skipped_or_fails(
    demanded: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEHUB_REQUIRE", demanded)
    with pytest.raises(outcome, match="missing: a part that nobody has"):
        tiers.demand(["docker"])


def test_the_mark_is_what_demands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEHUB_REQUIRE", "")
    pytest_runtest_setup(request.node)
    monkeypatch.setitem(tiers.TIERS, "docker", _ABSENT)
    request.node.add_marker(pytest.mark.tier("docker"))
    with pytest.raises(pytest.skip.Exception):
        pytest_runtest_setup(request.node)


def test_clean_home_leads_away_from_the_persons_own(clean_home: Path) -> None:
    assert Path.home() == clean_home != REAL_HOME
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "KUBECONFIG", "DOCKER_CONFIG"):
        assert Path(os.environ[variable]).is_relative_to(clean_home)
