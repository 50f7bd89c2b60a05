"""Noticing that a cluster has gone while something waits for it: Helm itself waits on until its time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from wizard.errors import CodehubError
from wizard.tools.kube import Cluster
from wizard.tools.kube_errors import ClusterUnreachable

Result = TypeVar("Result")

PATIENCE = 90.0
"""Seconds without an answer after which a cluster counts as gone: an API server that is restarted takes less."""

_EVERY = 5.0
_ANSWER = 15.0
"""Seconds that one answer may take."""


async def while_it_answers(cluster: Cluster, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, which is cancelled when the cluster does not answer for PATIENCE seconds.

    Raises ClusterUnreachable then, and else what `work` raises.
    """
    working, gone = asyncio.create_task(work), asyncio.create_task(_until_gone(cluster))
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise gone.result()
        return working.result()
    finally:
        working.cancel()
        gone.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)


async def _until_gone(cluster: Cluster) -> ClusterUnreachable:
    """Ask again and again; what to raise once nothing has been heard for PATIENCE seconds."""
    clock = asyncio.get_running_loop().time
    heard = clock()
    while True:
        why = await _silence(cluster)
        if not why:
            heard = clock()
        elif clock() - heard >= PATIENCE:
            return ClusterUnreachable(
                "The Kubernetes cluster does not answer any more.",
                why=f"Nothing was heard from it for {clock() - heard:.0f} seconds: {why}",
                fix="Start it, or connect to its network (VPN), check with `kubectl cluster-info`, then run the same "
                "command again. What was stopped may have left the release locked: `codehub apply --repair` frees it.",
            )
        await asyncio.sleep(_EVERY)


async def _silence(cluster: Cluster) -> str:
    """Why the cluster does not answer; nothing where it does, whatever it says."""
    try:
        async with asyncio.timeout(_ANSWER):
            await cluster.get("/version")
    except TimeoutError:
        return "It did not answer in time."
    except ClusterUnreachable as error:
        return error.why or error.what
    except CodehubError:
        pass
    return ""
