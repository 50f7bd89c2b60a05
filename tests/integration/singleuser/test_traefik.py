"""Traefik as a process of its own: people stay connected while the hub stops, dies and comes back."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.integration.singleuser.backend import Backend
from tests.integration.singleuser.conftest import QUICK, venv_of
from tests.integration.singleuser.person import people
from tests.integration.singleuser.rig import Hub, running_hub
from tests.support.processes import port_answers, wait_until

pytestmark = pytest.mark.tier("hub", "chp", "code_server", "node")


@pytest.fixture(scope="module", params=["hub5", "hub6"])
def own_hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub behind Traefik that may be killed."""
    folder: Path = tmp_path_factory.mktemp("killed")
    with running_hub(folder, venv_of(request.param), "traefik", environment=QUICK) as hub:
        yield hub


async def speaks(socket: aiohttp.ClientWebSocketResponse, word: str) -> bool:
    """Whether the open websocket still carries a word there and back."""
    await socket.send_str(word)
    return bool((await socket.receive(10)).data == word)


async def test_a_websocket_outlives_the_hub(own_hub: Hub, backend: Backend) -> None:
    hub = own_hub
    await hub.launch("alice")
    async with people(hub, "alice") as (alice,):
        assert (await alice.enter("/user/alice/")).status == 200
        socket = await alice.websocket(f"/user/alice/proxy/{backend.port}/echo")
        assert not isinstance(socket, int)
        assert await speaks(socket, "before")
        for number in (signal.SIGTERM, signal.SIGKILL):
            hub.kill("hub", number)
            await asyncio.sleep(2.5)  # longer than the hub's answers on logins are believed
            assert not port_answers(hub.hub_port)
            assert await speaks(socket, f"without the hub after {number}")
            assert (await alice.ask("/user/alice/?folder=/")).status == 200, "new requests of known logins too"
            assert await alice.websocket_status(f"/user/alice/proxy/{backend.port}/echo") == 101
            async with aiohttp.ClientSession() as stranger:
                url = f"{hub.url}/user/alice/"
                async with stranger.get(
                    url, headers={"Authorization": "token made-up"}, allow_redirects=False
                ) as kept_out:
                    assert kept_out.status == 503, "an unknown login does not get in while nobody can be asked"
            hub.start("hub")
            assert await speaks(socket, f"with the hub again after {number}")
            assert (await hub.servers("alice"))[""]["ready"] is True
        assert not socket.closed
        await hub.launch("bob")
    async with people(hub, "bob") as (bob,):
        assert (await bob.enter("/user/bob/")).status == 200, "the hub that came back adds routes"


async def test_traefik_comes_back_with_its_routes(own_hub: Hub) -> None:
    hub = own_hub
    await hub.launch("alice")
    async with people(hub, "alice") as (alice,):
        assert (await alice.enter("/user/alice/")).status == 200
        hub.kill("hub")
        hub.kill("traefik")
        assert not port_answers(hub.port)
        hub.start("traefik")  # alone: its routes are from its own file
        wait_until(lambda: port_answers(hub.port), "Traefik")
        end = asyncio.get_running_loop().time() + 10
        while (status := (await alice.ask("/user/alice/?folder=/")).status) != 200:
            assert asyncio.get_running_loop().time() < end, status
            await asyncio.sleep(0.1)
        assert await alice.websocket_status("/user/alice/") == 101
        hub.start("hub")
        assert (await alice.ask("/hub/home")).status == 200
