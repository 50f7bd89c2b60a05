"""Stopping what runs by signals: Ctrl+C, a closed terminal, or `kill`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_stoppable(work: Callable[[Callable[[], None]], Awaitable[Result]]) -> Result:
    """Run async work in a loop of its own; the first of SIGNALS cancels it, and so does the function it is given.

    Work may answer a cancellation with a result, which is then returned. Raises KeyboardInterrupt when it does not.
    """

    async def main() -> Result:
        with _cancelled_by_signals() as stop:
            return await work(stop)

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@contextmanager
def _cancelled_by_signals() -> Iterator[Callable[[], None]]:
    """Only the first signal counts: ending the process groups that were started must not be cut short."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if task is not None and not stopped:
            stopped = True
            task.cancel()

    before = {number: signal.getsignal(number) for number in SIGNALS}
    # What is ignored stays so: `nohup codehub apply` outlives its terminal.
    heeded = [number for number in SIGNALS if before[number] is not signal.SIG_IGN]
    for number in heeded:
        loop.add_signal_handler(number, stop)
    try:
        yield stop
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
