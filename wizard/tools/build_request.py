"""What to build and what came of it: the same for every builder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """One image to build.

    title: what the image is called in messages ("notebook image"); secrets: BuildKit secret id to the file that
    holds it; platforms: empty for the daemon's own; push: straight to the registry instead of into the daemon,
    the only way for several platforms; builder: a buildx builder's name, empty for the current one; env:
    variables that choose the daemon (DOCKER_HOST …), added to this process's.
    """

    title: str
    dockerfile: Path
    context: Path
    tags: tuple[str, ...]
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    target: str = ""
    push: bool = False
    pull: bool = False
    no_cache: bool = False
    builder: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BuildResult:
    """A finished build.

    image_id: the daemon's id of the image, empty when it was pushed instead; digest: of the manifest in the
    registry when pushed, else what the builder calls it; steps and cached_steps count Dockerfile steps;
    clipped: Docker kept back some of the output.
    """

    image_id: str
    digest: str
    tags: tuple[str, ...]
    steps: int = 0
    cached_steps: int = 0
    clipped: bool = False
    builder: str = "buildx"
