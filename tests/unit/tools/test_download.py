"""Fetching a large file: its progress on a slow line, and stopping it."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.recorder import Recorder
from wizard.errors import MissingError
from wizard.reporting import TaskState
from wizard.tools.download import download

CONTENT = bytes(range(256)) * 40


@contextmanager
def serving(*, piece: int, pause: float, said: int = len(CONTENT)) -> Iterator[str]:
    """A server that gives CONTENT piece by piece and says that it is so long; gives the file's address."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(said))
            self.end_headers()
            with suppress(OSError):
                for at in range(0, len(CONTENT), piece):
                    self.wfile.write(CONTENT[at : at + piece])
                    ended.wait(pause)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/file"
        finally:
            ended.set()
            server.shutdown()
            thread.join()


def counts(seen: Recorder) -> list[int]:
    return [report.current for report in seen.tasks if report.unit == "bytes" and report.current]


async def until_counted(seen: Recorder, number: int) -> None:
    async with asyncio.timeout(60):
        while len(set(counts(seen))) < number:
            await asyncio.sleep(0.02)


async def test_what_is_fetched_is_there_with_its_hash(tmp_path: Path) -> None:
    seen = Recorder()
    with serving(piece=5000, pause=0) as url:
        found = await download(url, tmp_path / "file", seen, proxies={})
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert found == hashlib.sha256(CONTENT).hexdigest()
    assert counts(seen)[-1] == len(CONTENT)
    assert seen.last() == {url: TaskState.DONE}


async def test_on_a_slow_line_progress_moves_and_stopping_is_at_once(tmp_path: Path) -> None:
    seen = Recorder()
    with serving(piece=100, pause=0.15) as url:
        work = asyncio.create_task(download(url, tmp_path / "file", seen, proxies={}))
        await until_counted(seen, 5)
        assert counts(seen) == sorted(counts(seen))
        assert counts(seen)[-1] < len(CONTENT), "it is not there yet"
        began = time.monotonic()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert time.monotonic() - began < 20
    assert seen.last() == {url: TaskState.CANCELLED}


def test_a_server_that_says_nothing_more_does_not_hold_the_program_s_end(tmp_path: Path) -> None:
    seen = Recorder()

    async def stopped(url: str) -> None:
        work = asyncio.create_task(download(url, tmp_path / "file", seen, proxies={}))
        await until_counted(seen, 1)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    with serving(piece=100, pause=60) as url:
        began = time.monotonic()
        asyncio.run(stopped(url))
        assert time.monotonic() - began < 20, "it waited for the server's next word"


async def test_a_connection_that_breaks_is_said_with_how_far_it_came(tmp_path: Path) -> None:
    with serving(piece=5000, pause=0, said=99_999) as url, pytest.raises(MissingError) as caught:
        await download(url, tmp_path / "file", Recorder(), proxies={})
    assert "after 10,240 of 99,999 bytes" in caught.value.why
