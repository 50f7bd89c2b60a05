"""Reading and following what containers log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from wizard.text import LineSplitter
from wizard.tools.kube import Cluster, path
from wizard.tools.kube_errors import ApiRefused, ClusterUnreachable

_PAUSE = 1.0


async def last_lines(
    cluster: Cluster, namespace: str, pod: str, container: str, *, count: int = 20, previous: bool = False
) -> tuple[str, ...]:
    """The end of a container's log, of its run before the present one with `previous`; empty when there is none."""
    query = {"container": container, "tailLines": str(count)} | ({"previous": "true"} if previous else {})
    try:
        response = await cluster.open("GET", path("v1", "pods", namespace, pod, "log"), query=query, accept="*/*")
    except ApiRefused as error:
        if error.status in {400, 404}:  # not started yet, no earlier run, or gone
            return ()
        raise
    splitter = LineSplitter()
    try:
        lines = splitter.feed(await response.read())
    except Exception as error:
        raise ClusterUnreachable(f"The log of {pod} could not be read.", why=str(error)) from error
    return tuple([*lines, *splitter.finish()][-count:])


async def follow_log(
    cluster: Cluster, namespace: str, pod: str, container: str, *, tail: int = 50
) -> AsyncGenerator[list[str]]:
    """What a container logs, several lines at a time, until the pod has gone.

    Waits for a container that has not started, and takes a cut connection up again where it was: lines are asked
    for with their time, so that none is shown twice. Leave the loop under `contextlib.aclosing`.
    """
    where = path("v1", "pods", namespace, pod, "log")
    query = {"container": container, "follow": "true", "timestamps": "true", "tailLines": str(tail)}
    newest = ""
    while True:
        try:
            async with aclosing(_session(cluster, where, query)) as session:
                async for lines in session:
                    fresh = [line for line in lines if line.partition(" ")[0] > newest]
                    if fresh:
                        newest = fresh[-1].partition(" ")[0]
                        query = {**query, "sinceTime": newest}
                        query.pop("tailLines", None)
                        yield [line.partition(" ")[2] for line in fresh]
        except ClusterUnreachable:
            pass
        except ApiRefused as error:
            if error.not_found or error.forbidden:
                return
        await asyncio.sleep(_PAUSE)


async def _session(cluster: Cluster, where: str, query: dict[str, str]) -> AsyncGenerator[list[str]]:
    import aiohttp

    response = await cluster.open("GET", where, query=query, accept="*/*", endless=True)
    splitter = LineSplitter()
    try:
        async for chunk in response.content.iter_any():
            if lines := splitter.feed(chunk):
                yield lines
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ClusterUnreachable("The connection to the log was cut.", why=str(error)) from error
    finally:
        response.close()
