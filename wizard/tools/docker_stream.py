"""Following a long answer of the Docker daemon (push, pull, classic build), so that cancelling really stops it.

The docker SDK blocks, so it runs in a thread of its own; its records are handed to the event loop. On cancel the
connection is shut down, upon which the daemon stops the work.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from wizard.tools import docker_engine

if TYPE_CHECKING:
    from docker import DockerClient
    from requests import Response

Record = Mapping[str, Any]
"""One JSON object of the answer."""

_SILENCE = 900.0
"""Seconds without a byte after which a connection counts as dead; committing a large layer is silent for minutes."""

_STOPPING = 1.0
"""Seconds that a cancelled thread may take; the rest of its life it is alone, and it does not keep the process."""


def part(record: Record, name: str) -> Mapping[str, Any]:
    """An object in a record; empty where there is none, or something else."""
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}


def count(value: object) -> int:
    """A number of a record that is not negative; 0 for anything else."""
    return max(0, value) if isinstance(value, int) else 0


async def follow(
    start: Callable[[DockerClient], Iterable[Record]],
    take: Callable[[Record], None],
    *,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run `start` in a thread and call `take`, in the event loop, with each record that it yields.

    Raises what `docker_engine.connection` raises, and what `start` or `take` raise.
    """
    work = _Work(start, take, env, asyncio.get_running_loop())
    threading.Thread(target=work.run, name="docker-stream", daemon=True).start()
    try:
        await asyncio.shield(work.finished)
    except asyncio.CancelledError:
        work.cancel()
        await asyncio.wait([work.finished], timeout=_STOPPING)
        raise


class _Work:
    def __init__(
        self,
        start: Callable[[DockerClient], Iterable[Record]],
        take: Callable[[Record], None],
        env: Mapping[str, str] | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.finished: asyncio.Future[None] = loop.create_future()
        self._start, self._take, self._env, self._loop = start, take, env, loop
        self._lock = threading.Lock()
        self._response: Response | None = None
        self._cancelled = False

    def run(self) -> None:
        """The thread's whole life."""
        failure: BaseException | None = None
        try:
            with docker_engine.connection(self._env, timeout=_SILENCE) as client:
                client.api.hooks["response"].append(self._opened)
                for record in self._start(client):
                    if self._cancelled:
                        break
                    self._call(self._deliver, record)
        except BaseException as error:  # noqa: BLE001 - handed over to the task that waits
            failure = error
        self._call(self._settle, failure)

    def cancel(self) -> None:
        """Shut the connection down, now or as soon as there is one."""
        with self._lock:
            self._cancelled = True
            if self._response is not None:
                _shut_down(self._response)

    def _opened(self, response: Response, *_: Any, **__: Any) -> None:  # noqa: ANN401 - the signature of requests' hooks
        with self._lock:
            self._response = response
            if self._cancelled:
                _shut_down(response)

    def _call(self, function: Callable[..., None], *values: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(function, *values)

    def _deliver(self, record: Record) -> None:
        if self.finished.done() or self._cancelled:
            return
        try:
            self._take(record)
        except Exception as error:  # noqa: BLE001 - handed over to the task that waits
            self._settle(error)
            self.cancel()

    def _settle(self, failure: BaseException | None) -> None:
        if self.finished.done():
            return
        if self._cancelled or failure is None:
            self.finished.set_result(None)
        else:
            self.finished.set_exception(failure)


def _shut_down(response: Response) -> None:
    from docker.errors import DockerException
    from docker.types.daemon import CancellableStream

    # It raises where a connection is over ssh, is closed already or has just been.
    with contextlib.suppress(DockerException, OSError, AttributeError, ValueError):
        CancellableStream(iter(()), response).close()
