"""From chart 3.3 to 4.x on a real cluster, with real charts, where both are given.

CODEHUB_TEST_CHARTS is a folder of the chart's packages; the nodes of CODEHUB_TEST_KUBECONFIG must reach this machine's
loopback registry, as those of a cluster on this machine do.
"""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import sqlite3
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.integration.cli.deployed import tags
from tests.support import parts
from tests.support.program import Ended, codehub
from tests.support.registry import Registry
from wizard.catalog import parse_version

pytestmark = [
    pytest.mark.tier("cluster", "charts", "docker", "buildx", "base_image", "registry", "helm3", "kubectl"),
    pytest.mark.timeout(1800),
]


@pytest.fixture
def repository(tmp_path: Path, helm3: Path) -> Iterator[str]:
    packages = tmp_path / "packages"
    packages.mkdir()
    for package in Path(os.environ["CODEHUB_TEST_CHARTS"]).glob("*.tgz"):
        shutil.copy(package, packages)
    subprocess.run([helm3, "repo", "index", packages], check=True, capture_output=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(packages))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def namespace(kubectl: Path) -> Iterator[str]:
    name = f"codehub-test-{uuid.uuid4().hex[:8]}"
    yield name
    kubeconfig = f"--kubeconfig={os.environ['CODEHUB_TEST_KUBECONFIG']}"
    argv = [str(kubectl), kubeconfig, "delete", "namespace", name, "--ignore-not-found", "--wait=false"]
    subprocess.run(argv, check=False, capture_output=True)
    subprocess.run(["docker", "image", "rm", "--force", *tags(name)], check=False, capture_output=True)


def newest(repository_index: Path, series: str) -> str:
    entries = yaml.safe_load(repository_index.read_text())["entries"]["jupyterhub"]
    versions = [str(entry["version"]) for entry in entries if str(entry["version"]).startswith(series)]
    assert versions, f"CODEHUB_TEST_CHARTS has no chart {series}x"
    return max(versions, key=lambda version: parse_version(version) or ())


def test_from_3_3_to_4(repository: str, namespace: str, registry: Registry, helm3: Path, tmp_path: Path) -> None:
    index = tmp_path / "packages" / "index.yaml"
    old, new = newest(index, "3.3."), newest(index, "4.")
    folder = tmp_path / "hub"
    kubeconfig = os.environ["CODEHUB_TEST_KUBECONFIG"]

    def run(name: str, *options: str) -> Ended:
        env = {"CODEHUB_HELM": str(helm3), "KUBECONFIG": kubeconfig}
        ended = codehub(name, folder, *options, env=env, seconds=900)
        assert ended.code == 0, ended.out + ended.err
        return ended

    settings = {
        "code_server.version": "v4.9.1",
        "images.registry": f"{registry.address}/{namespace}",
        "images.notebook.name": namespace,
        "target.namespace": namespace,
        "target.chart.source": repository,
        "target.chart.version": old,
        "target.expose.kind": "port-forward",
        "target.verify": "none",
        "hub.auth.kind": "dummy",
        "hub.auth.insecure_dummy": "true",
        "hub.auth.users": "alice",
    }
    run("init", *(word for field, value in settings.items() for word in ("--set", f"{field}={value}")))
    run("render")
    (folder / "Dockerfile.notebook").write_text(f"FROM {parts.BASE_IMAGE}\n")
    run("apply", "--yes")
    secrets = (folder / "secrets.yaml").read_bytes()
    shown = run("upgrade", "--chart", new, "--yes")
    assert "Save the hub's database" in shown.out
    (saved,) = (folder / ".codehub" / "backups").glob("*.sqlite")
    with closing(sqlite3.connect(saved)) as copy:
        assert copy.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    assert yaml.safe_load((folder / "values.extra.yaml").read_text())["hub"]["config"]["KubeSpawner"] == {
        "slug_scheme": "escape"
    }
    assert (folder / "secrets.yaml").read_bytes() == secrets
    listed = run("rollback", "--list", "--json").document
    assert [past["status"] for past in listed] == ["superseded", "deployed"]
    assert listed[-1]["chart"] == f"jupyterhub-{new}"
