"""A Docker daemon of a test's own, to be filled, killed and started again while the machine's own one is left alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.support import parts, tiers
from tests.support.processes import wait_until
from tests.support.program import Ended, codehub

# The first process of the namespaces: it collects what its children leave behind. /run is its own, so that what is
# mounted from there into a container is this daemon's socket.
_INIT = (
    "ip link set lo up; mount -t tmpfs tmpfs /run; [ /var/run -ef /run ] || mount --bind /run /var/run;"
    " echo up; while :; do sleep 3600 & wait $!; done"
)


@dataclass
class OwnDaemon:
    """A dockerd with network, processes and /run of its own, and its data on a disk of `root`'s own.

    Its address works from everywhere; the ports that it publishes only for programs with `inside` before them.
    """

    folder: Path
    root: Path
    init: int
    _server: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """What DOCKER_HOST takes."""
        return f"unix://{self.folder}/docker.sock"

    @property
    def inside(self) -> tuple[str, ...]:
        """What goes before a command that is to share the daemon's network."""
        return ("nsenter", f"--target={self.init}", "--net", "--")

    @property
    def log(self) -> Path:
        """What the daemon says."""
        return self.folder / "dockerd.log"

    def start(self) -> None:
        """Start the daemon, and wait until it answers."""
        command = [
            *("nsenter", f"--target={self.init}", "--all", "--", "dockerd", "--host=unix:///var/run/docker.sock"),
            *(f"--host={self.host}", f"--data-root={self.root}", f"--exec-root={self.folder}/exec"),
            *("--pidfile=/run/dockerd.pid", "--storage-driver=overlay2", "--group=root"),
        ]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        wait_until(self._answers, f"dockerd, see {self.log}", seconds=60)

    def _answers(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, self.log.read_text(errors="replace")[-3000:]
        return self.docker("info", check=False) == 0

    def kill(self) -> None:
        """End the daemon as a crash does; containers go on, builds and its containerd end with it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the daemon as `systemctl stop docker` does."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        assert self._server is not None
        for child in psutil.Process(self._server.pid).children():  # nsenter waits for it
            with suppress(psutil.NoSuchProcess):
                child.send_signal(number)
        self._server.wait(60)
        self._server = None

    def docker(self, *arguments: str, check: bool = True, seconds: float = 120) -> int:
        """Run the docker client on this daemon; its exit code."""
        command = ["docker", f"--host={self.host}", *arguments]
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
        assert not check or done.returncode == 0, (command, done.stdout, done.stderr)
        return done.returncode

    def says(self, *arguments: str) -> str:
        """What the docker client prints for these arguments."""
        command = ["docker", f"--host={self.host}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    def take(self, *images: str) -> None:
        """Bring images over from the machine's own daemon."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saving:
            command = ["docker", f"--host={self.host}", "load"]
            loaded = subprocess.run(command, stdin=saving.stdout, capture_output=True, timeout=300, check=False)
        assert loaded.returncode == 0, loaded.stderr

    def codehub(self, *arguments: str | Path, seconds: float = 300) -> Ended:
        """Run codehub on this daemon, in its network."""
        return codehub(*arguments, env={"DOCKER_HOST": self.host}, within=self.inside, seconds=seconds)


@contextmanager
def own_daemon(size: str) -> Iterator[OwnDaemon]:
    """Start an OwnDaemon with the test's base image, its data on a disk of `size` (as for tmpfs: 400m, 3g).

    Skips the test, or fails it where Docker is demanded by CODEHUB_REQUIRE, on a machine that does not let tests do so.
    Afterwards nothing of it is left, whatever state it is in.
    """
    folder = Path(tempfile.mkdtemp(prefix="codehub-dockerd-", dir="/tmp"))  # a socket's path must be short
    root = folder / "root"
    root.mkdir()
    try:
        with small_disk(root, size), _namespaces(folder) as init:
            daemon = OwnDaemon(folder, root, init)
            try:
                daemon.start()
            except AssertionError as error:
                impossible(f"a dockerd of the test's own does not start: {error}")
            daemon.take(parts.BASE_IMAGE)
            yield daemon
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def small_disk(place: Path, size: str, *options: str) -> Iterator[Path]:
    """A disk of its own at a folder: `size` and more options as tmpfs takes them. Skips or fails as `own_daemon`."""
    place.mkdir(exist_ok=True)
    made = _run("mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *options]), "tmpfs", str(place))
    if made:
        impossible(f"no disk can be mounted: {made}")
    try:
        yield place
    finally:
        # Whoever ended a moment ago may still hold it: it goes with the last of them.
        subprocess.run(["umount", "--lazy", "--recursive", str(place)], check=True)


def fill(disk: Path, *, leave: int = 0) -> Path:
    """Take all of a disk but `leave` bytes; the file that has it, to be removed again."""
    path = disk / "filler"
    free = shutil.disk_usage(disk).free - leave
    with path.open("wb") as stream, suppress(OSError):
        os.posix_fallocate(stream.fileno(), 0, max(free, 1))
    return path


def impossible(why: str) -> None:
    """Skip the running test, or fail it where real parts are demanded."""
    if tiers.required("docker"):
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


@contextmanager
def _namespaces(folder: Path) -> Iterator[int]:
    """Network, mounts and processes apart; the pid, here, of the first process there. All of them end with it."""
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", _INIT]
    said = folder / "namespaces.log"
    with said.open("wb") as log:
        holder = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        end = time.monotonic() + 30
        while said.read_text() != "up\n":
            if said.read_text() or holder.poll() is not None or time.monotonic() > end:
                impossible(f"namespaces cannot be made: {said.read_text()}")
            time.sleep(0.05)
        yield psutil.Process(holder.pid).children()[0].pid
    finally:
        # Both ignore gentler signals; with the first of its processes ends all that is in a namespace of processes.
        os.killpg(holder.pid, signal.SIGKILL)
        holder.wait(60)


def _run(*command: str) -> str:
    """Run a program; what it said if it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except OSError as error:
        return str(error)
    return (done.stderr or "it failed") if done.returncode else ""
