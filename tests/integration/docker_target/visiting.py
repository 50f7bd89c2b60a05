"""What the tests of a hub on Docker do besides what a person's browser does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tests.integration.singleuser.person import Person


async def stop_server(person: Person) -> None:
    """As the button on the hub's page does."""
    home = await person.ask("/hub/home", follow=True)
    assert home.status == 200
    xsrf = next(c.value for c in person.session.cookie_jar if c.key == "_xsrf" and c["path"].startswith("/hub"))
    headers = {"X-XSRFToken": xsrf, "Referer": f"{person.hub.url}/hub/home"}
    answer = await person.ask(f"/hub/api/users/{person.name}/server", "DELETE", headers=headers)
    assert answer.status in {202, 204}, answer


async def until(probe: Callable[[], object], what: str) -> None:
    """Ask once a second: each question is a process or two."""
    end = time.monotonic() + 90
    while not await asyncio.to_thread(probe):
        assert time.monotonic() < end, f"still waiting for {what}"
        await asyncio.sleep(1)
