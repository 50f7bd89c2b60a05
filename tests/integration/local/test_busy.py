"""Two people are busy while a third one's server starts: nobody notices. `python -m bench spawn` does a minute."""

import asyncio
import re

import pytest

from tests.integration.local.busy import Busy, keep_busy
from tests.integration.local.conftest import TIERS
from tests.integration.local.tried import Tried, open_editor
from tests.integration.singleuser.person import people

pytestmark = [pytest.mark.tier(*TIERS), pytest.mark.timeout(300)]


async def test_nobody_notices_a_spawn(tried: Tried) -> None:
    found = re.search(r"admin_password: [\"']?([^\s\"']+)", (tried.said.parent / "hub" / "secrets.yaml").read_text())
    assert found
    async with (
        people(tried, "alice", "bob", password=tried.password) as (alice, bob),
        people(tried, "admin", password=found[1]) as (admin,),
    ):
        for one in (alice, bob):
            await open_editor(one)
        ended, busy = asyncio.Event(), {"alice": Busy(), "bob": Busy()}
        async with asyncio.TaskGroup() as group:
            for one in (alice, bob):
                group.create_task(keep_busy(one, ended, busy[one.name]))
            await asyncio.sleep(3)
            await open_editor(admin, seconds=120)
            await asyncio.sleep(5)
            ended.set()
    for done in busy.values():
        assert done.errors == []
        assert done.requests > 10
        assert done.websockets > 3
