"""`codehub apply` beside a shell script that runs the same two builds at the same time, and then the same Helm.

Needs Docker, buildx, the tests' base image and Helm; the cluster is the tests' in-memory one. Each build works for
BUILD_SECONDS, as a small real one does.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.cluster import CHART, PREFIX, Place, on_cluster, require_builds
from bench.measure import Row, side_by_side
from tests.support import parts

BUILD_SECONDS = 40
_TIMES = 2

_SCRIPT = """
cd "$1"
docker buildx build --quiet --file Dockerfile.notebook --tag codehub-bench/notebook:peer --load . >/dev/null &
notebook=$!
docker buildx build --quiet --file Dockerfile.hub --tag codehub-bench/hub:peer --load . >/dev/null &
wait $!
wait $notebook
"$CODEHUB_HELM" upgrade --install peer "$2" --namespace codehub-bench-peer --create-namespace \\
    --values config.yaml --values secrets.yaml --wait >/dev/null
"""


def rows() -> Iterator[Row]:
    """Measure in turns."""
    require_builds()
    with on_cluster() as place:
        try:
            yield from _measured(place)
        finally:
            _remove_images()


def _measured(place: Place) -> Iterator[Row]:
    folder = place.setup("apply")
    apply, script = place.codehub("apply", folder, "--yes"), place.shell(_SCRIPT, folder, CHART)

    def anew(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            _dockerfiles(folder)
            work()

        return run

    yield Row(
        "apply: two builds, one deployment",
        "buildx & buildx, then helm, in a shell",
        *side_by_side(anew(apply), anew(script), _TIMES),
        goal="≤ 1.05",
        note=f"builds of {BUILD_SECONDS} s; above the peer: codehub's start, plan and checks",
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
        ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={PREFIX}/*"],
        capture_output=True,
        text=True,
        check=True,
    )
    if names := listed.stdout.split():
        subprocess.run(["docker", "image", "rm", "--force", *names], check=False, capture_output=True)
