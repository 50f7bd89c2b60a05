"""From an empty folder to a deployed release, headless, on real parts; and coming back to it.

With CODEHUB_TEST_KUBECONFIG it runs on that cluster (whose nodes must reach this machine's loopback registry, as
those of a cluster on this machine do), with CODEHUB_TEST_CHART it deploys that chart.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.main_job import answers, finished, options, outcomes
from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.program import Ended, codehub
from tests.support.registry import Registry

pytestmark = [
    pytest.mark.tier("docker", "buildx", "base_image", "registry", "network"),
    pytest.mark.timeout(1500),
]

RELEASE = "jhub"


@dataclass(frozen=True)
class Place:
    """Where a Helm deploys to."""

    helm: Path
    kubeconfig: Path
    namespace: str

    @property
    def env(self) -> dict[str, str]:
        return {"CODEHUB_HELM": str(self.helm), "KUBECONFIG": str(self.kubeconfig)}

    def ask(self, *arguments: str) -> Any:
        """What Helm says about the release, as data."""
        command, *more = arguments
        asked = [str(self.helm), command, *more, RELEASE, "--namespace", self.namespace, "--output", "json"]
        done = subprocess.run(asked, env={**os.environ, **self.env}, capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)

    def run(self, *arguments: str | Path) -> Ended:
        """codehub, on this cluster and with this Helm."""
        return codehub(*arguments, env=self.env, seconds=1200)


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of a real cluster, where one is named, or of the in-memory one."""
    real = os.environ.get("CODEHUB_TEST_KUBECONFIG")
    if real:
        yield Path(real)
        return
    with FakeCluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running.kubeconfig


@pytest.fixture(
    params=[
        pytest.param("helm3", marks=pytest.mark.tier("helm3")),
        pytest.param("helm4", marks=pytest.mark.tier("helm4")),
    ]
)
def place(request: pytest.FixtureRequest, kubeconfig: Path) -> Iterator[Place]:
    """The real Helm 3, then the real Helm 4, each with a namespace of its own that is empty again afterwards."""
    helm = parts.program(request.param)
    assert helm is not None
    made = Place(helm, kubeconfig, f"codehub-test-{request.param}-{uuid.uuid4().hex[:6]}")
    yield made
    env = {**os.environ, **made.env}
    gone = [str(helm), "uninstall", RELEASE, "--namespace", made.namespace, "--ignore-not-found", "--wait"]
    subprocess.run(gone, env=env, capture_output=True, check=False, timeout=300)
    kubectl = parts.program("kubectl")
    if kubectl and os.environ.get("CODEHUB_TEST_KUBECONFIG"):
        subprocess.run([kubectl, "delete", "namespace", made.namespace], env=env, check=False, timeout=300)


@pytest.fixture
def names(registry: Registry, place: Place) -> Iterator[dict[str, str]]:
    """Names of the two images, which are removed from the Docker engine afterwards."""
    found = {image: f"{place.namespace}/{image}" for image in ("notebook", "hub")}
    yield found
    for name in found.values():
        reference = f"{registry.address}/{name}:1.0.0"
        subprocess.run(["docker", "image", "rm", "--force", reference], capture_output=True, check=False, timeout=60)


def test_main_job(
    place: Place, registry: Registry, names: dict[str, str], hub_base: str, base_image: str, tmp_path: Path
) -> None:
    """One story, in order: each part needs what the part before it left."""
    folder = tmp_path / "my hub"
    fields = {"target.namespace": place.namespace, "target.release": RELEASE}
    fields |= {f"images.{image}.name": name for image, name in names.items()}
    chart = os.environ.get("CODEHUB_TEST_CHART")
    if chart:
        fields["target.chart.source"] = chart

    chosen = answers(registry.address, base_image, hub_base, fields)
    made = place.run("init", folder, "--yes", *options(chosen))
    assert made.code == 0, made.err

    first = place.run("apply", folder, "--yes", "--progress", "json")
    assert first.code == 0, first.err
    assert set(outcomes(first.events)) == {
        "build-notebook",
        "build-hub",
        "deliver-notebook",
        "deliver-hub",
        "deploy",
    }
    assert set(outcomes(first.events).values()) == {"done"}
    _were_built_at_the_same_time(first.events)
    assert {image: registry.tags(name) for image, name in names.items()} == {"notebook": ["1.0.0"], "hub": ["1.0.0"]}
    results = {step: event["result"] for step, event in finished(first.events).items()}
    assert results["deploy"]["status"] == "deployed"
    digests = {image: results[f"deliver-{image}"]["digest"] for image in names}
    assert all(digest.startswith("sha256:") for digest in digests.values())
    _the_release_has(place, folder, digests)
    _secrets_are_only_in_the_secrets_file(folder, first.out + first.err)

    again = place.run("apply", folder, "--yes", "--progress", "json")
    assert again.code == 0, again.err
    assert set(outcomes(again.events).values()) == {"skipped"}
    assert all(event["event"] not in {"step-started", "task", "progress"} for event in again.events)
    assert "Nothing to do" in again.events[-1]["summary"]
    assert [revision["revision"] for revision in place.ask("history")] == [1]

    assert place.run("init", folder, "--set", "code_server.packages=[jq]").code == 0
    changed = place.run("apply", folder, "--yes", "--progress", "json")
    assert changed.code == 0, changed.err
    assert outcomes(changed.events) == {
        "build-notebook": "done",
        "deliver-notebook": "done",
        "build-hub": "skipped",
        "deliver-hub": "skipped",
        "deploy": "done",
    }
    assert [revision["revision"] for revision in place.ask("history")] == [1, 2]
    newer = finished(changed.events)["deliver-notebook"]["result"]["digest"]
    assert newer != digests["notebook"]
    _the_release_has(place, folder, digests | {"notebook": newer})


def _were_built_at_the_same_time(events: list[dict[str, Any]]) -> None:
    order = [(event["event"], event.get("step")) for event in events]
    starts = [order.index(("step-started", step)) for step in ("build-notebook", "build-hub")]
    ends = [order.index(("step-finished", step)) for step in ("build-notebook", "build-hub")]
    assert max(starts) < min(ends)


def _the_release_has(place: Place, folder: Path, digests: dict[str, str]) -> None:
    """The release's values are those of the files, with the images that were pushed and the secrets."""
    values = place.ask("get", "values")
    written = yaml.safe_load((folder / "config.yaml").read_text())
    assert values["singleuser"]["cmd"] == written["singleuser"]["cmd"]
    assert values["singleuser"]["image"]["name"] == written["singleuser"]["image"]["name"]
    assert digests["notebook"] in values["singleuser"]["image"]["tag"]
    assert digests["hub"] in values["hub"]["image"]["tag"]
    secret = yaml.safe_load((folder / "secrets.yaml").read_text())["hub"]["config"]["SharedPasswordAuthenticator"]
    assert values["hub"]["config"]["SharedPasswordAuthenticator"].items() >= secret.items()


def _secrets_are_only_in_the_secrets_file(folder: Path, output: str) -> None:
    path = folder / "secrets.yaml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets = yaml.safe_load(path.read_text())["hub"]["config"]["SharedPasswordAuthenticator"].values()
    assert len(secrets) == 2
    for secret in secrets:
        assert secret not in output
        for other in folder.rglob("*"):
            if other.is_file() and other != path:
                assert secret.encode() not in other.read_bytes(), other
