"""The engine's slow work for a screen: in daemon threads, so that neither a key press nor leaving waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from textual.app import App

Result = TypeVar("Result")


class Job:
    """One piece of work in a thread with an event loop of its own; its outcome is handed to the app's thread.

    After `cancel`, or once the app has ended, nobody is told anything any more.
    """

    def __init__(
        self,
        app: App[Any],
        work: Callable[[Job], Coroutine[Any, Any, Result]],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._cancelled = False
        self._stop: Callable[[], object] | None = None
        thread = threading.Thread(target=self._run, args=(work, done, failed), name="codehub-job", daemon=True)
        thread.start()

    def cancel(self) -> None:
        """Stop the work: what it awaits gets CancelledError, so that processes it started are ended."""
        with self._lock:
            self._cancelled = True
            stop, self._stop = self._stop, None
        if stop is not None:
            with contextlib.suppress(RuntimeError):  # the loop ended in this moment
                stop()

    def tell(self, callback: Callable[..., None], *values: object) -> None:
        """Call something in the app's thread, from the work; what is not wanted any more is dropped."""

        def if_wanted() -> None:
            if not self._cancelled:
                callback(*values)

        if not self._cancelled:
            with contextlib.suppress(RuntimeError, asyncio.CancelledError):  # the app is no longer running
                self._app.call_from_thread(if_wanted)

    def _run(
        self,
        work: Callable[[Job], Coroutine[Any, Any, Result]],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        try:
            result = asyncio.run(self._main(work))
        except asyncio.CancelledError:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the screen says it
            self.tell(failed, error)
        else:
            self.tell(done, result)

    async def _main(self, work: Callable[[Job], Coroutine[Any, Any, Result]]) -> Result:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        with self._lock:
            if self._cancelled or task is None:
                raise asyncio.CancelledError
            self._stop = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            return await work(self)
        finally:
            with self._lock:
                self._stop = None


class Jobs:
    """The jobs of one screen by name; a new one of a name takes the place of the old."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._jobs: dict[str, Job] = {}

    def start(
        self,
        name: str,
        work: Callable[[Job], Coroutine[Any, Any, Result]],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Begin a job."""
        self.cancel(name)
        self._jobs[name] = Job(self._app, work, done, failed)

    def cancel(self, name: str) -> None:
        """Stop the job of a name, if there is one."""
        job = self._jobs.pop(name, None)
        if job is not None:
            job.cancel()

    def cancel_all(self) -> None:
        """Stop all, when the screen goes."""
        for name in list(self._jobs):
            self.cancel(name)


def sentence(error: Exception) -> str:
    """An error in one or two sentences, for a line on a screen."""
    from wizard.errors import CodehubError

    if isinstance(error, CodehubError):
        return " ".join(part for part in (error.what, error.why, error.fix) if part)
    return f"{type(error).__name__}: {error}"
