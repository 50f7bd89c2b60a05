"""The real `codehub`, run as a program of its own, and what its messages have to look like."""

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.loaded import Loaded
from tests.support.parts import ROOT

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Ended:
    """A codehub that ended: its exit code and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout as the one JSON document that it must be."""
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """stdout as the JSON lines that it must be, and nothing else."""
        return [json.loads(line) for line in self.out.splitlines()]

    def refused(self, code: int, *said: str, fix: bool = True) -> None:
        """Hold that it failed as people need it: the code, what/why/do on stderr, every text in `said`, no data."""
        assert self.code == code, f"exit code {self.code}, stderr:\n{self.err}"
        assert self.err.startswith("Error: ") or "\nError: " in self.err, self.err
        assert "Traceback" not in self.err + self.out
        assert not _CONTROLS.search(self.err), repr(self.err)
        if fix:
            assert "\n  do:  " in self.err, self.err
        for text in said:
            assert text in self.err, f"{text!r} is not in:\n{self.err}"


def command(*arguments: str | Path) -> list[str]:
    """The command line that starts the checkout's codehub with this Python."""
    return [sys.executable, "-P", "-m", "wizard", *map(str, arguments)]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, in which the checkout's package is found, and `extra`."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **(extra or {})}


def codehub(
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | bytes = "",
    seconds: float = 60,
    within: Sequence[str] = (),
    anew: bool = False,
) -> Ended:
    """Run codehub to its end without a terminal; `within`: a command that runs it elsewhere, such as nsenter.

    Where that makes no difference it is forked from a process that has it loaded (`tests.support.loaded`); `anew`: in
    a Python of its own, as for two runs that have to differ in what differs from one Python to the next.
    """
    content = stdin.encode() if isinstance(stdin, str) else stdin
    if not (anew or within) and (loaded := _loaded()).fits(environment(env)) and loaded.busy.acquire(blocking=False):
        try:
            words = list(map(str, arguments))
            code, out, err = loaded.run(words, cwd=cwd, env=environment(env), stdin=content, seconds=seconds)
        finally:
            loaded.busy.release()
        return Ended(code, out.decode(), err.decode())
    done = subprocess.run(
        [*within, *command(*arguments)],
        input=content,
        capture_output=True,
        cwd=cwd,
        env=environment(env),
        timeout=seconds,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@functools.cache
def _loaded() -> Loaded:
    return Loaded(environment())
