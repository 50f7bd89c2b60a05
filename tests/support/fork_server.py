"""Starts codehub in a moment, again and again: a clean process that has its modules in memory and forks.

Started as a program it reads one JSON object a line: `{"import": [...]}` loads modules, `{"run": [...], ...}` starts
codehub with these arguments in a process of its own and answers with its pid at once and, on a second line, with how it
ended. Unlike `tests.support.loaded` it is for runs that are watched, and killed, while they go on.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.program import environment

_OWN = ("__main__", "__mp_main__")


@dataclass
class ForkServer:
    """The way to a running server; one codehub at a time."""

    process: subprocess.Popen[str]

    def start(self, output: Path, *arguments: str | Path, modules: Path | None = None) -> int:
        """Start codehub; gives its pid, which stays its own until the next start, even when it has ended.

        What it says goes into the file `output`, the names of what it imported into `modules`.
        """
        words = [str(argument) for argument in arguments]
        self._ask({"run": words, "output": str(output), "modules": str(modules or "")})
        return int(self._answer())

    def wait(self) -> int:
        """Wait for its end; gives its exit code, or the signal that ended it as a negative number."""
        return int(self._answer())

    def learn(self, output: Path, *arguments: str | Path) -> int:
        """Run codehub to its end and keep in memory, for those that follow, what it imported."""
        names = output.with_suffix(".modules")
        self.start(output, *arguments, modules=names)
        code = self.wait()
        self._ask({"import": names.read_text(encoding="utf-8").split()})
        self._answer()
        return code

    def _ask(self, request: Mapping[str, object]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the fork server has ended"
        return line


@contextmanager
def fork_server(env: Mapping[str, str]) -> Iterator[ForkServer]:
    """Run a server whose codehubs have this environment."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.support.fork_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(env),
        text=True,
        start_new_session=True,
    )
    try:
        yield ForkServer(process)
    finally:
        process.kill()
        process.communicate()


def _serve() -> None:
    started = 0
    for line in sys.stdin:
        if started:
            os.waitpid(started, 0)  # only now: until here nobody else can have got its pid, and be killed for it
            started = 0
        request = json.loads(line)
        if "import" in request:
            for name in request["import"]:
                with suppress(ImportError):  # a name that only that process had
                    importlib.import_module(name)
            _say(0)
            continue
        started = os.fork()
        if not started:
            _be_codehub(request["run"], request["output"], request["modules"])
        _say(started)
        ended = os.waitid(os.P_PID, started, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        _say(ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status)


def _be_codehub(arguments: Sequence[str], output: str, modules: str) -> None:
    """Be what `codehub ARGUMENTS` is; never returns."""
    code = 70
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        sys.argv[1:] = arguments
        from wizard.cli import main

        code = main()
        sys.stdout.flush()
        if modules:
            Path(modules).write_text("\n".join(set(sys.modules) - {*_OWN}), encoding="utf-8")
    finally:
        os._exit(code)


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
