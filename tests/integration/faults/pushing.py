"""A setup that pushes its image to a registry, and what its next apply has to do after a push that failed."""

from __future__ import annotations

import subprocess
import uuid

from tests.integration.cli.conftest import Small
from tests.integration.main_job import options, outcomes
from tests.support.registry import Registry

_PUSHED: list[str] = []


def pushing(small: Small, address: str) -> str:
    """Let a setup push to a registry; gives the notebook image's name there."""
    name = f"faults/{uuid.uuid4().hex[:8]}"
    _PUSHED.append(name)
    fields = {"images.registry": address, "images.notebook.name": name, "target.delivery": "push"}
    assert small.run("init", *options(fields)).code == 0
    small.dockerfile(f"RUN echo {name} > /pushed; head -c 300000 /dev/urandom >> /pushed")
    return name


def forget_pushed() -> None:
    """Remove the images that setups of this process pushed, under whatever registry's name, from the Docker engine."""
    while _PUSHED:
        listing = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter"]
        found = subprocess.run(
            [*listing, f"reference=*/{_PUSHED.pop()}"], capture_output=True, text=True, check=False, timeout=60
        ).stdout.split()
        subprocess.run(["docker", "image", "rm", "--force", *found], capture_output=True, check=False, timeout=60)


def finishes(small: Small, registry: Registry, name: str) -> None:
    """The next apply builds nothing, pushes and deploys; the registry has the image then."""
    again = small.run("apply", "--yes", "--progress", "json")
    assert again.code == 0, again.err
    ended = outcomes(again.events)
    assert (ended["build-notebook"], ended["deliver-notebook"], ended["deploy"]) == ("skipped", "done", "done")
    assert registry.tags(name) == ["1.0.0"]
