"""Hosts whose names nobody knows, and a DNS that goes away in the middle of a run: what is named, and the next run."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.cli.applying import applying, ended, read_until, says, sleeping
from tests.integration.cli.conftest import Small
from tests.integration.faults.pushing import pushing
from tests.integration.main_job import options, outcomes
from tests.support.chart_repository import chart_repository
from tests.support.registry import Registry

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3"), pytest.mark.timeout(400)]

NOWHERE = "nowhere.invalid"
"""No name server may ever know it (RFC 6761)."""


@pytest.mark.tier("registry")
def test_a_registry(small: Small, registry: Registry) -> None:
    name = pushing(small, f"registry.{NOWHERE}")
    done = small.run("apply", "--yes", "--progress", "json")
    done.refused(3, f"registry.{NOWHERE}/{name}:1.0.0 could not be pushed.", "images.registry", "log: ")
    assert outcomes(done.events)["build-notebook"] == "done"
    assert small.run("init", *options({"images.registry": registry.address})).code == 0
    again = small.run("apply", "--yes", "--progress", "json")
    assert again.code == 0, again.err
    assert registry.tags(name) == ["1.0.0"]


def test_a_chart_repository(small: Small) -> None:
    there = small.folder.joinpath("codehub.yaml").read_bytes()
    fields = {"target.chart.source": f"https://charts.{NOWHERE}/", "target.chart.version": "4.4.0"}
    assert small.run("init", *options(fields)).code == 0
    planned = small.run("plan")
    assert planned.code == 0, "what else would be done is worth to be shown"
    assert f"charts.{NOWHERE}" in planned.out
    small.run("apply", "--yes").refused(3, f"charts.{NOWHERE}")
    small.folder.joinpath("codehub.yaml").write_bytes(there)
    assert small.run("apply", "--yes").code == 0


def test_a_cluster(small: Small, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        re.sub(r"//127\.0\.0\.1:", f"//cluster.{NOWHERE}:", Path(small.env["KUBECONFIG"]).read_text())
    )
    for words in (("plan",), ("apply", "--yes")):
        done = small.run(*words, KUBECONFIG=str(kubeconfig))
        done.refused(3, f"cluster.{NOWHERE}")
    assert small.run("apply", "--yes").code == 0


@pytest.mark.tier("registry")
def test_the_releases_of_code_server(small: Small, base: str) -> None:
    fields = {"code_server.release_url": f"https://releases.{NOWHERE}/v", "images.notebook.base": base}
    assert small.run("init", *options(fields)).code == 0
    before = small.folder.joinpath("codehub.yaml").read_bytes()
    small.run("pin").refused(3, f"releases.{NOWHERE}", "The server could not be reached", "Check the network")
    assert small.folder.joinpath("codehub.yaml").read_bytes() == before


@dataclass
class Names:
    """A hosts file that stands in the place of the machine's, for programs that `within` comes before."""

    hosts: Path
    resolver: Path

    @property
    def within(self) -> list[str]:
        """Words before a command line that let it see these files alone."""
        mounts = f"mount --bind '{self.hosts}' /etc/hosts && mount --bind '{self.resolver}' /etc/resolv.conf"
        return ["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh"]

    def lose(self) -> None:
        """Know no name any more; a name server is asked for nothing, as none listens where it is said to be."""
        self.hosts.write_text("")


@pytest.fixture
def names(tmp_path: Path) -> Names:
    made = Names(tmp_path / "hosts", tmp_path / "resolv.conf")
    made.hosts.write_text("127.0.0.1 localhost charts.codehub.test\n")
    made.resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    tried = subprocess.run([*made.within, "true"], capture_output=True, check=False, timeout=20)
    if os.geteuid() or tried.returncode:
        pytest.skip("a mount namespace of its own needs root and the right to make one")
    return made


def test_the_dns_goes_away_in_the_middle(small: Small, names: Names, tmp_path: Path, helm3: Path) -> None:
    """The plan was made while the chart's repository had an address; the deploy has none to go to."""
    there = small.folder.joinpath("codehub.yaml").read_bytes()
    with chart_repository(tmp_path / "charts", helm3) as url:
        named = url.replace("127.0.0.1", "charts.codehub.test")
        fields = {"target.chart.source": named, "target.chart.version": "4.4.0"}
        assert small.run("init", *options(fields)).code == 0
        mark = sleeping(small, 3)
        with applying(small, within=names.within) as process:
            events = read_until(process, says(mark))
            names.lose()
            done = ended(process, events)
        done.refused(3, "The chart could not be fetched.", "charts.codehub.test", "log: ")
        assert outcomes(done.events)["build-notebook"] == "done"
        assert outcomes(done.events)["deploy"] == "failed"
        names.hosts.write_text("127.0.0.1 localhost charts.codehub.test\n")
        with applying(small, within=names.within) as process:
            again = ended(process, [])
        assert again.code == 0, again.err
        assert outcomes(again.events)["build-notebook"] == "skipped"
    small.folder.joinpath("codehub.yaml").write_bytes(there)
