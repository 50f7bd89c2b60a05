"""A line of 1 KB/s: progress keeps moving, nothing takes it for dead, and stopping works at once."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.applying import Event, applying, ended, read_until
from tests.integration.cli.conftest import Small
from tests.integration.faults.pushing import finishes, pushing
from tests.integration.main_job import options, outcomes
from tests.support.line import line_to
from tests.support.processes import wait_until
from tests.support.program import Ended, codehub, command, environment
from tests.support.registry import Registry
from wizard.setup.store import load

pytestmark = [pytest.mark.tier("docker", "buildx", "base_image", "registry", "helm3"), pytest.mark.timeout(400)]

SLOW = 1024
"""Bytes per second."""
STOPPED = 6.0
"""Seconds that a run may take to end: two, and more where the machine is busy; what it waits for takes minutes."""
VERSION = "4.112.0"


def test_a_push_moves_and_can_be_stopped(small: Small, registry: Registry) -> None:
    with line_to(int(registry.address.rpartition(":")[2])) as line:
        name = pushing(small, line.address)
        line.slow(SLOW)
        sent: list[int] = []

        def moved_thrice(event: Event) -> bool:
            of_a_layer = event["event"] == "task" and event["step"] == "deliver-notebook" and event["unit"] == "bytes"
            if of_a_layer and event["current"] > max(sent, default=0):
                sent.append(event["current"])
            return len(sent) == 3

        with applying(small) as process:
            events = read_until(process, moved_thrice)
            assert len(sent) == 3, events[-3:]
            assert line.carried < 300_000, "the layer is on its way still"
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.wait(30)
            assert time.monotonic() - began < STOPPED
            done = ended(process, events)
        assert done.code == 130
        assert "Traceback" not in done.err
        assert outcomes(done.events)["deliver-notebook"] == "cancelled"
        line.slow(0)
        finishes(small, registry, name)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def release(tmp_path: Path) -> Iterator[tuple[int, bytes]]:
    """The port of a server with a release of code-server, and what its archive has."""
    folder = tmp_path / "releases" / f"v{VERSION}"
    folder.mkdir(parents=True)
    archive = os.urandom(33_000)
    (folder / f"code-server-{VERSION}-linux-amd64.tar.gz").write_bytes(archive)
    handler = functools.partial(_Quiet, directory=str(folder.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, archive
        server.shutdown()


def test_a_download_is_not_taken_for_dead_and_can_be_stopped(
    release: tuple[int, bytes], base: str, tmp_path: Path
) -> None:
    """It takes longer than a server may be silent."""
    port, archive = release
    with line_to(port) as line:
        line.slow(SLOW)
        fields = {
            "code_server.version": f"v{VERSION}",
            "code_server.release_url": f"http://{line.address}",
            "images.notebook.base": base,
        }
        assert codehub("init", tmp_path / "hub", *options(fields)).code == 0
        before = (tmp_path / "hub" / "codehub.yaml").read_bytes()
        with subprocess.Popen(
            command("pin", tmp_path / "hub"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        ) as process:
            wait_until(lambda: line.brought > 3 * SLOW, "some bytes of it", seconds=60)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            assert time.monotonic() - began < STOPPED
        stopped = Ended(process.returncode, out.decode(), err.decode())
        assert stopped.code == 130, stopped
        assert "Traceback" not in stopped.err
        assert (tmp_path / "hub" / "codehub.yaml").read_bytes() == before
        began = time.monotonic()
        pinned = codehub("pin", tmp_path / "hub", seconds=120)
        assert pinned.code == 0, pinned.err
        assert time.monotonic() - began > len(archive) / SLOW - 1, "it was slow indeed"
    checksum = load(tmp_path / "hub" / "codehub.yaml").code_server.checksum
    assert checksum == hashlib.sha256(archive).hexdigest()
