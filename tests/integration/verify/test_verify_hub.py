"""The proof that a hub works, on real hubs: with our guarded server, with one that lets strangers in, with none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.verify.chosen_hub import ChosenHub, chosen_hub
from tests.support.processes import free_port
from tests.support.recorder import Recorder
from wizard.errors import StepFailed
from wizard.reporting import TaskState
from wizard.tools.verify_hub import Access, verify_hub, verify_user

pytestmark = [pytest.mark.tier("hub", "chp", "code_server", "node"), pytest.mark.timeout(240)]


Start = Callable[..., ChosenHub]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a hub of a kind; it ends with the test."""
    with ExitStack() as stack:
        yield lambda *chosen, **more: stack.enter_context(chosen_hub(tmp_path / "hub", *chosen, **more))


async def _check_users(hub: ChosenHub) -> set[str]:
    """The throw-away users that the hub's database still has."""
    import sqlite3

    with sqlite3.connect(hub.folder / "hub.sqlite") as database:
        return {name for (name,) in database.execute("select name from users where name like 'codehub-check-%'")}


async def test_a_user_gets_an_editor_and_nobody_else(start: Start) -> None:
    hub, said = start(), Recorder()
    found = await verify_user(Access(url=hub.url, token=hub.token), said)
    assert found.version.startswith("5.")
    assert 0 < found.editor_seconds < 60
    assert said.last() == dict.fromkeys(["hub", "server", "editor", "strangers"], TaskState.DONE)
    assert any("ready" in line.lower() for line in said.text("server"))
    assert await _check_users(hub) == set()
    assert not said.notices
    assert hub.token not in repr(said)


async def test_strangers_who_get_in_are_a_failure(start: Start) -> None:
    hub, said = start("stock"), Recorder()
    with pytest.raises(StepFailed, match="people whom it does not belong to") as failed:
        await verify_user(Access(url=hub.url, token=hub.token), said)
    assert "somebody who is not logged in gets status 101 for the websocket" in failed.value.why
    assert said.last()["strangers"] is TaskState.FAILED
    assert await _check_users(hub) == set()


async def test_a_server_that_does_not_start(start: Start) -> None:
    hub, said = start("ends"), Recorder()
    with pytest.raises(StepFailed, match="did not start") as failed:
        await verify_user(Access(url=hub.url, token=hub.token), said)
    assert failed.value.why
    assert await _check_users(hub) == set()


async def test_missing_scopes_are_named(start: Start) -> None:
    hub, said = start(scopes=("list:users",)), Recorder()
    with pytest.raises(StepFailed, match="did not make a throw-away user") as failed:
        await verify_user(Access(url=hub.url, token=hub.token), said)
    assert "403" in failed.value.why
    assert "admin:users" in failed.value.fix


async def test_a_host_name_that_only_we_know(start: Start) -> None:
    hub, said = start(), Recorder()
    closed = Access(url=f"http://127.0.0.1:{free_port()}")
    named = Access(url=f"http://hub.example:{hub.port}", connect_to="127.0.0.1")
    found = await verify_hub([closed, named], said)
    assert (found.access, found.version[:2]) == (named, "5.")
    with pytest.raises(StepFailed, match="No JupyterHub answers"):
        await verify_hub([Access(url=named.url)], said, patience=0)


async def test_nobody_there() -> None:
    with pytest.raises(StepFailed, match="No JupyterHub answers") as failed:
        await verify_hub([Access(url=f"http://127.0.0.1:{free_port()}")], Recorder(), patience=0)
    assert "127.0.0.1" in failed.value.why
    assert "DNS" in failed.value.fix


def test_the_token_is_in_no_repr() -> None:
    assert "hunter2" not in repr(Access(url="http://x", token="hunter2"))
