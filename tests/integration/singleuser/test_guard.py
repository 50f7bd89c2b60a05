"""Who gets in: every hub, every proxy, the default and a named server; and the stock proxy, which lets all in."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.integration.singleuser import attacks
from tests.integration.singleuser.attacks import base_of
from tests.integration.singleuser.backend import Backend
from tests.integration.singleuser.person import people
from tests.integration.singleuser.rig import Hub

pytestmark = pytest.mark.tier("hub", "chp", "code_server", "node")

Check = Callable[..., Awaitable[None]]
ENTRANCE: list[Check] = [
    attacks.owner_gets_in,
    attacks.others_stay_out_by_http,
    attacks.others_stay_out_by_websocket,
    attacks.foreign_pages_are_refused,
    attacks.tricks_do_not_help,
    attacks.logged_out_means_out,
]
RELAY: list[Check] = [
    attacks.credentials_stay_here,
    attacks.paths_arrive_as_sent,
    attacks.large_frames_pass,
    attacks.revoked_token_ends_everything,
]


def _name(check: Check) -> str:
    return check.__name__


@pytest.mark.parametrize("server", ["", "work"], ids=["default", "named"])
@pytest.mark.parametrize("check", ENTRANCE, ids=_name)
async def test_entrance(hub: Hub, check: Check, server: str) -> None:
    await hub.launch("alice", server)
    await check(hub, "alice", server)


@pytest.mark.parametrize("check", RELAY, ids=_name)
async def test_relay(hub5: Hub, backend: Backend, check: Check) -> None:
    await hub5.launch("alice")
    await check(hub5, backend, "alice")


@pytest.mark.parametrize(
    "check",
    [attacks.others_stay_out_by_websocket, attacks.foreign_pages_are_refused, attacks.tricks_do_not_help],
    ids=_name,
)
async def test_stock_proxy_fails_the_same_entrance_check(hub5: Hub, check: Check) -> None:
    await hub5.launch("alice", "stock")
    async with people(hub5, "alice") as (alice,):
        assert (await alice.enter(base_of("alice", "stock"))).status == 200
    with pytest.raises(AssertionError):
        await check(hub5, "alice", "stock")


@pytest.mark.parametrize("other", ["stock", "upstream"])
@pytest.mark.parametrize("check", RELAY, ids=_name)
async def test_others_fail_the_same_relay_check(hub5: Hub, backend: Backend, check: Check, other: str) -> None:
    """The stock standalone proxy, and upstream's jupyterhub-singleuser with ServerProxy.servers."""
    await hub5.launch("alice", other)
    async with people(hub5, "alice") as (alice,):
        assert (await alice.enter(base_of("alice", other))).status == 200
    with pytest.raises(AssertionError):
        await check(hub5, backend, "alice", other)


async def test_stock_proxy_opens_a_strangers_websocket(hub5: Hub) -> None:
    await hub5.launch("alice", "stock")
    async with people(hub5, "bob", "") as (bob, nobody):
        assert await bob.websocket_status(base_of("alice", "stock")) == 101
        assert await nobody.websocket_status(base_of("alice", "stock")) == 101


async def test_a_person_whose_name_needs_encoding_gets_in(hub5: Hub) -> None:
    """The prefix has the name encoded, and browsers and proxies do not agree on which characters."""
    name = "zoé@example.com"
    await hub5.launch(name)
    _, token = await hub5.token_for(name)
    _, other = await hub5.token_for("bob")
    async with people(hub5, "") as (somebody,):
        for base in ("/user/zo%C3%A9@example.com/", "/user/zo%c3%a9%40example.com/"):
            zoe, bob = {"Authorization": f"token {token}"}, {"Authorization": f"token {other}"}
            assert await somebody.websocket_status(base, headers=zoe) == 101, base
            assert await somebody.websocket_status(base, headers=bob) == 403, base
            assert (await somebody.ask(base, headers=zoe)).headers["Location"].startswith("./?folder="), base


async def test_access_that_the_hub_grants_is_enough(hub5: Hub) -> None:
    """Not only the owner: whoever has the hub's scope for this server, and only as long as they have it."""
    await hub5.launch("alice")
    _, token = await hub5.token_for("admin", scopes=["access:servers!user=alice"])
    _, narrow = await hub5.token_for("admin", scopes=["read:users!user=alice"])
    async with people(hub5, "") as (person,):
        given = {"Authorization": f"Bearer {token}"}
        assert await person.websocket_status(base_of("alice"), headers=given) == 101
        assert await person.websocket_status(base_of("alice"), headers={"Authorization": f"Bearer {narrow}"}) == 403


async def test_unknown_bodies_are_not_taken(hub5: Hub) -> None:
    """A stranger cannot fill the memory: a large body is refused before it is read."""
    await hub5.launch("alice")
    port = hub5.direct_port("alice")
    for path in ("/user/alice/x", "/user/alice/healthz", "/elsewhere"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000000\r\n\r\n".encode())
        first = await asyncio.wait_for(reader.readline(), 10)
        assert first.split()[1] in {b"400", b"403", b"404", b"405", b"413"}, (path, first)
        writer.close()
