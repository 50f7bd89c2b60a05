"""The single-user server without a hub, as a process that a test starts, asks and ends."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.singleuser.rig import end_strays, server_environment
from tests.support import parts
from tests.support.processes import free_port


@dataclass
class Alone:
    """A server without a hub."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    log: Path

    def health(self) -> dict[str, object]:
        """What /healthz says; empty where nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                content: dict[str, object] = json.load(answer)
        except urllib.error.HTTPError as refusal:
            content = json.loads(refusal.read())
        except OSError:
            return {}
        return content

    def ready(self) -> bool:
        """Whether code-server answers, and the server knows."""
        return self.health().get("status") == "ok" and "code-server answers" in self.log.read_text()

    def editor(self) -> int:
        """The process id of code-server, from the log."""
        return int(re.findall(r"answers after .* \(pid (\d+)\)", self.log.read_text())[-1])


def python() -> Path:
    """The interpreter that has JupyterHub 5."""
    found = parts.program("hub5")
    assert found is not None
    return found.parent / "python"


def start(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None
) -> tuple[subprocess.Popen[bytes], Path]:
    """Start `codehub-singleuser ARGUMENTS` in the folder: the process and its log."""
    (folder / "home").mkdir(exist_ok=True)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python(), "-m", "codehub_singleuser", *arguments],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=folder,
            env={**server_environment(folder), "HOME": str(folder / "home"), **(environment or {})},
        )  # fmt: skip
    return process, log


@contextmanager
def alone(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[Alone]:
    """A server without a hub, ended with all that it started."""
    port = free_port()
    process, log = start(folder, "--no-hub", f"--port={port}", *arguments, environment=environment)
    try:
        yield Alone(process, port, folder, log)
    finally:
        process.kill()
        process.wait(10)
        end_strays(folder)


def refusal(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """The exit code and the words of a server that must not start."""
    process, log = start(folder, *arguments, environment=environment)
    code = process.wait(60)
    return code, log.read_text()


def alive(pid: int) -> bool:
    """Whether a process runs: a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
