"""codehub loaded once: each run is a fork of a process that has imported it, which saves half a second of imports.

A run is a process of its own, with its own environment, folder, streams, signals and exit code. That codehub can be
started at all it does not show; that is what the tests with `program.command` are for.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from tests.support.parts import ROOT

OF_THE_START = ("PYTHON", "LANG", "LC_", "TZ", "SSL_", "REQUESTS_", "OPENSSL", "MALLOC", "LD_")
"""How variables begin that Python and its libraries read once, when they are loaded."""

LIBRARIES = ("aiohttp", "docker", "kubernetes_asyncio.client", "pydantic", "rich.console", "ruamel.yaml", "yaml")
PACKAGES = ("catalog", "commands", "importing", "plan", "render", "run", "setup", "targets", "tools", "upgrade")


class Loaded:
    """A process that has codehub loaded and forks for each run; one run at a time."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.variables = of_the_start(env)
        self.busy = threading.Lock()
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.support.loaded", str(requests), str(answers)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=ROOT,
            env={"PATH": os.environ["PATH"], **self.variables}, pass_fds=(requests, answers),
        )  # fmt: skip
        os.close(requests)
        os.close(answers)
        atexit.register(self.close)

    def fits(self, env: Mapping[str, str]) -> bool:
        """Whether a Python started in this environment would have loaded codehub in the same way."""
        return self.variables == of_the_start(env)

    def run(
        self, arguments: Sequence[str], *, cwd: Path | None, env: Mapping[str, str], stdin: bytes, seconds: float
    ) -> tuple[int, bytes, bytes]:
        """The exit code, and what was written on stdout and stderr; raises subprocess.TimeoutExpired.

        The lock `busy` has to be held.
        """
        with tempfile.TemporaryDirectory(prefix="codehub-run-") as made:
            folder = Path(made)
            (folder / "0").write_bytes(stdin)
            request = {"arguments": list(arguments), "cwd": str(cwd or Path.cwd()), "env": dict(env)}
            (folder / "request").write_text(json.dumps(request), encoding="utf-8")
            os.write(self._requests, f"{folder}\n".encode())
            pid = int(self._answer(None))
            try:
                code = int(self._answer(seconds))
            except TimeoutError:
                self._kill(pid)
                raise subprocess.TimeoutExpired(list(arguments), seconds) from None
            except BaseException:  # such as that of a test whose time is up: the next run needs the line to be free
                self._kill(pid)
                raise
            return code, (folder / "1").read_bytes(), (folder / "2").read_bytes()

    def close(self) -> None:
        """End the process."""
        os.close(self._requests)
        self._process.wait(10)

    def _kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self._answer(None)

    def _answer(self, seconds: float | None) -> bytes:
        """The next line that the process says; raises TimeoutError where it does not come."""
        if not select.select([self._answers], [], [], seconds)[0]:
            raise TimeoutError
        line = b""
        while not line.endswith(b"\n"):
            piece = os.read(self._answers, 1)
            assert piece, "the process that has codehub loaded is gone"
            line += piece
        return line


def of_the_start(env: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment that only a new Python would heed."""
    return {name: value for name, value in env.items() if name.startswith(OF_THE_START)}


def load() -> None:
    """Import all that codehub's commands import, here or when they run."""
    for library in LIBRARIES:
        import_module(library)
    for package in PACKAGES:
        found = import_module(f"wizard.{package}")
        for module in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
            import_module(module.name)
    gc.collect()
    gc.freeze()


def serve(requests: int, answers: int) -> Sequence[str]:
    """Fork for each request and tell of its end; returns, in the fork, the arguments of the run."""
    interrupted = signal.signal(signal.SIGINT, signal.SIG_DFL)
    with os.fdopen(requests, "rb") as asked:
        for line in asked:
            child = os.fork()
            if not child:
                os.close(answers)
                signal.signal(signal.SIGINT, interrupted)
                return become(Path(os.fsdecode(line.rstrip())))
            os.write(answers, b"%d\n" % child)
            os.write(answers, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    sys.exit(0)


def become(folder: Path) -> Sequence[str]:
    """Take on streams, environment and folder of a request; its arguments."""
    request = json.loads((folder / "request").read_text(encoding="utf-8"))
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT), (2, os.O_WRONLY | os.O_CREAT)):
        opened = os.open(folder / str(number), flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    arguments: list[str] = request["arguments"]
    return arguments


def leave(code: int) -> NoReturn:
    """End as Python does, without taking all that was loaded to pieces: that would copy the memory that forks share."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    load()
    sys.argv = ["codehub", *serve(int(sys.argv[1]), int(sys.argv[2]))]
    from wizard.cli import main

    leave(main())
