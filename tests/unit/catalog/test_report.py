"""What `codehub versions` prints."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.catalog import loopback
from wizard.catalog.live import Catalog
from wizard.catalog.models import chart_from_json, tag_from_json
from wizard.catalog.report import Query, Report, versions_report
from wizard.catalog.sources import Sources


@pytest.fixture
def offline(tmp_path: Path) -> Catalog:
    return Catalog(Sources(offline=True), tmp_path)


def _tags(report: Report) -> list[str]:
    versions = json.loads(json.dumps(report.document))["versions"]
    return [tag_from_json(entry).tag for entry in versions]


def test_the_newest_come_first_with_their_origin(offline: Catalog) -> None:
    report = versions_report("code-server", Query(limit=3), catalog=offline)
    assert report.lines[0].startswith("code-server: ")
    assert "bundled with codehub, made " in report.lines[0]
    assert report.lines[1].startswith("note: not live: codehub is told to stay offline")
    assert report.lines[2].startswith("newest: v4.139.1, VS Code 1.139, Node 24")
    header, *rows = report.lines[4:8]
    assert header.split() == ["TAG", "DATE", "VS", "CODE", "NODE"]
    assert [row.split()[0] for row in rows] == ["v4.139.1", "v4.138.0", "v4.137.0"] == _tags(report)
    assert report.lines[8].endswith(" older ones: --all shows them")
    assert report.document["source"] == "bundled"
    assert report.document["facts"] == {"newest": "v4.139.1"}
    assert all(len(line) <= 100 for line in report.lines if not line.startswith(("note", "newest")))


def test_filter_pre_releases_and_limit(offline: Catalog) -> None:
    found = versions_report("code-server", Query(filter_text="4.99 node 20", limit=None), catalog=offline)
    assert _tags(found) == ["v4.99.4", "v4.99.3", "v4.99.2", "v4.99.1", "v4.99.0"]
    with_pre = versions_report("code-server", Query(prereleases=True, filter_text="4.99.0"), catalog=offline)
    assert _tags(with_pre) == ["v4.99.0", "v4.99.0-rc.1"]
    assert _tags(versions_report("code-server", Query(limit=0), catalog=offline)) == []
    nothing = versions_report("code-server", Query(filter_text="nothing like it"), catalog=offline)
    assert nothing.lines[-1] == "Nothing matches 'nothing like it'."
    assert (nothing.document["total"], nothing.document["versions"]) == (0, [])


def test_a_version_that_is_tagged_twice_is_one_row(offline: Catalog) -> None:
    assert _tags(versions_report("code-server", Query(filter_text="4.101.0"), catalog=offline)) == ["v4.101.0"]


def test_a_single_match_is_explained(offline: Catalog) -> None:
    report = versions_report("code-server", Query(filter_text="v4.16.0"), catalog=offline)
    assert "Needs Node 16 and glibc 2.17." in report.lines
    chart = versions_report("chart", Query(filter_text="4.4.0"), catalog=offline)
    assert any(line.startswith("Chart 4.4.0 goes with JupyterHub 5.5.0") for line in chart.lines)
    assert chart.lines[0].startswith("chart: 1 version, ")


def test_the_newest_for_a_base_image(offline: Catalog) -> None:
    report = versions_report("code-server", Query(base="ubuntu:18.04"), catalog=offline)
    assert report.document["facts"] == {"newest": "v4.139.1", "newest_for_base": "v4.16.1"}
    assert any(line.startswith("newest for ubuntu:18.04: v4.16.1. ") for line in report.lines)
    none = versions_report("code-server", Query(base="alpine:3.20"), catalog=offline)
    assert any("newest for alpine:3.20: none. alpine:3.20 has musl" in line for line in none.lines)


def test_charts_with_what_goes_with_them(offline: Catalog) -> None:
    report = versions_report("chart", Query(kubernetes="v1.27.3", helm="v3.17.0"), catalog=offline)
    document = json.loads(json.dumps(report.document))
    assert document["facts"] == {"newest": "4.4.0", "newest_for_cluster": "3.3.8"}
    first = chart_from_json(document["versions"][0])
    assert (first.version, first.jupyterhub, first.min_kubernetes) == ("4.4.0", "5.5.0", "1.28")
    assert "newest for Kubernetes v1.27.3 and Helm v3.17.0: 3.3.8" in report.lines
    assert "quay.io/jupyterhub/k8s-hub:4.4.0" in report.text


def test_a_live_list_says_so(tmp_path: Path) -> None:
    answers = {"/index.yaml": loopback.body(loopback.index_yaml(("5.9.0", "6.1.0")))}
    with loopback.serve(answers) as site:
        catalog = Catalog(Sources(chart_repository=site.address), tmp_path)
        report = versions_report("chart", catalog=catalog, wait=20)
    assert report.lines[0] == "chart: 1 version, live, read just now"
    assert report.document["source"] == "live"
    assert report.document["age_seconds"] in {0, 1}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(max_size=30), st.none() | st.integers(-3, 9))
def test_no_filter_breaks_the_report(offline: Catalog, words: str, limit: int | None) -> None:
    for kind in ("code-server", "chart"):
        report = versions_report(kind, Query(filter_text=words, limit=limit), catalog=offline)
        assert json.dumps(report.document)
        assert not any("\n" in line for line in report.lines)
