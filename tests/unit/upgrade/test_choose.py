"""The versions that an upgrade goes to."""

from __future__ import annotations

import pytest

from tests.unit.render.setups import setup
from wizard.catalog.bundled import chart_releases, code_server_tags
from wizard.errors import UsageError
from wizard.upgrade.choose import Known, Wanted, choose, newest_code_server

KNOWN = Known(tuple(code_server_tags()), tuple(chart_releases()))
NEWEST_TAG = next(tag.tag for tag in code_server_tags() if not tag.prerelease)
OLD = setup(
    code_server__version="v4.9.1", target__chart__version="3.3.8", target__context="minikube", hub__auth__kind="native"
)


def test_both_by_default_one_when_one_is_named() -> None:
    newest_chart = next(release.version for release in chart_releases() if not release.prerelease)
    both = choose(OLD, KNOWN, Wanted())
    assert (both.code_server, both.chart) == (NEWEST_TAG, newest_chart)
    one = choose(OLD, KNOWN, Wanted(code_server="4.100.3"))
    assert (one.code_server, one.chart) == ("v4.100.3", "3.3.8")
    other = choose(OLD, KNOWN, Wanted(chart="4.0.0"))
    assert (other.code_server, other.chart) == ("v4.9.1", "4.0.0")


def test_the_newest_goes_with_the_base_image() -> None:
    old_base = setup(code_server__version="v4.9.1", images__notebook__base="debian:stretch")
    chosen = newest_code_server(old_base, KNOWN.tags)
    assert chosen == next(tag.tag for tag in KNOWN.tags if not tag.prerelease and tag.order < (4, 17, 0))
    assert newest_code_server(setup(code_server__version=NEWEST_TAG), KNOWN.tags) == ""


def test_the_chart_goes_with_the_cluster_and_says_what_it_leaves_out() -> None:
    known = Known(KNOWN.tags, KNOWN.charts, kubernetes="v1.27.4")
    chosen = choose(OLD, known, Wanted())
    assert chosen.chart == "3.3.8"
    assert any("needs Kubernetes 1.28" in note for note in chosen.notes)
    with pytest.raises(UsageError, match="cannot be deployed here"):
        choose(OLD, known, Wanted(chart="4.4.0"))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(code_server="4.133.99"), "There is no code-server 4.133.99"),
        (Wanted(chart="4.9.9"), "There is no chart 4.9.9"),
        (Wanted(chart="three"), "There is no chart three"),
        (Wanted(chart="2.0.0"), "older than 3.3.8"),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out(wanted: Wanted, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        choose(OLD, KNOWN, wanted)
    assert caught.value.fix


def test_a_chart_of_a_folder_has_one_version() -> None:
    local = setup(target__chart__source="./charts/jupyterhub", target__chart__version="3.3.8")
    chosen = choose(local, KNOWN, Wanted())
    assert chosen.chart == "3.3.8"
    assert "./charts/jupyterhub" in chosen.notes[0]
    with pytest.raises(UsageError, match="one version only"):
        choose(local, KNOWN, Wanted(chart="4.4.0"))
    with pytest.raises(UsageError, match="has no chart"):
        choose(setup(target__kind="docker"), KNOWN, Wanted(chart="4.4.0"))


def test_newer_than_all_that_is_known_stays() -> None:
    ahead = setup(code_server__version="v99.0.0", target__chart__version="98.0.0")
    chosen = choose(ahead, KNOWN, Wanted())
    assert (chosen.code_server, chosen.chart) == ("v99.0.0", "98.0.0")
