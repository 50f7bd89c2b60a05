"""What a person does in a real browser: log in, work in a file and a terminal, leave, come back, be kept out.

Screenshots are left in CODEHUB_TEST_ARTEFACTS, or else in the test's folder, to be looked at.
"""

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.local.conftest import TIERS
from tests.integration.local.tried import Tried, running_try, try_environment
from tests.integration.singleuser.browser import Page, chromium
from tests.integration.singleuser.person import people
from tests.integration.workbench import (
    SHOWN,
    WORKBENCH,
    address_of,
    download,
    log_in,
    picture,
    restart_server,
    run_in_terminal,
    type_and_save,
)
from tests.support.processes import free_port, wait_until

pytestmark = [pytest.mark.tier(*TIERS, "chromium"), pytest.mark.timeout(900)]

LARGE = 120 << 20
"""Bytes; what is not streamed fails from 100 MiB on."""


@pytest.fixture(params=["chp", "traefik"])
def hub(request: pytest.FixtureRequest, parts_cache: Path, tmp_path: Path) -> Iterator[Tried]:
    """A hub behind each of its proxies."""
    if request.param == "chp":
        yield request.getfixturevalue("tried")
        return
    env = try_environment(parts_cache, tmp_path / "data")
    answers = ("--port", str(free_port()), "--set", "hub.proxy=traefik")
    with running_try(tmp_path, env, tmp_path / "hub", *answers) as running:
        running.wait_ready()
        yield running


@pytest.fixture
def pictures(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Where screenshots go."""
    kept = os.environ.get("CODEHUB_TEST_ARTEFACTS")
    folder = Path(kept) / "local" / request.node.name if kept else tmp_path / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@asynccontextmanager
async def browser(folder: Path, url: str) -> AsyncIterator[Page]:
    """A browser with an empty profile at this address."""
    folder.mkdir()
    async with chromium(folder, url) as page:
        yield page


async def test_a_day_of_alices(hub: Tried, tmp_path: Path, pictures: Path) -> None:
    home = hub.said.parent / "hub" / ".codehub" / "local" / "home" / "alice"
    home.mkdir(parents=True, exist_ok=True)
    note, large = home / "notes.txt", home / "large.bin"
    note.write_text("")
    large.write_bytes(os.urandom(1 << 20) * (LARGE >> 20))
    notes = address_of(hub.url, "alice", str(home), note.name)
    async with browser(tmp_path / "alice", f"{hub.url}/hub/login") as page:
        await picture(page, pictures / "0-login.png")
        await log_in(page, "alice", hub.password)
        await page.wait_for(WORKBENCH, seconds=120)
        await picture(page, pictures / "1-workbench.png")

        await page.do("Page.navigate", url=notes)
        await type_and_save(page, "written by alice")
        wait_until(lambda: note.read_text() == "written by alice", "the saved file")
        await picture(page, pictures / "2-saved.png")
        await run_in_terminal(page, "mkdir made", (home / "made").is_dir)
        await picture(page, pictures / "3-terminal.png")

        await page.do("Page.reload")
        await page.wait_for(f"{SHOWN}?.includes('written by alice')", seconds=90)
        fetched = await download(page, large.name, tmp_path)
        assert hashlib.sha256(fetched.read_bytes()).digest() == hashlib.sha256(large.read_bytes()).digest()
        large.unlink()

        await restart_server(page, hub.url)
        await page.do("Page.navigate", url=notes)
        await page.wait_for(f"{SHOWN}?.includes('written by alice')", seconds=90)
        await picture(page, pictures / "4-after-restart.png")

    async with people(hub, "alice", "bob", "", password=hub.password) as (alice, bob, nobody):
        assert (await alice.enter("/user/alice/")).status == 200
        assert await alice.websocket_status("/user/alice/") == 101
        for other in (bob, nobody):
            assert (await other.ask("/user/alice/")).status in {302, 403}
            assert await other.websocket_status("/user/alice/") == 403
    async with browser(tmp_path / "others", f"{hub.url}/user/alice/") as page:
        await page.wait_for("document.querySelector('#username_input')")
        assert "/hub/login" in await page.value("location.pathname")
        await picture(page, pictures / "5-nobody.png")
        await log_in(page, "bob", hub.password)
        await page.wait_for("/403|Forbidden|permission/i.test(document.body?.innerText)", seconds=90)
        assert not await page.value(f"Boolean({WORKBENCH})")
        await picture(page, pictures / "6-bob.png")
