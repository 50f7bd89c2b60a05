"""Two questions at once, told as if they were asked one after the other."""

import asyncio

import pytest

from wizard.together import together


async def test_both_go_on_at_once() -> None:
    met = asyncio.Barrier(2)

    async def meet(result: str) -> str:
        await met.wait()
        return result

    async with asyncio.timeout(30):
        assert await together(meet("one"), meet("two")) == ("one", "two")


async def test_the_first_trouble_is_the_firsts_and_ends_the_second() -> None:
    ended = asyncio.Event()

    async def fail(text: str) -> None:
        raise ValueError(text)

    async def late() -> None:
        await asyncio.sleep(0)
        raise ValueError("one")

    async def long() -> None:
        try:
            await asyncio.sleep(300)
        finally:
            ended.set()

    with pytest.raises(ValueError, match="one"):
        await together(late(), fail("two"))
    with pytest.raises(ValueError, match="one"):
        await together(late(), long())
    assert ended.is_set()


async def test_cancelled_it_ends_both() -> None:
    ended, begun = [], asyncio.Event()

    async def long(name: str) -> None:
        try:
            begun.set()
            await asyncio.sleep(300)
        finally:
            ended.append(name)

    task = asyncio.create_task(together(long("one"), long("two")))
    await begun.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(ended) == ["one", "two"]
