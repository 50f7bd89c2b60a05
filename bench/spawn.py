"""People's way to their editor: time from asking for a server to its page, and requests through the front door.

Beside them code-server alone, and the stock single-user proxy (jupyter-server-proxy's standalone one) behind the same
JupyterHub. Ends with two people busy for a minute while a third one's server starts. Needs the tests' parts.
"""

import asyncio
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import PartMissing, Row
from tests.integration.local.busy import FILE, Busy, keep_busy, rate
from tests.integration.local.tried import open_editor
from tests.integration.singleuser.person import Person, people
from tests.integration.singleuser.rig import Hub, code_server, running_hub, search_path
from tests.support import parts
from tests.support.processes import end_group, free_port

_TURNS = 3
_BUSY_SECONDS = 60.0


@dataclass(frozen=True)
class _Direct:
    """code-server by itself."""

    url: str


def rows() -> Iterator[Row]:
    """Measure; the parts come from `.ci/run --parts`."""
    program = parts.program("hub5")
    missing = [name for name in ("hub5", "chp", "code_server") if parts.program(name) is None]
    if program is None or missing:
        raise PartMissing(f"missing: {', '.join(missing)}; `.ci/run --parts` installs what the tests need")
    yield from asyncio.run(_measure(program))


async def _measure(program: Path) -> list[Row]:
    # Sockets need a short path.
    with tempfile.TemporaryDirectory(prefix="b", dir="/tmp", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        with running_hub(folder, program.parent.parent, "chp") as hub:
            async with people(hub, "alice", "bob", "admin") as (alice, bob, admin):
                return [
                    *await _starts(hub, alice, folder),
                    *await _rates(hub, alice, folder),
                    await _busy(alice, bob, admin),
                ]


async def _starts(hub: Hub, alice: Person, folder: Path) -> list[Row]:
    """Seconds from asking for a server to the editor's page, in turns."""
    taken: dict[str, list[float]] = {"": [], "stock": [], "direct": []}
    for _ in range(_TURNS):
        for name in ("", "stock"):
            began = time.perf_counter()
            await hub.launch("alice", name)
            await _page(alice, f"/user/alice/{name}/" if name else "/user/alice/")
            taken[name].append(time.perf_counter() - began)
            await hub.end("alice", name)
            while name in await hub.servers("alice"):
                await asyncio.sleep(0.2)
        began = time.perf_counter()
        with _code_server(folder) as direct:
            async with people(direct, "") as (one,):
                await _page(one, "/")
        taken["direct"].append(time.perf_counter() - began)
    ours, stock, direct_seconds = (statistics.median(taken[name]) for name in ("", "stock", "direct"))
    return [
        Row("spawn to editor", "code-server direct", ours, direct_seconds, note="with login and hub"),
        Row("spawn to editor", "stock single-user proxy", ours, stock),
    ]


async def _page(person: Person, path: str) -> None:
    end = time.monotonic() + 60
    while (answer := await _try(person, path)) != 200:
        if time.monotonic() > end:
            raise TimeoutError(f"{path} answers with {answer}")
        await asyncio.sleep(0.1)


async def _try(person: Person, path: str) -> int:
    try:
        return (await person.enter(path)).status
    except OSError:
        return 0


async def _rates(hub: Hub, alice: Person, folder: Path) -> list[Row]:
    """Requests a second for a small file, in turns; as seconds for a thousand, so that more is slower here too."""
    await hub.launch("alice")
    await hub.launch("alice", "stock")
    found: dict[str, list[float]] = {"ours": [], "stock": [], "direct": []}
    with _code_server(folder) as direct:
        async with people(direct, "") as (one,):
            await _page(one, "/")
            await _page(alice, "/user/alice/")
            await _page(alice, "/user/alice/stock/")
            for _ in range(_TURNS):
                found["ours"].append(await rate(alice, f"/user/alice/{FILE}"))
                found["stock"].append(await rate(alice, f"/user/alice/stock/{FILE}"))
                found["direct"].append(await rate(one, f"/{FILE}"))
    await hub.end("alice", "stock")
    seconds = {name: 1000 / statistics.median(rates) for name, rates in found.items()}
    a_second = {name: f"{1000 / taken:.0f}/s" for name, taken in seconds.items()}
    note = f"{a_second['ours']}; stock {a_second['stock']}; direct {a_second['direct']}"
    return [
        Row("1000 requests", "code-server direct", seconds["ours"], seconds["direct"], note=note),
        Row("1000 requests", "stock single-user proxy", seconds["ours"], seconds["stock"]),
    ]


async def _busy(alice: Person, bob: Person, admin: Person) -> Row:
    """A spawn on a quiet hub beside one while two others are busy."""
    began = time.perf_counter()
    await open_editor(bob)
    quiet = time.perf_counter() - began
    ended, busy = asyncio.Event(), Busy()
    async with asyncio.TaskGroup() as group:
        for one in (alice, bob):
            group.create_task(keep_busy(one, ended, busy))
        await asyncio.sleep(_BUSY_SECONDS / 3)
        began = time.perf_counter()
        await open_editor(admin, seconds=120)
        seconds = time.perf_counter() - began
        await asyncio.sleep(max(0.0, _BUSY_SECONDS * 2 / 3 - seconds))
        ended.set()
    note = f"{busy.requests} requests, {busy.websockets} websockets, {len(busy.errors)} errors"
    return Row("spawn while two are busy", "the same on a quiet hub", seconds, quiet, goal="no errors", note=note)


@contextmanager
def _code_server(folder: Path) -> Iterator[_Direct]:
    """code-server on a port of its own, without JupyterHub and without a password."""
    port = free_port()
    place = Path(tempfile.mkdtemp(dir=folder))
    process = subprocess.Popen(
        [str(code_server()), "--auth", "none", "--bind-addr", f"127.0.0.1:{port}", "--user-data-dir", str(place)],
        env={"PATH": search_path(), "HOME": str(place), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield _Direct(f"http://127.0.0.1:{port}")
    finally:
        end_group(process)
