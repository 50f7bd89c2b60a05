"""What ends or is missing under a hub of processes: what comes back by itself, what status says, what apply mends."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.integration.local.conftest import TIERS
from tests.integration.local.tried import Tried, open_editor, processes_of, running_try, try_environment
from tests.integration.singleuser.person import Person, people
from tests.support.processes import free_port, wait_until
from tests.support.program import codehub

pytestmark = [pytest.mark.tier(*TIERS), pytest.mark.timeout(600)]


def one_of(hub: Tried, words: str) -> psutil.Process:
    """The process of the hub whose command line has these words."""
    return next(process for process in processes_of(hub.env) if words in " ".join(process.cmdline()))


@pytest.fixture(params=["chp", "traefik"])
def kept(request: pytest.FixtureRequest, tried: Tried, parts_cache: Path, tmp_path: Path) -> Iterator[Tried]:
    """A hub that goes on running after `codehub try --keep`, with a dead proxy for the internet in its environment."""
    dead = f"http://127.0.0.1:{free_port()}"
    env = try_environment(parts_cache, tmp_path / "data", HTTP_PROXY=dead, http_proxy=dead)
    answers = ("--keep", "--port", str(free_port()), "--set", f"hub.proxy={request.param}")
    with running_try(tmp_path, env, tmp_path / "hub", *answers) as running:
        running.wait_ready()
        assert running.process.wait(60) == 0
        yield running


async def until_offered_a_new_one(person: Person) -> None:
    """Once the hub noticed, it says that the server does not run, with a button that starts it."""
    end = time.monotonic() + 60
    while (page := await person.enter(f"/user/{person.name}/")).status != 424:
        assert time.monotonic() < end, page.status
        await asyncio.sleep(0.5)
    assert b'id="start"' in page.body


async def test_what_is_killed(kept: Tried) -> None:
    folder = kept.said.parent / "hub"
    traefik = "hub.proxy: traefik" in (folder / "codehub.yaml").read_text() or "traefik" in kept.text()

    def status() -> str:
        ended = codehub("status", folder, env=kept.env)
        assert ended.code == 0, ended.err
        return ended.out

    home = folder / ".codehub" / "local" / "home" / "alice"
    async with people(kept, "alice", password=kept.password) as (alice,):
        await open_editor(alice)
        (home / "kept.txt").write_text("kept")
        assert f"running at {kept.url}/" in status()

        server = one_of(kept, "codehub-singleuser")
        server.kill()
        await until_offered_a_new_one(alice)
        await open_editor(alice, seconds=120)
        assert one_of(kept, "codehub-singleuser").pid != server.pid

        proxy = (
            next(p for p in processes_of(kept.env) if p.name() == "traefik") if traefik else one_of(kept, "http-proxy")
        )
        editor = one_of(kept, "codehub-singleuser")
        proxy.kill()
        if traefik:  # the hub waits for it for ever
            wait_until(lambda: "but nothing answers at" in status(), "the status of a dead proxy", seconds=60)
            assert codehub("apply", folder, "--yes", env=kept.env, seconds=180).code == 0
        else:
            wait_until(lambda: "running at" in status(), "the proxy, started again by the hub", seconds=120)
            assert editor.is_running()
    async with people(kept, "alice", password=kept.password) as (alice,):
        await open_editor(alice, seconds=120)
        one_of(kept, "-m jupyterhub --config").kill()
        wait_until(lambda: "ended by itself" in status(), "the status of a dead hub", seconds=60)
        assert codehub("status", folder, "--json", env=kept.env).document["running"] == ""
        codehub("verify", folder, env=kept.env).refused(1, "JupyterHub is not running")
        assert codehub("apply", folder, "--yes", env=kept.env, seconds=180).code == 0
    async with people(kept, "alice", password=kept.password) as (alice,):
        await open_editor(alice)
    assert (home / "kept.txt").read_text() == "kept"
    assert codehub("destroy", folder, "--yes", env=kept.env, seconds=120).code == 0
    assert processes_of(kept.env) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk(tmp_path: Path) -> None:
    """Said as what it is; nothing counts as installed, and nothing runs."""
    cache = tmp_path / "cache"
    cache.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(cache)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode()}")
    env = try_environment(cache, tmp_path / "data")
    try:
        ended = codehub("try", "--yes", "--port", str(free_port()), env=env, seconds=300)
        ended.refused(1, "The disk is full", "Free some space")
        assert not list(cache.rglob("complete"))
        assert not (tmp_path / "data" / "codehub" / "try").exists()
        assert processes_of(env) == []
    finally:
        subprocess.run(["umount", "--lazy", str(cache)], check=True)
