"""Fetching one large file over http(s), with its progress."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from wizard.errors import CodehubError, MissingError, StepFailed
from wizard.reporting import Reporter, TaskState

_CHUNK = 256 * 1024
_REPORT_EVERY = 0.1
"""Seconds between two reports of progress."""
_QUIET = 30.0
"""Seconds without a byte after which a server counts as gone."""


async def download(
    url: str, target: Path, reporter: Reporter, *, proxies: Mapping[str, str], ca_files: Sequence[str] = ()
) -> str:
    """Write what `url` has to `target`; returns its SHA-256 in hexadecimal.

    proxies: by scheme, as urllib takes them; ca_files: PEM files trusted besides the system's. Raises MissingError
    when the server cannot be reached, StepFailed when it answers with an error or the file cannot be written.
    Cancelling stops at once, however slow the server is.
    """
    stop = threading.Event()
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[str] = loop.create_future()
    name = url.rpartition("/")[2]
    opener = _opener(proxies, ca_files)

    def report(current: int, total: int) -> None:
        _tell(loop, lambda: reporter.task(url, name, TaskState.RUNNING, current=current, total=total, unit="bytes"))

    def settle(digest: str, failure: BaseException | None) -> None:
        if not finished.done():
            finished.set_exception(failure) if failure else finished.set_result(digest)

    def work() -> None:
        digest, failure = "", None
        try:
            digest = _fetch(url, target, opener, report, stop)
        except BaseException as error:  # noqa: BLE001 - handed over to the task that waits
            failure = error
        _tell(loop, lambda: settle(digest, failure))

    reporter.lines([f"GET {url}"], task=name)
    reporter.task(url, name, TaskState.RUNNING, unit="bytes")
    # Not asyncio's own threads: the end of the program would wait for one that waits for a silent server.
    threading.Thread(target=work, name="download", daemon=True).start()
    try:
        digest = await finished
    except asyncio.CancelledError:
        stop.set()
        reporter.task(url, name, TaskState.CANCELLED)
        raise
    except CodehubError:
        reporter.task(url, name, TaskState.FAILED)
        raise
    reporter.task(url, name, TaskState.DONE)
    return digest


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    """Call something in the event loop, unless that has ended meanwhile."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(what)


def _opener(proxies: Mapping[str, str], ca_files: Sequence[str]) -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    for file in ca_files:
        context.load_verify_locations(file)
    return urllib.request.build_opener(
        urllib.request.ProxyHandler(dict(proxies)), urllib.request.HTTPSHandler(context=context)
    )


def _fetch(
    url: str,
    target: Path,
    opener: urllib.request.OpenerDirector,
    report: Callable[[int, int], None],
    stop: threading.Event,
) -> str:
    digest, got, told = hashlib.sha256(), 0, 0.0
    try:
        with opener.open(url, timeout=_QUIET) as answer, target.open("wb") as file:
            total = int(answer.headers.get("Content-Length") or 0)
            # Not read(): on a slow line it comes back when the whole chunk is there, which may take minutes.
            while (chunk := answer.read1(_CHUNK)) and not stop.is_set():
                file.write(chunk)
                digest.update(chunk)
                got += len(chunk)
                if time.monotonic() - told >= _REPORT_EVERY or got == total:
                    told = time.monotonic()
                    report(got, total)
    except urllib.error.HTTPError as error:
        raise StepFailed(
            f"{url} could not be fetched.",
            why=f"The server answered {error.code} ({error.reason}).",
            fix="Check the version (codehub versions code-server) and code_server.release_url.",
            address="download",
        ) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise MissingError(
            f"{url} could not be fetched.",
            why=f"The server could not be reached: {reason}",
            fix="Check the network; behind a proxy set HTTPS_PROXY, and build.ca_bundle where it inspects TLS.",
            address="download",
        ) from error
    except OSError as error:
        raise StepFailed(
            f"{target} could not be written.", why=error.strerror or str(error), fix="Free space on the disk."
        ) from error
    if total and got < total and not stop.is_set():
        raise MissingError(
            f"{url} could not be fetched.",
            why=f"The connection broke after {got:,} of {total:,} bytes.",
            fix="Run the same command again.",
            address="download",
        )
    return digest.hexdigest()
