"""Showing a run on stdout while it goes on, and saying on stderr what failed."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.errors import CodehubError

if TYPE_CHECKING:
    from wizard.console import ProgressMode
    from wizard.run.events import Emit, RunFinished, StepFinished


def run_and_show(progress: ProgressMode, verbose: bool, work: Callable[[Emit], Awaitable[RunFinished]]) -> int:
    """Carry work out that emits a run's events, and show them; returns the exit code. A signal stops it."""
    from wizard.commands.stopping import run_stoppable
    from wizard.console import open_console
    from wizard.run.events import Event, Outcome, StepFinished

    failures: list[StepFinished] = []

    async def shown(stop: Callable[[], None]) -> RunFinished:
        with open_console(progress, sys.stdout, verbose=verbose, on_lost=lambda _error: stop()) as console:

            def emit(event: Event) -> None:
                if isinstance(event, StepFinished) and event.outcome is Outcome.FAILED:
                    failures.append(event)
                console.emit(event)

            return await work(emit)

    finished = run_stoppable(shown)
    _say_failures(failures)
    return finished.exit_code


def _say_failures(failures: Iterable[StepFinished]) -> None:
    from wizard.shell import complain

    for failure in failures:
        log = Path(failure.log) if failure.log else None
        what, fix, address = failure.what or "A step failed.", failure.fix, failure.address
        complain(CodehubError(what, why=_cause(failure), fix=fix, log=log, address=address))


def _cause(failure: StepFinished) -> str:
    """Why a step failed, with its last lines unless the reason quotes them."""
    tail = failure.untold_tail
    if not tail:
        return failure.why
    return "\n".join(filter(None, [failure.why, "Its last lines:", *(f"  {line}" for line in tail)]))
