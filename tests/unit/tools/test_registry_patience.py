"""How long a push is tried again: as long as something arrives, and not after the daemon has repeated it in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.recorder import Recorder
from wizard.errors import CodehubError
from wizard.tools import registry

LAYER = "b56d29566bb4"
DIGEST = "sha256:" + "a1" * 32
FAULT = {"error": "received unexpected HTTP status: 500 Internal Server Error"}
PUSHED = {"id": LAYER, "status": "Pushed"}
SENDING = {"id": LAYER, "status": "Pushing", "progressDetail": {"current": 5, "total": 10}}
THERE = {"id": LAYER, "status": "Layer already exists"}
DONE = {"aux": {"Digest": DIGEST}}

Try = list[tuple[float, Mapping[str, Any]]]
"""What the daemon says in one try, each after so many seconds."""


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the daemon say these things, one try after the other, on a clock that has no other way to go on."""
    clock = 0.0

    async def sleep(_seconds: float) -> None:
        pass

    def play(*tries: Try) -> None:
        left = list(tries)

        async def follow(_start: object, take: Callable[[Mapping[str, Any]], None], **_: object) -> None:
            nonlocal clock
            for seconds, record in left.pop(0):
                clock += seconds
                take(record)

        monkeypatch.setattr(registry, "follow", follow)

    monkeypatch.setattr(registry, "time", SimpleNamespace(monotonic=lambda: clock))
    monkeypatch.setattr(registry, "asyncio", SimpleNamespace(sleep=sleep, CancelledError=asyncio.CancelledError))
    return play


async def test_a_fault_after_a_long_push_is_tried_again(daemon: Callable[..., None]) -> None:
    """Large images on slow lines take minutes, which said nothing about the registry's patience."""
    daemon([(600, SENDING), (600, PUSHED), (1, FAULT)], [(1, THERE), (1, DONE)])
    seen = Recorder()
    pushed = await registry.push("registry.test/a:1", seen)
    assert pushed.digest == DIGEST
    assert len(seen.notices) == 1


async def test_what_the_daemon_repeated_in_vain_is_not_tried_again(daemon: Callable[..., None]) -> None:
    daemon([(1, SENDING), (50, FAULT)])
    seen = Recorder()
    with pytest.raises(CodehubError, match="could not be pushed"):
        await registry.push("registry.test/a:1", seen)
    assert seen.notices == []


async def test_layers_that_were_there_already_are_nothing_that_arrives(daemon: Callable[..., None]) -> None:
    daemon([(1, PUSHED), (20, FAULT)], [(1, THERE), (40, FAULT)])
    seen = Recorder()
    with pytest.raises(CodehubError, match="could not be pushed"):
        await registry.push("registry.test/a:1", seen)
    assert len(seen.notices) == 1
