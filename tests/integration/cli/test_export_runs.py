"""build.sh and deploy.sh of an export on a machine without codehub: the same image and the same release."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.cli.conftest import Small
from tests.kubeapi import FakeCluster
from tests.support import parts

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "helm3", "helm4"), pytest.mark.timeout(300)]


def inside(image: str) -> Any:
    """What an image is, without its name and the time it was made."""
    argv = ["docker", "image", "inspect", image]
    (found,) = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    return {"layers": found["RootFS"]["Layers"], "config": found["Config"], "platform": found["Architecture"]}


def release(helm: Path, cluster: FakeCluster, namespace: str) -> Any:
    argv = [str(helm), "get", "values", "jhub", "--namespace", namespace, "--output", "yaml"]
    return yaml.safe_load(subprocess.run(argv, env=cluster.env(), capture_output=True, check=True).stdout)


@pytest.mark.parametrize("major", ["helm3", "helm4"])
def test_the_same_image_and_the_same_release(
    small: Small, cluster: FakeCluster, helm3: Path, tmp_path: Path, major: str
) -> None:
    small.dockerfile("ENV MADE_BY=a-person", "RUN echo built > /built")
    (small.folder / "values.extra.yaml").write_text("hub: {allowNamedServers: true}\n")
    assert small.run("apply", "--yes").code == 0
    namespace = small.image.partition(":")[0]
    ours, values = inside(small.image), release(helm3, cluster, namespace)
    exported = small.run("export", "--with-secrets", "--output", str(tmp_path / "out"))
    assert exported.code == 0, exported.err
    subprocess.run(["docker", "image", "rm", "--force", small.image], capture_output=True, check=True)

    helm = parts.program(major)
    docker = shutil.which("docker")
    assert helm is not None
    assert docker is not None
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "helm").symlink_to(helm)
    (programs / "docker").symlink_to(docker)
    path = f"{programs}:/usr/bin:/bin"
    assert shutil.which("codehub", path=path) is None
    with FakeCluster(tmp_path / "other") as other:
        env = other.env() | {"PATH": path, "DOCKER_CONFIG": str(Path.home() / ".docker")}
        for script in ("build.sh", "deploy.sh"):
            argv = [str(tmp_path / "out" / script)]
            done = subprocess.run(argv, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        theirs = release(helm, other, namespace)
    assert inside(small.image) == ours
    assert theirs == values
    assert theirs["hub"]["allowNamedServers"] is True
    assert theirs["singleuser"]["image"]["tag"].startswith("1.0.0")
