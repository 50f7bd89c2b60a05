"""`codehub try`: from nothing but Python to an editor that is its owner's alone, and back to nothing."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.integration.local.conftest import TIERS
from tests.integration.local.tried import VERSION, Tried, open_editor, processes_of, running_try, try_environment
from tests.integration.singleuser.person import people
from tests.support.processes import free_port
from tests.support.program import codehub

pytestmark = [pytest.mark.tier(*TIERS), pytest.mark.timeout(600)]


async def test_the_owner_gets_an_editor_and_nobody_else_gets_in(tried: Tried) -> None:
    base = "/user/alice/"
    async with people(tried, "alice", "bob", "", password=tried.password) as (alice, bob, nobody):
        await open_editor(alice)
        assert await alice.websocket_status(base) == 101
        assert (await bob.enter(base)).status == 403
        assert await bob.websocket_status(base) == 403
        refused = await nobody.ask(base)
        assert refused.status == 302
        assert refused.headers["Location"].startswith("/hub/")
        assert await nobody.websocket_status(base) == 403


async def test_a_wrong_password_and_a_name_that_is_not_allowed(tried: Tried) -> None:
    async with people(tried, "") as (somebody,):
        for name, password in (("alice", "wrong"), ("mallory", tried.password), ("../up", tried.password)):
            somebody.name = name
            with pytest.raises(AssertionError, match="Invalid username or password"):
                await somebody.log_in(password)


async def test_another_server_starts_quickly(tried: Tried) -> None:
    """From the login to the editor's page: 15 s are promised on a machine that has nothing else to do."""
    async with people(tried, "bob", password=tried.password) as (bob,):
        began = time.monotonic()
        await open_editor(bob)
        assert time.monotonic() - began < 60


def test_what_it_said(tried: Tried) -> None:
    said = tried.text()
    assert "every person's editor runs as your own user" in said
    assert said.count(tried.password) == 1
    assert "Log in as alice or bob" in said


def test_the_password_is_in_no_file_but_that_of_the_secrets(tried: Tried) -> None:
    folder = tried.said.parent / "hub"
    files = [path for path in folder.rglob("*") if path.is_file() and "home" not in path.relative_to(folder).parts]
    having = [path.name for path in files if tried.password.encode() in path.read_bytes()]
    assert having == ["secrets.yaml"]
    assert (folder / "secrets.yaml").stat().st_mode & 0o077 == 0
    hub = next(process for process in processes_of(tried.env) if "jupyterhub" in " ".join(process.cmdline()))
    assert tried.password not in " ".join(hub.cmdline())


def test_status_and_plan_know_it(tried: Tried) -> None:
    folder = tried.said.parent / "hub"
    status = codehub("status", folder, "--json", env=tried.env).document
    assert status["running"] == f"{tried.url}/"
    plan = codehub("plan", folder, "--json", env=tried.env).document
    assert {step["id"]: step["decision"] for step in plan["steps"]} == {
        "install-hub": "skip", "install-proxy": "skip", "install-code-server": "skip", "start": "skip",
    }  # fmt: skip


def test_verify_tries_it_with_a_throw_away_user(tried: Tried) -> None:
    folder = tried.said.parent / "hub"
    found = codehub("verify", folder, "--json", env=tried.env, seconds=120).document
    assert found["url"] == f"{tried.url}/"
    assert found["user"]
    assert found["editor_seconds"] > 0
    assert not list((folder / ".codehub" / "local" / "home").glob("codehub-check-*"))


def test_verify_where_nothing_runs(tmp_path: Path) -> None:
    assert codehub("init", tmp_path / "hub", "--set", "target.kind=local").code == 0
    ended = codehub("verify", tmp_path / "hub")
    ended.refused(1, "JupyterHub is not running", "codehub apply")


def test_a_second_one_in_the_same_folder_is_told_of_the_first(tried: Tried) -> None:
    ended = codehub("try", tried.said.parent / "hub", "--yes", env=tried.env)
    ended.refused(2, "It is running already", tried.url, "codehub destroy")
    assert tried.process.poll() is None


def test_a_port_that_is_taken(tried: Tried, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        ended = codehub("try", tmp_path / "hub", "--yes", "--port", port, env=tried.env)
    ended.refused(2, f"Port {port} of this machine cannot be used", "--port")
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=lambda one: one.name)
async def test_ctrl_c_leaves_nothing(tried: Tried, parts_cache: Path, tmp_path: Path, number: int) -> None:
    """No process, though an editor and a job in it were running; without DIR no file either."""
    env = try_environment(parts_cache, tmp_path / "data")
    with running_try(tmp_path, env, "--port", str(free_port())) as running:
        running.wait_ready()
        async with people(running, "alice", password=running.password) as (alice,):
            await open_editor(alice)
        assert len(processes_of(env)) >= 5  # codehub, hub, proxy, single-user server, code-server
        assert running.interrupt(number) == 0
        assert processes_of(env) == []
        assert "Stopped." in running.text()
    assert not (tmp_path / "data" / "codehub" / "try").exists()


def test_ctrl_c_while_parts_are_fetched(tried: Tried, tmp_path: Path) -> None:
    env = try_environment(tmp_path / "cache", tmp_path / "data")
    with running_try(tmp_path, env, "--port", str(free_port())) as running:
        while "pip" not in running.text():
            assert running.process.poll() is None, running.text()
            time.sleep(0.05)
        assert running.interrupt() == 130
        assert processes_of(env) == []
    assert not list((tmp_path / "cache").rglob("complete"))


async def test_keep_leaves_it_running_until_destroy(tried: Tried, parts_cache: Path, tmp_path: Path) -> None:
    folder, env = tmp_path / "hub", try_environment(parts_cache, tmp_path / "data")
    with running_try(tmp_path, env, folder, "--keep", "--port", str(free_port())) as running:
        assert running.process.wait(120) == 0
        running.wait_ready()
        async with people(running, "alice", password=running.password) as (alice,):
            await open_editor(alice)
            home = folder / ".codehub" / "local" / "home" / "alice"
            (home / "kept.txt").write_text("kept")
            assert codehub("destroy", folder, "--yes", env=env).code == 0
            assert processes_of(env) == []
            assert codehub("status", folder, "--json", env=env).document["running"] == ""
        assert (home / "kept.txt").read_text() == "kept"
        assert codehub("apply", folder, "--yes", env=env, seconds=120).code == 0
        async with people(running, "alice", password=running.password) as (alice,):
            await open_editor(alice)
        assert (home / "kept.txt").read_text() == "kept"
        assert codehub("destroy", folder, "--yes", "--with-data", env=env).code == 0
        assert not home.exists()
        assert processes_of(env) == []


def test_a_hub_that_dies_is_told_of(tried: Tried, parts_cache: Path, tmp_path: Path) -> None:
    env = try_environment(parts_cache, tmp_path / "data")
    with running_try(tmp_path, env, "--port", str(free_port())) as running:
        running.wait_ready()
        hub = next(process for process in processes_of(env) if "-m jupyterhub --config" in " ".join(process.cmdline()))
        hub.kill()
        assert running.process.wait(30) == 1
        assert "JupyterHub ended by itself" in running.text()
        assert processes_of(env) == []


def test_no_network(tmp_path: Path) -> None:
    """Nothing is in the cache, and no index can be asked: said in a moment, and nothing counts as installed."""
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}
    more = {**nowhere, "PIP_RETRIES": "1", "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "XDG_CONFIG_DIRS": "/none"}
    env = try_environment(tmp_path / "cache", tmp_path / "data", **more)
    ended = codehub("try", "--yes", "--port", str(free_port()), env=env)
    ended.refused(1, "JupyterHub could not be installed", "could not be reached", "HTTPS_PROXY")
    assert not list((tmp_path / "cache").rglob("complete"))
    assert not (tmp_path / "data" / "codehub" / "try").exists()


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    env = try_environment(tmp_path / "cache", tmp_path / "data")
    ended = codehub("try", "--yes", "--port", str(free_port()), env=env)
    ended.refused(1, "could not be made", "XDG_CACHE_HOME")


def test_nobody_to_ask(tmp_path: Path) -> None:
    ended = codehub("try", env=try_environment(tmp_path / "cache", tmp_path / "data"))
    ended.refused(2, "nobody to ask", "--yes")


def test_a_folder_for_a_cluster_is_tried_without_touching_it(tried: Tried, parts_cache: Path, tmp_path: Path) -> None:
    folder, env = tmp_path / "hub", try_environment(parts_cache, tmp_path / "data")
    assert codehub("init", folder, "--set", "hub.auth.users=carol", "--set", f"code_server.version={VERSION}").code == 0
    before = (folder / "codehub.yaml").read_bytes()
    with running_try(tmp_path, env, folder, "--port", str(free_port())) as running:
        running.wait_ready()
        assert "Log in as carol with" in running.text()
    assert (folder / "codehub.yaml").read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {"codehub.yaml", ".codehub"}


def test_traefik_as_the_proxy(tried: Tried, parts_cache: Path, tmp_path: Path) -> None:
    env = try_environment(parts_cache, tmp_path / "data")
    with running_try(tmp_path, env, "--port", str(free_port()), "--set", "hub.proxy=traefik") as running:
        running.wait_ready()
        names = {process.name() for process in processes_of(env)}
        assert "traefik" in names
        assert running.interrupt() == 0
        assert processes_of(env) == []


def test_events_alone_on_stdout_and_the_way_from_home_over_ssh(tried: Tried, parts_cache: Path, tmp_path: Path) -> None:
    env = try_environment(parts_cache, tmp_path / "data", SSH_CONNECTION="10.0.0.9 50000 10.0.0.7 22")
    folder, port = tmp_path / "hub", str(free_port())
    arguments = ["--yes", "--keep", "--progress=json", "--set", f"code_server.version={VERSION}"]
    ended = codehub("try", folder, *arguments, "--port", port, env=env, seconds=120)
    try:
        assert ended.code == 0, ended.err
        assert ended.events[-1]["event"] == "run-finished"
        secret = ended.err.partition("with the password ")[2].split()[0]
        assert secret not in ended.out
        assert ended.events[0]["event"] == "run-started"
        assert f"ssh -L {port}:127.0.0.1:{port} " in ended.err
        assert "@10.0.0.7" in ended.err
    finally:
        assert codehub("destroy", folder, "--yes", env=env).code == 0
