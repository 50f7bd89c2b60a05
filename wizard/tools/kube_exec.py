"""Running a command in a container through the API, as `kubectl exec` does, without kubectl."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from wizard.errors import StepFailed
from wizard.foreign import load_json
from wizard.text import clean
from wizard.tools.kube import Cluster, path
from wizard.tools.kube_errors import unreachable
from wizard.tools.kube_socket import channels, open_socket

_IN, _OUT, _ERR, _STATUS = 0, 1, 2, 3
"""Channels of the subprotocol v4.channel.k8s.io: the first byte of each message."""
_MOST_ERRORS = 4096


async def run_in_pod(
    cluster: Cluster,
    namespace: str,
    pod: str,
    container: str,
    command: Sequence[str],
    take: Callable[[bytes], object],
    *,
    stdin: Iterable[bytes] = (),
    timeout: float = 600.0,
) -> None:
    """Run a command and hand its stdout to `take`, piece by piece; it has no terminal.

    stdin: what it is sent; the protocol knows no end of it, so the command has to know how much will come. The command
    may be seen in the cluster's audit log: nothing secret belongs into it. Raises StepFailed when it ends with an
    error, ApiRefused without the right to `pods/exec`, ClusterUnreachable when the connection is cut before its end,
    all after at most `timeout` seconds.
    """
    where = path("v1", "pods", namespace, pod, "exec")
    query = [("container", container), ("stdout", "true"), ("stderr", "true"), *(("command", word) for word in command)]
    pieces = iter(stdin)
    first = next(pieces, None)
    if first is not None:
        query.append(("stdin", "true"))
    import aiohttp

    errors, status = bytearray(), None
    try:
        async with asyncio.timeout(timeout), open_socket(cluster, where, query, f"exec in the pod {pod}") as socket:
            while first is not None:
                await socket.send_bytes(bytes([_IN]) + first)
                first = next(pieces, None)
            async for channel, rest in channels(socket):
                if channel == _OUT:
                    take(rest)
                elif channel == _ERR:
                    errors += rest[: _MOST_ERRORS - len(errors)]
                elif channel == _STATUS:
                    status = load_json(rest)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise unreachable(cluster.server, error) from error
    if not isinstance(status, dict):
        raise unreachable(cluster.server, ConnectionError(f"The connection to the pod {pod} was cut."))
    if status.get("status") != "Success":
        said = clean(errors.decode(errors="replace").strip().rpartition("\n")[2])
        raise StepFailed(
            f"A command in the pod {pod} did not work.",
            why=said or clean(str(status.get("message") or "It said nothing.")),
        )
