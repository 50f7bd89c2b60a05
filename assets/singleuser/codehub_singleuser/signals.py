"""Reading the signs of use: the extension's files, and the terminals of code-server by Linux's /proc."""

from __future__ import annotations

import contextlib
import json
import math
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from codehub_singleuser.activity import WindowReport

_PTS_MAJOR = 136
_MAX_REPORT = 4096


@dataclass(frozen=True)
class Process:
    """A line of /proc/PID/stat, as far as it tells of terminals (proc(5)); terminal is a device number or 0."""

    pid: int
    parent: int
    group: int
    session: int
    terminal: int
    foreground: int


def parse_stat(text: str) -> Process | None:
    """A process from /proc/PID/stat; None for a line of another shape. The name may hold blanks and brackets."""
    head, closed, tail = text.rpartition(")")
    fields = tail.split()
    try:
        return Process(int(head.partition(" ")[0]), *(int(word) for word in fields[1:6])) if closed else None
    except (ValueError, TypeError):
        return None


def descendants(processes: Mapping[int, Process], root: int) -> list[Process]:
    """All processes below `root`, which is left out."""
    children: dict[int, list[Process]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    seen, waiting = {root}, [root]
    while waiting:
        for child in children.get(waiting.pop(), []):
            if child.pid not in seen:
                seen.add(child.pid)
                found.append(child)
                waiting.append(child.pid)
    return found


def terminal_path(device: int) -> str | None:
    """The path of a pseudo terminal by its device number (as in /proc/PID/stat); None for another device."""
    major = (device >> 8) & 0xFFF
    minor = (device & 0xFF) | ((device >> 12) & 0xFFF00)
    return f"/dev/pts/{minor}" if major == _PTS_MAJOR else None


def running_jobs(processes: Iterable[Process]) -> int:
    """How many terminals have a program in the foreground other than the shell that leads the session."""
    return sum(
        1
        for process in processes
        if process.terminal and process.pid == process.session and process.foreground not in {process.group, -1, 0}
    )


def read_processes() -> dict[int, Process]:
    """All processes that /proc shows, by pid; empty where there is no /proc."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            process = parse_stat(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:  # it has ended
            continue
        if process:
            found[process.pid] = process
    return found


def last_typed(processes: Iterable[Process]) -> float | None:
    """When a program last read from one of their terminals, in seconds since the epoch: somebody typed.

    Linux notes this as the terminal's access time, to 8 s, for `w` to show idle times. It works in every
    version of VS Code, whose extensions are not told of keys in terminals.
    """
    times = []
    for path in {terminal_path(process.terminal) for process in processes}:
        if path:
            try:
                times.append(Path(path).stat().st_atime)
            except OSError:
                continue
    return max(times, default=None)


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) / 1000 if math.isfinite(value) and value > 0 else None


def parse_report(text: str) -> WindowReport | None:
    """What the extension wrote (times in milliseconds); None for anything else, which any program could write."""
    try:
        content = json.loads(text)
        heartbeat = _seconds(content["heartbeat"])
        tasks = content.get("tasks", 0)
        last = _seconds(content.get("lastUse"))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    if heartbeat is None:
        return None
    return WindowReport(heartbeat, last, tasks if isinstance(tasks, int) and tasks > 0 else 0)


def read_windows(folder: Path) -> tuple[WindowReport, ...]:
    """The reports of all editor windows in the folder; what is no report is passed over."""
    found = []
    for path in sorted(folder.glob("window-*.json")):
        with contextlib.suppress(OSError):
            facts = path.lstat()
            if stat.S_ISREG(facts.st_mode) and facts.st_size <= _MAX_REPORT:
                found.append(parse_report(path.read_text(encoding="utf-8", errors="replace")))
    return tuple(report for report in found if report)
