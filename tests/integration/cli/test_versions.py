"""`codehub versions`: live where it can be reached, bundled otherwise, and it says which."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.support.processes import free_port, port_answers, running, wait_until
from tests.support.program import codehub
from wizard.catalog.bundled import chart_releases, code_server_tags

OFFLINE = {"CODEHUB_OFFLINE": "1"}


@pytest.mark.parametrize("kind", ["code-server", "chart"])
def test_offline_the_bundled_list_is_given_and_named(kind: str) -> None:
    ended = codehub("versions", kind, env=OFFLINE)
    assert (ended.code, ended.err) == (0, "")
    assert "bundled with codehub" in ended.out.splitlines()[0]
    assert "CODEHUB_OFFLINE" in ended.out
    assert "--all shows them" in ended.out


def test_for_programs() -> None:
    document = codehub("versions", "code-server", "--json", "--all", env=OFFLINE).document
    assert document["source"] == "bundled"
    stable = {tag.version for tag in code_server_tags() if not tag.prerelease}
    assert {entry["version"] for entry in document["versions"]} == stable
    document = codehub("versions", "chart", "--json", "--limit", "2", env=OFFLINE).document
    newest = [release.version for release in chart_releases() if not release.prerelease][:2]
    assert [entry["version"] for entry in document["versions"]] == newest
    assert all(entry["hub_image"] for entry in document["versions"])


def test_rows_can_be_chosen() -> None:
    ended = codehub("versions", "code-server", "v4.100", env=OFFLINE)
    rows = [line for line in ended.out.splitlines() if line.startswith("v4.")]
    assert rows
    assert all("v4.100" in row for row in rows)
    nothing = codehub("versions", "code-server", "no", "such", env=OFFLINE)
    assert (nothing.code, "Nothing matches 'no such'." in nothing.out) == (0, True)
    assert (
        "newest for debian:bookworm-slim: v"
        in codehub("versions", "code-server", "--base", "debian:bookworm-slim", env=OFFLINE).out
    )
    assert "newest for Kubernetes 1.28: " in codehub("versions", "chart", "--kubernetes", "1.28", env=OFFLINE).out


def test_a_source_that_answers_is_live(tmp_path: Path) -> None:
    entry = {"name": "jupyterhub", "version": "9.9.9", "appVersion": "6.1.0", "created": "2026-01-31T00:00:00Z"}
    index = {"apiVersion": "v1", "entries": {"jupyterhub": [{**entry, "urls": ["jupyterhub-9.9.9.tgz"]}]}}
    (tmp_path / "index.yaml").write_text(yaml.safe_dump(index), encoding="utf-8")
    port = free_port()
    server = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    with running(server, log=tmp_path / "log"):
        wait_until(lambda: port_answers(port), "the server")
        address = {"CODEHUB_CHART_REPOSITORY": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1"}
        document = codehub("versions", "chart", "--json", env=address).document
    assert document["source"] == "live"
    assert [(one["version"], one["jupyterhub"]) for one in document["versions"]] == [("9.9.9", "6.1.0")]
    again = codehub("versions", "chart", env=address)
    assert "cached, read" in again.out.splitlines()[0]


def test_sources_that_do_not_answer_are_named_in_time() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    began = time.monotonic()
    ended = codehub(
        "versions",
        "chart",
        "--json",
        env={"HTTPS_PROXY": nobody, "HTTP_PROXY": nobody, "NO_PROXY": "", "CODEHUB_CHART_REPOSITORY": nobody},
    )
    assert time.monotonic() - began < 40
    assert (ended.code, ended.err) == (0, "")
    assert ended.document["source"] == "bundled"
    assert ended.document["note"]
