"""A setup of the tests' in-memory cluster, for the benchmarks that need one: real Helm, real Docker."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import ROOT, PartMissing, command
from tests.kubeapi import FakeCluster
from tests.support import parts

CHART = ROOT / "tests" / "charts" / "jupyterhub"
PREFIX = "codehub-bench"
"""Of everything in Docker that a benchmark makes."""


@dataclass(frozen=True)
class Place:
    """Where a benchmark works: an empty folder, and the variables by which programs find the cluster and Helm."""

    folder: Path
    env: Mapping[str, str]
    context: str

    def codehub(self, *arguments: str | Path) -> Callable[[], None]:
        """A callable that runs the checkout's codehub."""
        return command(sys.executable, "-P", "-m", "wizard", *arguments, env=self.env)

    def shell(self, script: str, *arguments: str | Path) -> Callable[[], None]:
        """A callable that runs a shell script, which has its arguments as $1 and so on and Helm as $CODEHUB_HELM."""
        return command("sh", "-euc", script, "sh", *arguments, env=self.env)

    def setup(self, name: str) -> Path:
        """A setup folder with its files written, whose images are built from the tests' base and stay here."""
        folder = self.folder / name
        answers = {
            "images.notebook.name": f"{PREFIX}/notebook",
            "images.notebook.base": parts.BASE_IMAGE,
            "images.hub.name": f"{PREFIX}/hub",
            "images.hub.base": parts.BASE_IMAGE,
            "hub.proxy": "traefik",
            "hub.auth.users": "alice",
            "target.context": self.context,
            "target.namespace": f"{PREFIX}-{name}",
            "target.delivery": "same-daemon",
            "target.chart.source": str(CHART),
            "target.verify": "none",
        }
        options = [word for field, value in answers.items() for word in ("--set", f"{field}={value}")]
        self.codehub("init", folder, *options)()
        self.codehub("render", folder)()
        return folder


def require_builds() -> None:
    """Raise PartMissing where no image can be built from the tests' base image."""
    needs = {
        "a Docker daemon": parts.docker_answers,
        "the buildx plugin": parts.buildx_answers,
        f"the image {parts.BASE_IMAGE}": parts.base_image_exists,
    }
    missing = [name for name, there in needs.items() if not there()]
    if missing:
        raise PartMissing(f"missing: {', '.join(missing)}; `.ci/run --parts` installs what the tests need")


@contextmanager
def on_cluster() -> Iterator[Place]:
    """An in-memory cluster and a folder to work in. Raises PartMissing without Helm or Docker."""
    helm = parts.program("helm4") or parts.program("helm3")
    if helm is None:
        raise PartMissing("Helm is missing: `.ci/run --parts` installs what the tests need")
    if not parts.docker_answers():
        raise PartMissing("no Docker daemon answers")
    with tempfile.TemporaryDirectory() as made, FakeCluster(Path(made) / "cluster") as cluster:
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HOME": made,
            "DOCKER_CONFIG": os.environ.get("DOCKER_CONFIG", str(Path.home() / ".docker")),
            "KUBECONFIG": str(cluster.kubeconfig),
            "CODEHUB_HELM": str(helm),
        }
        yield Place(Path(made), env, cluster.context)


def profiles(count: int) -> str:
    """Values with so many profiles to choose from at the start of a server, as a large site writes them by hand."""
    text = "singleuser:\n  profileList:\n"
    for number in range(1, count + 1):
        text += f"""\
    - display_name: Course {number}, the editor of that course with its own memory and packages
      slug: course-{number}
      description: For those who take course {number}; ask its teacher for more.
      kubespawner_override:
        image: registry.example.org/courses/notebook-{number}:2026.1
        cpu_limit: {number % 8 + 1}
        mem_limit: {number % 16 + 1}G
        environment: {{COURSE: "{number}", DATA: /srv/data/course-{number}}}
        node_selector: {{pool: courses-{number % 5}}}
"""
    return text
