"""Who is culled: idle servers and tabs that nobody touches; and who is not: people who work. With the real culler."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest

from tests.integration.singleuser.attacks import base_of
from tests.integration.singleuser.conftest import QUICK, venv_of
from tests.integration.singleuser.person import Person, people
from tests.integration.singleuser.rig import Hub, running_hub

pytestmark = [pytest.mark.tier("hub", "chp", "code_server", "node"), pytest.mark.timeout(300)]

CULL_AFTER = 20


@pytest.fixture
def culled_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub behind Traefik, which counts nothing, that culls what has been idle for 20 s."""
    folder = tmp_path_factory.mktemp("culled")
    with running_hub(folder, venv_of("hub5"), "traefik", environment=QUICK, cull_after=CULL_AFTER) as hub:
        yield hub


@pytest.fixture
def chp_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The same behind CHP, which counts traffic."""
    folder = tmp_path_factory.mktemp("culled-chp")
    with running_hub(folder, venv_of("hub5"), "chp", environment=QUICK, cull_after=CULL_AFTER) as hub:
        yield hub


def windows_of(hub: Hub, prefix: str) -> Path:
    """The folder where the extension of this server's editor would write."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            environ = (path / "environ").read_text(errors="replace")
        except OSError:
            continue
        found = re.search(r"(?:^|\0)CODEHUB_ACTIVITY_FOLDER=([^\0]*)", environ)
        if found and f"\0JUPYTERHUB_SERVICE_PREFIX={prefix}\0" in environ and f"TMPDIR={hub.folder}\0" in environ:
            return Path(found[1])
    raise AssertionError(f"no editor below {prefix}")


async def open_tab(person: Person, name: str) -> None:
    """An open editor: its websocket sends a little more than once a second, whether or not anybody is there."""
    socket = await person.websocket(base_of("alice", name))
    assert not isinstance(socket, int)
    while not socket.closed:
        with suppress(ConnectionError, aiohttp.ClientError):
            await socket.send_bytes(b"\0" * 13)
        await asyncio.sleep(0.75)


async def extension(hub: Hub, name: str, *, typing: bool) -> None:
    """The files that the extension writes: a sign of life, and the time of the last use."""
    folder = windows_of(hub, base_of("alice", name))
    began = time.time() * 1000
    while True:
        now = time.time() * 1000
        content = {"heartbeat": now, "lastUse": now if typing else began, "tasks": 0}
        with suppress(OSError):
            (folder / "window-1.json").write_text(json.dumps(content))
        await asyncio.sleep(0.5)


def moment(stamp: object) -> float:
    """Seconds since the epoch of a time stamp of the hub's."""
    return datetime.fromisoformat(str(stamp)).timestamp()


async def running(hub: Hub, name: str) -> bool:
    """Whether the hub still has this server of alice's."""
    return name in await hub.servers("alice")


async def use(hub: Hub, person: Person, name: str, work: list[asyncio.Future[None]]) -> None:
    """Start a server and behave as its name says: the default one has an open tab without the extension."""
    await hub.launch("alice", name)
    if name != "stock":
        assert (await person.enter(base_of("alice", name))).status == 200
    if name in {"", "typing", "open"}:
        work.append(asyncio.ensure_future(open_tab(person, name)))
    if name in {"typing", "open"}:
        work.append(asyncio.ensure_future(extension(hub, name, typing=name == "typing")))


async def test_idle_ends_and_used_stays(culled_hub: Hub) -> None:
    """All at once, since each needs the same wait."""
    hub = culled_hub
    work: list[asyncio.Future[None]] = []
    async with people(hub, "alice") as (alice,):
        try:
            for name in ("", "typing", "open", "stock", "idle"):
                await use(hub, alice, name, work)
            end = time.monotonic() + CULL_AFTER * 3
            while await running(hub, "idle") or await running(hub, "open"):
                assert time.monotonic() < end, await hub.servers("alice")
                await asyncio.sleep(1)
            await asyncio.sleep(CULL_AFTER / 2)
            assert await running(hub, "typing"), "a person at work was culled"
            assert await running(hub, ""), "traffic of an editor without the extension must count"
            # nobody ever opened it, and yet:
            assert await running(hub, "stock"), "the stock proxy always says now for a named server"
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
        end = time.monotonic() + CULL_AFTER * 3
        while await running(hub, "typing") or await running(hub, ""):
            assert time.monotonic() < end, "a closed tab must end"
            await asyncio.sleep(1)


async def test_traffic_that_the_proxy_counts_is_not_use(chp_hub: Hub) -> None:
    """CHP reports the open tab's frames to the hub, unless assets/hub/chp.py keeps them from it."""
    hub = chp_hub
    work: list[asyncio.Future[None]] = []
    async with people(hub, "alice") as (alice,):
        try:
            for name in ("typing", "open"):
                await use(hub, alice, name, work)
            end = time.monotonic() + CULL_AFTER * 3
            while await running(hub, "open"):
                assert time.monotonic() < end, await hub.servers("alice")
                await asyncio.sleep(1)
            assert await running(hub, "typing")
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)


async def test_the_time_of_use_that_the_hub_gets_is_true(hub5: Hub) -> None:
    """Not the time of the report: for the default and for a named server, what the extension said."""
    hub = hub5
    for name in ("", "named"):
        await hub.launch("bob", name)
        folder = windows_of(hub, base_of("bob", name))
        used = time.time() + 1
        await asyncio.sleep(1.2)
        content = {"heartbeat": time.time() * 1000, "lastUse": used * 1000, "tasks": 0}
        (folder / "window-1.json").write_text(json.dumps(content))
        end = time.monotonic() + 60
        while abs(moment((await hub.servers("bob"))[name]["last_activity"]) - used) > 0.01:
            assert time.monotonic() < end, (await hub.servers("bob"))[name]
            await asyncio.sleep(0.3)
