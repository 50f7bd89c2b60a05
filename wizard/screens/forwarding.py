"""A port-forward to the hub that is open for as long as a screen is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wizard.screens.jobs import Job, Jobs
from wizard.setup.model import Setup

JOB = "forward"
"""The name of the job that keeps it open; ending the job closes it."""


def needs_forward(setup: Setup) -> bool:
    """Whether a hub is reached by a port-forward only."""
    return setup.target.kind == "kubernetes" and setup.target.expose.kind == "port-forward"


def keep_forward(jobs: Jobs, setup: Setup, opened: Callable[[str], None], failed: Callable[[Exception], None]) -> None:
    """Open one; `opened` is told the address that leads to the hub now."""

    async def hold(job: Job) -> None:
        from wizard.targets.forwarding import forwarded

        async with forwarded(setup) as url:
            job.tell(opened, url)
            await asyncio.Event().wait()

    jobs.start(JOB, hold, lambda _ended: None, failed)
