"""The bridge between a run and its screen: the run has a thread and a loop of its own, the screen takes its events.

The screen calls `pump` every TICK seconds. It may come and go: what nobody takes stays small (wizard.run.inbox), and
what was taken is in `progress`, from which another screen can begin.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from wizard.errors import CodehubError
from wizard.run.events import Emit, RunFinished
from wizard.run.inbox import EventInbox
from wizard.run.progress import RunProgress

TICK = 0.05
"""Seconds between two calls of `pump`."""

STOP_PATIENCE = 30.0
"""Seconds that `stop` waits: processes get some to end by themselves before they are killed."""

Work = Callable[[Emit], Awaitable[RunFinished]]
"""A run, such as `wizard.targets.session.apply` with its preparation; cancelling it ends all that it started."""


class RunEngine:
    """One run. `begin` and `cancel` return at once; every method may be called from the screen's thread only."""

    def __init__(self, work: Work, *, now: Callable[[], float] = time.monotonic) -> None:
        self.progress = RunProgress()
        self.error: CodehubError | None = None
        self.stopping = False
        self._work = work
        self._now = now
        self._inbox = EventInbox()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[RunFinished] | None = None
        self._failed: Exception | None = None
        self._thread = threading.Thread(target=self._main, name="codehub-run", daemon=True)

    @property
    def running(self) -> bool:
        """Whether something that the run started may still be at work."""
        return self._thread.is_alive()

    @property
    def behind(self) -> bool:
        """Whether there are events that `progress` does not know yet."""
        return not self._inbox.empty

    def begin(self) -> None:
        """Start the run."""
        # However the program ends, nothing that the run started may go on without it.
        atexit.register(self.stop)
        self._thread.start()

    def cancel(self) -> None:
        """Have the run end everything that it started; it says so by its last event. A second call does nothing."""
        with self._lock:
            if self.stopping:
                return
            self.stopping = True
            if self._loop is not None and self._task is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._task.cancel)

    def stop(self) -> None:
        """Cancel and wait until everything that the run started has ended; at once for a run that has."""
        self.cancel()
        self.wait(STOP_PATIENCE)
        atexit.unregister(self.stop)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the run's end; True when it has ended, and with it all that it started."""
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self.running

    def pump(self) -> bool:
        """Bring `progress` (and `error`, for a run that could not begin or go on) up to date; True for news."""
        ended = not self.running
        events = self._inbox.take()
        now = self._now()
        for event in events:
            self.progress.apply(event, now)
        news = bool(events)
        if ended and self._failed is not None and self.error is None:
            self.error, news = _for_people(self._failed), True
        return news

    def _main(self) -> None:
        try:
            with _short_collections():
                asyncio.run(self._carry_out())
        except Exception as error:  # noqa: BLE001 - whatever it is, the screen says it
            self._failed = error
        except asyncio.CancelledError:
            self._failed = CodehubError("The run was stopped before it began.")

    async def _carry_out(self) -> None:
        task = asyncio.current_task()
        with self._lock:
            self._loop, self._task = asyncio.get_running_loop(), task
            if self.stopping and task is not None:
                task.cancel()
        await self._work(self._inbox.put)


@contextmanager
def _short_collections() -> Iterator[None]:
    """Keep what was made before a run out of the garbage collector's sight while the run goes on.

    To look through all of the wizard's objects takes some 0.05 s, as long as a key may wait for its effect.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _for_people(error: Exception) -> CodehubError:
    if isinstance(error, CodehubError):
        return error
    return CodehubError(
        "The run ended in a way that codehub did not expect.",
        why=f"{type(error).__name__}: {error}",
        fix="This is a defect in codehub. What was done is kept; a second run goes on from there.",
        address="unexpected",
    )
