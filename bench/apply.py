"""`codehub apply` beside a shell script that runs the same two builds at the same time, and then the same Helm.

Needs Docker, buildx, the tests' base image and Helm; the cluster is the tests' in-memory one. Each build works for
BUILD_SECONDS, as a small real one does.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import ROOT, Row, command, side_by_side
from tests.kubeapi import FakeCluster
from tests.support import parts
from wizard.setup.store import load
from wizard.tools.helm import UpgradeOptions

BUILD_SECONDS = 40
_TIMES = 2
_NAME = "codehub-bench"

_SCRIPT = """
set -eu
cd "$1"
docker buildx build --quiet --file Dockerfile.notebook --tag codehub-bench/notebook:peer --load . >/dev/null &
notebook=$!
docker buildx build --quiet --file Dockerfile.hub --tag codehub-bench/hub:peer --load . >/dev/null &
wait $!
wait $notebook
"$CODEHUB_HELM" upgrade --install peer "$2" --namespace codehub-bench-peer --create-namespace \\
    --values config.yaml --values secrets.yaml --wait --timeout 300s >/dev/null
"""


def rows() -> Iterator[Row]:
    """Measure in turns."""
    helm = parts.program("helm4") or parts.program("helm3")
    if helm is None:
        raise SystemExit("Helm is missing: .ci/run --parts installs what the tests need.")
    with tempfile.TemporaryDirectory() as made, FakeCluster(Path(made) / "cluster") as cluster:
        place = Path(made)
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HOME": made,
            "DOCKER_CONFIG": os.environ.get("DOCKER_CONFIG", str(Path.home() / ".docker")),
            "KUBECONFIG": str(cluster.kubeconfig),
            "CODEHUB_HELM": str(helm),
        }
        try:
            yield from _measured(place / "hub", env, cluster.context)
        finally:
            _remove_images()


def _measured(folder: Path, env: dict[str, str], context: str) -> Iterator[Row]:
    codehub = (sys.executable, "-P", "-m", "wizard")
    chart = ROOT / "tests" / "charts" / "jupyterhub"
    answers = {
        "images.notebook.name": f"{_NAME}/notebook",
        "images.hub.name": f"{_NAME}/hub",
        "images.hub.base": parts.BASE_IMAGE,
        "hub.proxy": "traefik",
        "hub.auth.users": "alice",
        "target.context": context,
        "target.namespace": _NAME,
        "target.delivery": "same-daemon",
        "target.chart.source": str(chart),
        "target.verify": "none",
    }
    options = [word for field, value in answers.items() for word in ("--set", f"{field}={value}")]
    command(*codehub, "init", folder, *options, env=env)()
    command(*codehub, "render", folder, env=env)()
    assert load(folder / "codehub.yaml").images.hub.name == answers["images.hub.name"]
    apply = command(*codehub, "apply", folder, "--yes", env=env)
    script = command("sh", "-c", _SCRIPT, "apply", folder, chart, env=env)

    def anew(work: object) -> None:
        _dockerfiles(folder)
        assert callable(work)
        work()

    yield Row(
        "apply: two builds, one deployment",
        "buildx & buildx, then helm, in a shell",
        *side_by_side(lambda: anew(apply), lambda: anew(script), _TIMES),
        goal="≤ 1.05",
        note=f"builds of {BUILD_SECONDS} s; above the peer: codehub's start, plan and checks "
        f"(Helm waits {UpgradeOptions().timeout:g} s at most in both)",
    )
    apply()
    yield Row(
        "apply with nothing to do",
        "the same script, all cached",
        *side_by_side(apply, script, 5),
        goal="≤ 2 s",
        note="looks at Docker, the release and the cluster, and does nothing",
    )


def _dockerfiles(folder: Path) -> None:
    """Other content than ever before, so that nothing is cached."""
    for image in ("notebook", "hub"):
        mark = f"{image}-{time.time_ns()}"
        text = f"FROM {parts.BASE_IMAGE}\nRUN echo {mark} >/made; sleep {BUILD_SECONDS}\n"
        (folder / f"Dockerfile.{image}").write_text(text, encoding="utf-8")


def _remove_images() -> None:
    listed = subprocess.run(
        ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={_NAME}/*"],
        capture_output=True,
        text=True,
        check=True,
    )
    if names := listed.stdout.split():
        subprocess.run(["docker", "image", "rm", "--force", *names], check=False, capture_output=True)
