"""Running installers (pip, npm, tar): their output goes to the step, their failure becomes words for a person."""

from __future__ import annotations

import re
import shutil
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from wizard.errors import StepFailed
from wizard.reporting import Reporter, TaskState
from wizard.text import LineSplitter, clean, without_credentials
from wizard.tools import build_causes, process

_TAIL = 60
_LEAST_ROOM = 32 << 20
"""Bytes; a disk with less is full for an installer."""

_MIRRORS = "a mirror is named by PIP_INDEX_URL and NPM_REGISTRY under build.args"
_HEADERS = "python3 make g++ pkg-config libkrb5-dev libsecret-1-dev libx11-dev libxkbfile-dev"

# The first that matches is taken; {0} is what the pattern caught.
_CAUSES = (
    (
        build_causes.DISK_FULL,
        "The disk is full.",
        "Free some space (the parts need about 2 GB), then run the same command again.",
    ),
    (
        build_causes.CERTIFICATE,
        "A server's TLS certificate is not trusted; often a company proxy inspects the traffic.",
        "Set build.ca_bundle to the file with your company's CA certificate (PEM).",
    ),
    (
        build_causes.UNRESOLVED,
        "A host name could not be resolved: there is no network, or it needs a proxy.",
        f"Check the network; behind a proxy set HTTPS_PROXY; {_MIRRORS}.",
    ),
    (
        build_causes.UNREACHABLE,
        "A server could not be reached.",
        f"Check the network and the firewall; behind a proxy set HTTPS_PROXY; {_MIRRORS}.",
    ),
    (
        r"ensurepip is not available|No module named (?:ensurepip|venv)",
        "This Python cannot make virtual environments.",
        "Install the venv package of your system (Debian and Ubuntu: sudo apt install python3-venv).",
    ),
    (
        r"gyp ERR!|not found: make|g\+\+: (?:command )?not found|fatal error: \S+\.h",
        "code-server's native modules could not be compiled.",
        f"Install a compiler and the headers; on Debian and Ubuntu: sudo apt install {_HEADERS}",
    ),
    (
        r"No matching (?:distribution|version) found for ([^\s(]+)",
        "There is no {0} that fits, or the package index could not be asked.",
        "Check the network, the version, and the mirrors if there are any.",
    ),
)


async def run(
    title: str,
    argv: Sequence[object],
    reporter: Reporter,
    *,
    task: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    into: Path | None = None,
) -> None:
    """Run an installer to its end. `title` begins the sentence that says that it failed.

    `argv`: words and paths; `into`: the folder that is filled, whose disk may be what is in the way.
    Raises MissingError when the program is not there, StepFailed with cause and remedy when it fails.
    Cancelling ends its whole process group.
    """
    words = [str(word) for word in argv]
    splitters = {"out": LineSplitter(), "err": LineSplitter()}
    tail: deque[str] = deque(maxlen=_TAIL)

    def take(lines: list[str], stream: str) -> None:
        shown = [without_credentials(line) for line in lines if line.strip()]
        tail.extend(shown)
        reporter.lines(shown, task=task, stream=stream)

    reporter.task(task, task, TaskState.RUNNING)
    state = TaskState.CANCELLED
    try:
        code = await process.stream(
            words, lambda name, chunk: take(splitters[name].feed(chunk), name), env=env, cwd=cwd
        )
        state = TaskState.DONE if code == 0 else TaskState.FAILED
    finally:
        for name, splitter in splitters.items():
            take(splitter.finish(), name)
        reporter.task(task, task, state)
    if code != 0:
        # Not every installer passes on what its own helpers said, as venv does not.
        full = into is not None and shutil.disk_usage(into).free < _LEAST_ROOM
        raise failure(title, "\n".join([*tail, *(["No space left on device"] if full else [])]), code)


def failure(title: str, output: str, code: int) -> StepFailed:
    """The error for an installer that ended with `code`, from what it said."""
    for pattern, why, fix in _CAUSES:
        found = re.search(pattern, output)
        if found:
            caught = next((group for group in found.groups() if group), "")
            return StepFailed(
                f"{title} could not be installed.", why=why.format(caught), fix=fix, address="local-install"
            )
    last = next((clean(line) for line in reversed(output.splitlines()) if line.strip()), "It said nothing.")
    return StepFailed(
        f"{title} could not be installed.",
        why=f"The installer ended with exit code {code}: {last}",
        fix="Look at the step's log, then run the same command again.",
        address="local-install",
    )
