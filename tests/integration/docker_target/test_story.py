"""JupyterHub on one Docker host with the images that codehub builds, behind each of its proxies: a day of two people.

They look at one hub, which is slow to make; each brings about what it needs there.
"""

import asyncio
import time
from pathlib import Path

import pytest

from tests.integration.docker_target.conftest import TIERS
from tests.integration.docker_target.hosted import HOME, Hosted, inspect, kill
from tests.integration.docker_target.visiting import stop_server, until
from tests.integration.images.building import docker
from tests.integration.local.tried import open_editor
from tests.integration.singleuser.browser import chromium
from tests.integration.singleuser.person import people
from tests.integration.workbench import (
    SHOWN,
    WORKBENCH,
    address_of,
    log_in,
    picture,
    run_in_terminal,
    type_and_save,
)
from tests.support.processes import wait_until

pytestmark = [pytest.mark.tier(*TIERS), pytest.mark.timeout(900)]

ONE_PROXY = pytest.mark.parametrize("host", ["chp"], indirect=True)
"""For what has nothing to do with the proxy."""

DEAD = "python3 -c 'import socket,sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)' {} {}"


def test_a_second_apply_does_nothing(host: Hosted) -> None:
    assert set(host.apply().values()) == {"skipped"}
    assert host.run("verify", "--user").code == 0
    now = host.status()
    assert now["answers"]
    assert [one["status"] for one in now["containers"]] == ["running", "running"]
    assert now["homes"] == 0  # of the throw-away user of the check nothing is left


@pytest.mark.tier("chromium")
async def test_a_day_of_alices(host: Hosted, tmp_path: Path) -> None:
    async with chromium(tmp_path, f"{host.url}/hub/login") as page:
        await log_in(page, "alice", host.password)
        await page.wait_for(WORKBENCH, seconds=120)
        await picture(page, tmp_path / "1-workbench.png")
        host.in_editor("alice", f"touch {HOME}/notes.txt")
        notes = address_of(host.url, "alice", HOME, "notes.txt")

        await page.do("Page.navigate", url=notes)
        await page.wait_for(WORKBENCH, seconds=90)
        await type_and_save(page, "written by alice")
        read = f"cat {HOME}/notes.txt"
        wait_until(lambda: "written by alice" in host.in_editor("alice", read), "the saved file", seconds=60)
        await picture(page, tmp_path / "2-saved.png")

        made = f"test -d {HOME}/made && echo made || true"
        await run_in_terminal(page, "mkdir made", lambda: "made" in host.in_editor("alice", made))
        await picture(page, tmp_path / "3-terminal.png")

        await page.do("Page.reload")
        await page.wait_for(f"{SHOWN}?.includes('written by alice')", seconds=90)

        first = inspect(host.editor("alice"))["Id"]
        async with people(host, "alice", password=host.password) as (alice,):
            await stop_server(alice)
            assert docker("network", "ls", "--quiet", f"--filter=name=^{host.editor('alice')}$") == ""
            await open_editor(alice, seconds=120)
        assert inspect(host.editor("alice"))["Id"] != first
        await page.do("Page.navigate", url=notes)
        await page.wait_for(f"{SHOWN}?.includes('written by alice')", seconds=90)
        await picture(page, tmp_path / "4-after-restart.png")


async def test_others_get_nowhere(host: Hosted) -> None:
    """By the front door, and past it: from a container to a container, to the hub's API, to the proxy's, to Docker."""
    base = "/user/alice/"
    async with people(host, "alice", "bob", "", password=host.password) as (alice, bob, nobody):
        await open_editor(alice, seconds=120)
        await open_editor(bob, seconds=120)
        assert await alice.websocket_status(base) == 101
        assert (await bob.enter(base)).status == 403
        assert await bob.websocket_status(base) == 403
        assert (await nobody.ask(base)).status == 302
        assert await nobody.websocket_status(base) == 403

    networks = inspect(host.editor("alice"))["NetworkSettings"]["Networks"]
    assert list(networks) == [host.editor("alice")]
    there = docker(
        "network", "inspect", "--format={{range .Containers}}{{.Name}} {{end}}", host.editor("alice")
    ).split()
    assert sorted(there) == sorted([host.editor("alice"), host.hub, host.proxy])

    alices = networks[host.editor("alice")]["IPAddress"]
    assert (
        host.in_editor("alice", DEAD.format(alices, 8888) + " && echo open").strip() == "open"
    )  # the check can succeed
    shut = "Timeout|timed out|refused|unreachable|not known|resolution"
    for address, port in ((alices, 8888), (host.editor("alice"), 8888), ("proxy", 8001), (host.proxy, 8001)):
        assert any(
            word in host.in_editor("bob", DEAD.format(address, port), check=False) for word in shut.split("|")
        ), (
            address,
            port,
        )
    control = inspect(host.proxy)["NetworkSettings"]["Networks"][host.name]["IPAddress"]
    assert any(word in host.in_editor("bob", DEAD.format(control, 8001), check=False) for word in shut.split("|"))

    host.in_editor("bob", "test ! -e /var/run/docker.sock")
    assert [mount["Name"] for mount in inspect(host.editor("bob"))["Mounts"]] == [f"{host.name}-home-bob"]
    api = (
        "import os,urllib.request as r,urllib.error as e\n"
        "def ask(path):\n"
        "    request = r.Request(os.environ['JUPYTERHUB_API_URL'] + path)\n"
        "    request.add_header('Authorization', 'token ' + os.environ['JUPYTERHUB_API_TOKEN'])\n"
        "    try: return r.urlopen(request).status\n"
        "    except e.HTTPError as error: return error.code\n"
        "print(ask('/user'), ask('/users'), ask('/users/alice'), ask('/proxy'))\n"
    )
    told = docker("exec", host.editor("bob"), "python3", "-c", api).split()
    assert told[0] == "200"
    assert set(told[1:]) <= {"403", "404"}, told


async def test_limits(host: Hosted) -> None:
    async with people(host, "alice", password=host.password) as (alice,):
        await open_editor(alice, seconds=120)
    limits = inspect(host.editor("alice"))["HostConfig"]
    assert limits["Memory"] == limits["MemorySwap"] == 2 * 1024**3
    assert limits["CpuQuota"] / limits["CpuPeriod"] == 2
    assert limits["PidsLimit"] == 4096
    assert limits["CapDrop"] == ["ALL"]
    assert limits["SecurityOpt"] == ["no-new-privileges:true"]
    for container in (host.hub, host.proxy):
        own = inspect(container)["HostConfig"]
        assert own["RestartPolicy"]["Name"] == "always"
        assert own["Sysctls"] == {"net.ipv4.ip_forward": "0"}
        assert any("docker.sock" in bind for bind in own["Binds"] or ()) == (container == host.hub)


async def test_what_comes_back_by_itself(host: Hosted) -> None:
    async with people(host, "alice", password=host.password) as (alice,):
        await open_editor(alice, seconds=120)
        held = await alice.websocket("/user/alice/")
        assert not isinstance(held, int)

        kill(host.hub)
        assert (
            await alice.websocket_status("/user/alice/") == 101
        )  # known to her server, and the proxy still leads there
        assert not held.closed
        await until(lambda: host.status()["answers"], "the hub's return")
        said = next(one["said"] for one in host.status()["containers"] if one["name"] == host.hub)
        assert "started again 1 times" in said
        await held.close()
        assert "alice" in host.status()["users"]

        kill(host.proxy)

        async def reached() -> bool:
            try:
                return (await alice.ask("/user/alice/healthz")).status == 200
            except OSError:
                return False

        end = time.monotonic() + 60
        while not await reached():
            assert time.monotonic() < end, host.status()
            await asyncio.sleep(0.5)

        host.in_editor("alice", f"echo kept >{HOME}/kept.txt")
        kill(host.editor("alice"))
        await until(lambda: "alice" not in host.status()["users"], "what status says")
        await until(lambda: not host.knows_a_server_of("alice"), "what the hub says")
        await open_editor(alice, seconds=90)
        assert host.in_editor("alice", f"cat {HOME}/kept.txt").strip() == "kept"


@pytest.mark.tier("compose")
async def test_the_compose_file_works_without_codehub(host: Hosted) -> None:
    """`docker compose` knows what codehub has made, makes the same from the same folder, and hands it back."""
    compose = ["compose", f"--project-directory={host.folder}", f"--file={host.folder / 'compose.yaml'}"]
    docker(*compose, "config", "--quiet")
    assert sorted(docker(*compose, "ps", "--format={{.Service}} {{.State}}").splitlines()) == [
        "hub running",
        "proxy running",
    ]
    assert host.run("destroy", "--yes").code == 0
    docker(*compose, "up", "--detach")
    await until(lambda: host.status()["answers"], "the hub that compose started")
    async with people(host, "bob", password=host.password) as (bob,):
        await open_editor(bob, seconds=90)
    before = inspect(host.editor("bob"))["Id"]
    assert host.apply()["deploy"] == "done"
    assert inspect(host.editor("bob"))["Id"] == before
    async with people(host, "bob", password=host.password) as (bob,):
        assert (await open_editor(bob)).status == 200


@ONE_PROXY
async def test_an_upgrade_in_place(host: Hosted) -> None:
    """Another answer: the hub is made anew, alice's editor is not; she stays connected."""
    async with people(host, "alice", password=host.password) as (alice,):
        await open_editor(alice, seconds=120)
        held = await alice.websocket("/user/alice/")
        assert not isinstance(held, int)
        before = {name: inspect(name)["Id"] for name in (host.hub, host.proxy, host.editor("alice"))}
        host.answer("hub.auth.users=alice,bob,carol", "target.verify=hub")
        outcomes = host.apply()
        assert outcomes["deploy"] == "done"
        assert outcomes["build-notebook"] == outcomes["build-hub"] == "skipped"
        after = {name: inspect(name)["Id"] for name in before}
        assert after.pop(host.hub) != before.pop(host.hub)
        assert after == before
        assert not held.closed
        assert (await open_editor(alice)).status == 200
        await held.close()
    async with people(host, "carol", password=host.password) as (carol,):
        assert (await carol.ask("/hub/home", follow=True)).status == 200


@ONE_PROXY
async def test_editors_are_recycled_as_asked(host: Hosted) -> None:
    """A newer notebook image: who runs is stopped, and has the new one and the old files afterwards."""
    async with people(host, "alice", password=host.password) as (alice,):
        await open_editor(alice, seconds=90)
    host.in_editor("alice", f"touch {HOME}/mine.txt")
    (host.folder / "more.Dockerfile").write_text("RUN touch /opt/newer\n")
    host.answer("images.notebook.extra=more.Dockerfile", "images.notebook.tag=1.0.1", "target.docker.editors=recycle")
    assert host.apply()["build-notebook"] == "done"
    assert host.status()["users"] == []
    async with people(host, "alice", password=host.password) as (alice,):
        await open_editor(alice, seconds=90)
    host.in_editor("alice", f"test -e /opt/newer && test -e {HOME}/mine.txt")


@ONE_PROXY
async def test_backup_and_restore(host: Hosted) -> None:
    """What destroy keeps, what it takes when it is asked to, and what a backup brings back."""
    saved = host.folder / "saved.tar.gz"
    async with people(host, "alice", password=host.password) as (alice,):
        await open_editor(alice, seconds=90)
    host.in_editor("alice", f"echo kept >{HOME}/saved.txt")
    assert host.run("destroy", "--yes").code == 0
    assert docker("ps", "--all", "--quiet", f"--filter=label=codehub.project={host.name}") == ""
    assert docker("network", "ls", "--quiet", f"--filter=label=codehub.project={host.name}") == ""
    kept = docker("volume", "ls", "--quiet", f"--filter=label=codehub.project={host.name}").split()
    assert {f"{host.name}-hub-data", f"{host.name}-home-alice"} <= set(kept)

    host.script("backup.sh", str(saved))
    assert saved.stat().st_mode & 0o077 == 0
    assert "Volumes are there already" in host.script("restore.sh", str(saved), code=1)
    gone = host.run("destroy", "--yes", "--volumes")
    assert gone.code == 0, gone.err
    assert docker("volume", "ls", "--quiet", f"--filter=label=codehub.project={host.name}") == ""

    host.script("restore.sh", str(saved))
    assert sorted(kept) == sorted(
        docker("volume", "ls", "--quiet", f"--filter=label=codehub.project={host.name}").split()
    )
    host.apply()
    async with people(host, "alice", password=host.password) as (alice,):
        await open_editor(alice, seconds=90)
    assert host.in_editor("alice", f"cat {HOME}/saved.txt").strip() == "kept"


@pytest.mark.tier("compose")
async def test_an_export_without_secrets_runs_by_its_own_scripts(host: Hosted, tmp_path: Path) -> None:
    """Nothing of codehub is needed: the passwords are made there, and codehub finds nothing to mend afterwards."""
    assert host.run("destroy", "--yes", "--volumes").code == 0
    there = Hosted(tmp_path / "out", host.name, host.port)
    exported = host.run("export", "--output", str(there.folder))
    assert exported.code == 0, exported.err
    assert not [*there.folder.glob("*.env"), *there.folder.glob("secrets.yaml")]
    there.script("build.sh")
    there.script("deploy.sh")
    for name in ("secrets.yaml", "hub.env", *(["proxy.env"] if (host.folder / "proxy.env").exists() else [])):
        assert (there.folder / name).stat().st_mode & 0o077 == 0
    assert there.password != host.password
    await until(lambda: there.status()["answers"], "the hub that deploy.sh started")
    async with people(there, "alice", password=there.password) as (alice,):
        await open_editor(alice, seconds=120)
    assert there.run("render", "--check").code == 0
    first = inspect(host.hub)["Id"]
    there.script("deploy.sh")
    assert inspect(host.hub)["Id"] == first
    (there.folder / "secrets.yaml").unlink()
    assert "--new-secrets" in there.script("deploy.sh", code=2)
