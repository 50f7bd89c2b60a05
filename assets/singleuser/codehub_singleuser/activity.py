"""When was the editor last used? The rule, apart from how the signals are read (signals.py)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# The extension writes its sign of life every 15 s; a busy machine may make it late.
FRESH = 60.0


@dataclass(frozen=True)
class WindowReport:
    """What the extension in one editor window says. Times are seconds since the epoch; tasks: how many run."""

    heartbeat: float
    last_use: float | None = None
    tasks: int = 0


@dataclass(frozen=True)
class Signals:
    """All that is known at `now`. Times are seconds since the epoch, None for never.

    page: a page was opened; app: a request for a program behind code-server's port forwarding;
    editor: any other traffic; typed: a key went to a terminal; jobs: programs that run in terminals.
    """

    now: float
    page: float | None = None
    app: float | None = None
    editor: float | None = None
    typed: float | None = None
    jobs: int = 0
    windows: tuple[WindowReport, ...] = ()


def last_use(signals: Signals, *, terminal_counts: bool) -> float | None:
    """When a person last used the editor, in seconds since the epoch; None if never so far.

    An open tab that nobody touches sends about 1.3 frames a second, so traffic says little: where the extension
    lives, its word counts and traffic does not. Where it does not (removed by the person, crashed, an editor
    that has just started) traffic counts, so that nobody is culled while typing. A program behind /proxy is
    used without the editor's knowledge, so its traffic always counts. The result never lies in the future.
    """
    alive = [window for window in signals.windows if signals.now - FRESH <= window.heartbeat <= signals.now + FRESH]
    times: list[float | None] = [signals.page, signals.app, signals.typed]
    times += [window.last_use for window in signals.windows]
    if not alive:
        times.append(signals.editor)
    if terminal_counts and (signals.jobs or any(window.tasks for window in alive)):
        times.append(signals.now)
    return _latest(times, signals.now)


def _latest(times: Iterable[float | None], now: float) -> float | None:
    known = [min(moment, now) for moment in times if moment is not None]
    return max(known, default=None)
