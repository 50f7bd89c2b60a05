"""Stand-ins for the local clusters' programs on the PATH, and an image in the real Docker."""

from __future__ import annotations

import io
import os
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.support.recorder import Recorder
from tests.support.standin import StandIns


@pytest.fixture
def standins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    folder = tmp_path / "standins"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return StandIns(folder)


@pytest.fixture
def said() -> Recorder:
    """What the tool reported."""
    return Recorder()


@pytest.fixture(scope="session")
def client() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture
def image(client: docker.DockerClient) -> Iterator[str]:
    """A tiny image of this test's own, by its reference."""
    name = f"delivery-test-{uuid.uuid4().hex[:8]}"
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    client.api.import_image_from_data(content.getvalue(), repository=name, tag="1.0.0")
    yield f"{name}:1.0.0"
    for found in client.images.list():
        for tag in found.tags:
            if tag.startswith(f"{name}:"):
                client.images.remove(tag, force=True)
