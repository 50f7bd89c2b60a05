"""Building an image with the best builder that this machine has."""

from __future__ import annotations

import contextlib

from wizard.errors import CodehubError, StepFailed
from wizard.reporting import Reporter
from wizard.tools import buildx, classic_build, docker_engine
from wizard.tools.build_causes import DOCKER_DISK
from wizard.tools.build_request import BuildRequest, BuildResult


async def build(request: BuildRequest, reporter: Reporter, *, timeout: float | None = None) -> BuildResult:
    """Build with buildx, or with Docker's classic builder where there is no buildx plugin.

    Raises MissingError without a daemon, or when the classic builder cannot do what the request needs;
    StepFailed when the build fails.
    """
    try:
        return await _build(request, reporter, timeout)
    except StepFailed as error:
        if error.address == DOCKER_DISK.address:
            with contextlib.suppress(CodehubError):
                engine = await docker_engine.describe(request.env)
                error.fix = f"{error.fix} It is the disk with {engine.data_root}, of the daemon at {engine.endpoint}."
        raise


async def _build(request: BuildRequest, reporter: Reporter, timeout: float | None) -> BuildResult:
    found = await buildx.version(request.env)
    if found is not None:
        return await buildx.build(request, reporter, found, timeout=timeout)
    await docker_engine.describe(request.env)
    reporter.notice("docker buildx is missing: Docker's classic builder is used, which is slower.")
    return await classic_build.build(request, reporter)
