"""Two questions at once, as if they were asked one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


async def together(first: Coroutine[Any, Any, First], second: Coroutine[Any, Any, Second]) -> tuple[First, Second]:
    """The results of both, which run at the same time.

    An error of the first is raised whatever becomes of the second, which is then cancelled: people are told of the
    same trouble first, however quick either is.
    """
    later = asyncio.create_task(second)
    try:
        return await first, await later
    finally:
        later.cancel()
        await asyncio.gather(later, return_exceptions=True)
