"""The server as a whole: its private folder, code-server, the listener, the regular work, the end."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import logging
import os
import random
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp
from jupyterhub.services.auth import HubOAuth
from jupyterhub.utils import make_ssl_context
from tornado.httpserver import HTTPServer

from codehub_singleuser import flags
from codehub_singleuser.activity import Signals, last_use
from codehub_singleuser.app_state import State
from codehub_singleuser.editor import Editor
from codehub_singleuser.environment import for_editor
from codehub_singleuser.errors import Refused
from codehub_singleuser.report import Reporter
from codehub_singleuser.routes import application
from codehub_singleuser.settings import Hub, Settings
from codehub_singleuser.signals import descendants, last_typed, read_processes, read_windows, running_jobs
from codehub_singleuser.sockets import end_revoked

log = logging.getLogger("codehub")

_STRANGERS_BODY = 1 << 20
_M_MMAP_THRESHOLD = -3  # of mallopt(3)
_LONGEST_SOCKET_PATH = 100  # of 107 that Linux allows (unix(7))


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder that no other user can look into (mode 0700), removed at the end."""
    base = tempfile.gettempdir()
    if len(base) > _LONGEST_SOCKET_PATH - 40:
        base = "/tmp"  # noqa: S108  # mkdtemp makes the name and the mode; a socket's path must be short
    folder = Path(tempfile.mkdtemp(prefix="codehub-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def installed_version(program: str) -> flags.Version | None:
    """The version of code-server: from the package.json beside it, which costs nothing, or by asking it.

    Raises Refused where there is no such program.
    """
    found = shutil.which(program)
    if found is None:
        raise Refused(
            f"There is no program {program}.",
            fix="Install code-server, or name it with --code-server (CODEHUB_CODE_SERVER).",
        )
    place = Path(found).resolve()
    for folder in list(place.parents)[:3]:
        with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
            package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
            if package.get("name") == "code-server":
                return flags.parse_version(str(package.get("version", "")))
    return flags.parse_version(_ask(found, "--version"))


def _ask(program: str, flag: str) -> str:
    try:
        done = subprocess.run([program, flag], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def editor_command(settings: Settings, folder: Path) -> list[str]:
    """The command line of the installed code-server; writes the config file it needs into the private folder."""
    version = installed_version(settings.code_server)
    described = flags.flags_in_help(_ask(settings.code_server, "--help")) if version is None else frozenset()
    config = folder / "config.yaml"
    config.write_text("auth: none\n", encoding="utf-8")  # else it reads, or writes, the one in the user's home
    log.info("code-server is %s", ".".join(map(str, version)) if version else "of an unknown version")
    launch = flags.Launch(
        program=settings.code_server,
        socket=str(folder / "code-server.sock"),
        config=str(config),
        folder=settings.folder,
        prefix=settings.prefix,
        extensions_dir=settings.extensions_dir,
        user_data_dir=settings.user_data_dir,
        extra=settings.extra,
    )
    return flags.command(launch, version, described)


def _tls(hub: Hub) -> ssl.SSLContext | None:
    """For hubs with internal_ssl: the hub's own certificates on this server's side too."""
    made: ssl.SSLContext | None = make_ssl_context(
        hub.tls_key, hub.tls_certificate, cafile=hub.tls_ca or None, purpose=ssl.Purpose.CLIENT_AUTH
    )
    return made


def read_signals(state: State, windows: Path) -> Signals:
    """Everything that is known of the use of the editor, now."""
    below = descendants(read_processes(), state.editor.pid) if state.editor.pid else []
    traffic = state.traffic
    return Signals(
        now=time.time(),
        page=traffic.page,
        app=traffic.app,
        editor=traffic.editor,
        typed=last_typed(below),
        jobs=running_jobs(below),
        windows=read_windows(windows),
    )


async def _every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        # Not all servers at once: a hub may have a thousand of them.
        await asyncio.sleep(seconds * random.uniform(0.9, 1.1))  # noqa: S311
        try:
            await work()
        except Exception:  # what failed once may work next time; silence would end culling or revoking
            log.exception("regular work failed")


def give_back_large_buffers() -> None:
    """Let glibc return what a large message took: left to itself it raises the bar after the first one and keeps it.

    Measured: after three messages of 25 MB the server holds 150 MB, with this 100 MB, and 75 MB again as soon as
    they are collected (sockets.py). Other C libraries have no such call.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 1 << 20)


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises Refused if the port is taken or code-server never starts."""
    give_back_large_buffers()
    with private_folder() as folder:
        windows = folder / "windows"
        windows.mkdir(mode=0o700)
        socket = folder / "code-server.sock"
        client = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(socket), limit=0, keepalive_timeout=3),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            max_line_size=1 << 16,
            max_field_size=1 << 16,
        )
        async with client:
            editor = Editor(
                editor_command(settings, folder),
                for_editor(os.environ, activity_folder=str(windows), keep_hub=settings.keep_hub_environment),
                socket,
                client,
                ready_timeout=settings.ready_timeout,
                stop_timeout=settings.stop_timeout,
            )
            state = State(editor, client, settings.prefix, settings.hub is None, settings.max_message_size)
            server = _listen(settings, state)
            try:
                await _run(settings, state, windows)
            finally:
                server.stop()
                await editor.stop()


def _listen(settings: Settings, state: State) -> HTTPServer:
    hub = settings.hub
    if hub:
        HubOAuth.instance(cache_max_age=settings.login_cache)
    server = HTTPServer(
        application(state, hub_grace=settings.hub_grace),
        ssl_options=_tls(hub) if hub else None,
        xheaders=True,
        max_body_size=_STRANGERS_BODY,
    )
    address, port = (hub.address, hub.port) if hub else ("127.0.0.1", settings.no_hub_port)
    try:
        server.listen(port, address)
    except OSError as problem:
        raise Refused(
            f"The port {port} on {address or 'all addresses'} cannot be listened on: {problem.strerror}.",
            fix="End what listens there, or let the hub choose another port.",
        ) from None
    if hub is None:
        log.warning("WITHOUT A HUB: no login; only this machine's loopback may ask, on port %d", port)
    log.info("serving %s/ on %s:%d", settings.prefix, address or "*", port)
    return server


async def _run(settings: Settings, state: State, windows: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    regular = [_every(settings.login_cache, lambda: end_revoked(state))]
    if settings.hub:
        reporter = Reporter(settings.hub)

        async def report() -> None:
            signals = read_signals(state, windows)
            await reporter.report(last_use(signals, terminal_counts=settings.terminal_counts))

        regular.append(_every(settings.activity_interval, report))
    helpers = [asyncio.ensure_future(work) for work in regular]
    editor = asyncio.ensure_future(state.editor.run())
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({editor, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if editor.done():
            await editor
    finally:
        for helper in (*helpers, stopped):
            helper.cancel()
        await state.editor.stop()
        await asyncio.gather(editor, *helpers, stopped, return_exceptions=True)
