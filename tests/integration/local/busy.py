"""People who load their editors all the time: requests and websockets, counted with whatever went wrong."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp

from tests.integration.singleuser.person import Person

FILE = "_static/src/browser/media/favicon.svg"
"""A small file that code-server itself answers with."""


@dataclass
class Busy:
    """What was asked, and what was not answered as it should be."""

    requests: int = 0
    websockets: int = 0
    errors: list[str] = field(default_factory=list)


async def keep_busy(person: Person, ended: asyncio.Event, busy: Busy, *, lanes: int = 2) -> None:
    """Ask for the editor's page and a file of it in `lanes` lanes, and open and close websockets, until `ended`."""
    base = f"/user/{person.name}/"

    async def ask(path: str) -> None:
        while not ended.is_set():
            status: int | str
            try:
                status = (await person.enter(path)).status
            except (aiohttp.ClientError, TimeoutError) as error:
                status = repr(error)
            busy.requests += 1
            if status != 200:
                busy.errors.append(f"{path}: {status}")

    async def connect() -> None:
        while not ended.is_set():
            status = await person.websocket_status(base)
            busy.websockets += 1
            if status != 101:
                busy.errors.append(f"websocket of {base}: {status}")

    async with asyncio.TaskGroup() as group:
        for _ in range(lanes):
            group.create_task(ask(base))
            group.create_task(ask(base + FILE))
        group.create_task(connect())


async def rate(person: Person, path: str, *, requests: int = 400, lanes: int = 4) -> float:
    """Requests a second for one path; fails for any answer but 200."""
    left = iter(range(requests))
    began = time.perf_counter()

    async def ask() -> None:
        for _ in left:
            answer = await person.ask(path)
            assert answer.status == 200, (path, answer.status)

    await asyncio.gather(*(ask() for _ in range(lanes)))
    return requests / (time.perf_counter() - began)
