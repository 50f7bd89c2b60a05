"""An apply that goes on while a test does something to it, and what it says meanwhile."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.integration.cli.conftest import Small
from tests.support.program import Ended, command, environment

Event = dict[str, Any]


@contextmanager
def applying(small: Small, *, within: Sequence[str] = (), **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """An apply that goes on while the test does something to it; `within`: words before its command line."""
    process = subprocess.Popen(
        [*within, *command("apply", small.folder, "--yes", "--progress", "json", "--verbose")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({**small.env, **env}),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[bytes], wanted: Callable[[Event], bool]) -> list[Event]:
    """The events up to the first that is wanted, or to the last."""
    assert process.stdout is not None
    events: list[Event] = []
    for line in process.stdout:
        events.append(json.loads(line))
        if wanted(events[-1]):
            break
    return events


def ended(process: subprocess.Popen[bytes], events: list[Event], *, seconds: float = 120) -> Ended:
    """Wait for the end; what it said in all."""
    out, err = process.communicate(timeout=seconds)
    before = "".join(json.dumps(event) + "\n" for event in events)
    return Ended(process.returncode, before + out.decode(), err.decode())


def says(text: str) -> Callable[[Event], bool]:
    """An event of a step's output that has this line."""
    return lambda event: event["event"] == "log" and text in event["lines"]


def sleeping(small: Small, seconds: float) -> str:
    """Let the build print a mark that was never seen before, and sleep; gives the mark."""
    mark = f"now-{time.time_ns()}"
    small.dockerfile(f"RUN echo {mark}; sleep {seconds}")
    return mark


def descendants(pid: int) -> set[int]:
    """The processes that a process started, and those that they started."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found
