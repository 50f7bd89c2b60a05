"""Image names of a test's own, removed again, and contexts to build from."""

import io
import os
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.parts import BASE_IMAGE
from tests.support.recorder import Recorder
from wizard.tools.build_request import BuildRequest

MakeRequest = Callable[..., BuildRequest]
MakeImage = Callable[..., str]


def docker(*arguments: str, check: bool = True) -> str:
    """What the docker client prints for these arguments."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60, check=check)
    return done.stdout.strip()


@pytest.fixture
def image_name() -> Iterator[str]:
    """A repository name of this test's own; its images are removed afterwards."""
    name = f"codehub-test-f/{uuid.uuid4().hex[:10]}"
    yield name
    for reference in docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").splitlines():
        if name in reference:
            docker("image", "rm", "--force", reference, check=False)
    docker("image", "prune", "--force", "--filter", f"label=codehub.test={name}", check=False)


@pytest.fixture
def make_request(tmp_path: Path, image_name: str) -> MakeRequest:
    """Makes a build request from the instructions that follow FROM; nothing of it is in the cache before."""

    def make(*instructions: str, **changes: object) -> BuildRequest:
        context = tmp_path / "context"
        context.mkdir(exist_ok=True)
        (context / "unique.txt").write_text(image_name)
        dockerfile = tmp_path / f"Dockerfile.{len(list(tmp_path.iterdir()))}"
        lines = (f"FROM {BASE_IMAGE}", "COPY unique.txt /", *instructions)
        dockerfile.write_text("".join(f"{line}\n" for line in lines))
        known: dict[str, object] = {
            "title": "notebook image",
            "dockerfile": dockerfile,
            "context": context,
            "tags": (f"{image_name}:1",),
        }
        request = BuildRequest(**(known | changes))  # type: ignore[arg-type]
        return replace(request, labels={**request.labels, "codehub.test": image_name})

    return make


@pytest.fixture
def recorder() -> Recorder:
    """Takes what the tool reports."""
    return Recorder()


@pytest.fixture
def no_buildx(clean_home: Path) -> None:
    """A docker client whose buildx plugin is broken, which is the same to it as none."""
    plugins = clean_home / ".docker" / "cli-plugins"
    if plugins.is_symlink():
        plugins.unlink()
    plugins.mkdir(exist_ok=True)
    plugin = plugins / "docker-buildx"
    plugin.write_text("#!/bin/sh\nexit 1\n")
    plugin.chmod(0o755)


@pytest.fixture
def make_image(image_name: str) -> MakeImage:
    """Makes an image of one layer of random bytes, which no registry has yet; gives its reference at an address."""

    def make(address: str, size: int = 1000) -> str:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo("random")
            entry.size = size
            tar.addfile(entry, io.BytesIO(os.urandom(size)))
        reference = f"{address}/{image_name}:1.0"
        subprocess.run(
            ["docker", "import", "-", reference], input=archive.getvalue(), capture_output=True, check=True, timeout=60
        )
        return reference

    return make
