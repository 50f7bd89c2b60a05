"""The server as a process: starting, refusing to start, code-server's death, its own end, who can open the socket."""

import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.singleuser.alone import alive, alone, refusal
from tests.integration.singleuser.person import people
from tests.integration.singleuser.rig import Hub, resource_path, search_path
from tests.support import parts
from tests.support.processes import free_port, port_answers, wait_until

pytestmark = pytest.mark.tier("hub", "code_server", "node")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path: the name of a socket in it must not be long."""
    with tempfile.TemporaryDirectory(prefix="c", dir="/tmp") as made:
        yield Path(made)


def test_without_a_hub_it_refuses_to_start_and_says_what_is_missing(folder: Path) -> None:
    code, said = refusal(folder)
    assert code == 1
    assert "No JupyterHub started this server" in said
    assert "JUPYTERHUB_API_TOKEN" in said
    assert "--no-hub" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "missing",
    ["JUPYTERHUB_API_TOKEN", "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_CLIENT_ID", "JUPYTERHUB_OAUTH_ACCESS_SCOPES"],
)
def test_each_variable_of_the_hub_is_needed(folder: Path, missing: str) -> None:
    """Without access scopes HubOAuth would let every user of the hub in."""
    told = {
        "JUPYTERHUB_API_TOKEN": "secret-token", "JUPYTERHUB_API_URL": "http://127.0.0.1:1/hub/api",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-alice", "JUPYTERHUB_SERVICE_PREFIX": "/user/alice/",
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{free_port()}/user/alice/", "JUPYTERHUB_USER": "alice",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:servers!server=alice/"]',
    }  # fmt: skip
    del told[missing]
    code, said = refusal(folder, environment=told)
    assert code == 1
    assert missing in said
    assert "secret-token" not in said


def test_a_hub_and_no_hub_together_are_refused(folder: Path) -> None:
    """An image with --no-hub baked in must not open people's editors."""
    code, said = refusal(folder, environment={"CODEHUB_NO_HUB": "1", "JUPYTERHUB_API_TOKEN": "x"})
    assert code == 2
    assert "open this person's editor to everyone" in said


def test_a_missing_code_server_is_named(folder: Path) -> None:
    code, said = refusal(folder, "--no-hub", "--code-server", "no-such-editor")
    assert code == 1
    assert "no-such-editor" in said
    assert "Traceback" not in said


def test_an_editor_that_never_starts_ends_the_server(folder: Path) -> None:
    """An unknown flag makes code-server exit: the hub must see a failed start, not an endless one."""
    began = time.monotonic()
    code, said = refusal(folder, "--no-hub", f"--port={free_port()}", "--", "--no-such-flag")
    assert code == 1
    assert "code-server did not start" in said
    assert "--no-such-flag" in said, "code-server's own words belong to the log"
    assert time.monotonic() - began < 60


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = refusal(folder, "--no-hub", f"--port={taken.getsockname()[1]}")
    assert code == 1
    assert "cannot be listened on" in said


def test_alone_it_serves_loopback_only(folder: Path) -> None:
    with alone(folder) as server:
        wait_until(server.ready, "code-server")
        listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        local = {line.split()[1] for line in listening.splitlines() if f":{server.port:04X} " in line}
        assert {address.split(":")[0] for address in local} == {"0100007F"}
        for host, expected in ((f"127.0.0.1:{server.port}", 200), ("elsewhere.example", 403)):
            request = urllib.request.Request(f"http://127.0.0.1:{server.port}/?folder=/", headers={"Host": host})
            try:
                status = urllib.request.urlopen(request, timeout=20).status
            except urllib.error.HTTPError as refused:
                status = refused.code
            assert status == expected, host


def test_code_server_is_started_again_when_it_dies(folder: Path) -> None:
    with alone(folder) as server:
        wait_until(server.ready, "code-server")
        assert server.health() == {"status": "ok", "restarts": 0}
        first = server.editor()
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: server.ready() and server.editor() != first, "code-server again")
        assert server.health() == {"status": "ok", "restarts": 1}
        assert "was ended by signal 9" in server.log.read_text()


def test_an_answer_that_breaks_off_looks_broken(folder: Path) -> None:
    """code-server dies in the middle of a download: what came must not pass for the whole file."""
    large = folder / "large.bin"
    large.write_bytes(os.urandom(1 << 20) * 200)
    with alone(folder) as server:
        wait_until(server.ready, "code-server")
        url = f"http://127.0.0.1:{server.port}/{resource_path()}?path={large}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            answer.read(1 << 20)
            os.kill(server.editor(), signal.SIGKILL)
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                answer.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_behind(folder: Path, number: signal.Signals) -> None:
    """However the server ends, code-server ends with it, and the socket's folder goes where that is possible."""
    with alone(folder) as server:
        wait_until(server.ready, "code-server")
        editor = server.editor()
        folders = list(folder.glob("codehub-*"))
        assert len(folders) == 1
        server.process.send_signal(number)
        code = server.process.wait(30)
        assert code == (0 if number is not signal.SIGKILL else -9)
        wait_until(lambda: not alive(editor), "code-server to end")
        assert number is signal.SIGKILL or not folders[0].exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_no_other_user_can_open_the_socket(folder: Path) -> None:
    """Where the stock way listens on a TCP port of loopback, every process of the pod gets in."""
    opener = (
        "import os, socket, sys\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "kind = socket.AF_UNIX if sys.argv[1].startswith('/') else socket.AF_INET\n"
        "target = sys.argv[1] if kind == socket.AF_UNIX else ('127.0.0.1', int(sys.argv[1]))\n"
        "s = socket.socket(kind)\n"
        "try:\n    s.connect(target)\nexcept PermissionError:\n    sys.exit(13)\n"
    )

    def stranger(where: str) -> int:
        return subprocess.run([sys.executable, "-I", "-c", opener, where], check=False, timeout=20).returncode

    folder.chmod(0o755)  # only the socket's own folder may stand in the way
    with alone(folder) as server:
        wait_until(server.ready, "code-server")
        found = next(folder.glob("codehub-*/code-server.sock"))
        assert found.stat().st_mode & 0o777 == 0o600
        assert found.parent.stat().st_mode & 0o777 == 0o700
        assert stranger(str(found)) == 13
        found.parent.chmod(0o755)
        assert stranger(str(found)) == 13, "the socket's own mode is a wall of its own"
        listening = [
            line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
        ]
        assert f"0100007F:{server.port:04X}" in listening
    command = [str(parts.program("code_server")), "--auth", "none", "--bind-addr", f"127.0.0.1:{(port := free_port())}"]
    stock = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": search_path(), "HOME": str(folder)},
    )
    try:
        wait_until(lambda: port_answers(port), "the stock way")
        assert stranger(str(port)) == 0
    finally:
        stock.terminate()
        stock.wait(10)


@pytest.mark.tier("chp")
async def test_the_hubs_token_is_not_in_the_editors_environment(hub5: Hub) -> None:
    await hub5.launch("alice")
    async with people(hub5, "alice") as (alice,):
        assert (await alice.enter("/user/alice/")).status == 200
    editors = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            # In this order: a process that becomes the editor right now has its environment with its words.
            words = (path / "cmdline").read_text().split("\0")
            environ = dict(
                part.split("=", 1) for part in (path / "environ").read_text(errors="replace").split("\0") if "=" in part
            )
        except OSError:
            continue
        # Other tests' people have servers at this hub too, some of them the stock proxy, which hands on all.
        hers = environ.get("JUPYTERHUB_SERVICE_PREFIX") == "/user/alice/" and environ.get("TMPDIR") == str(hub5.folder)
        if hers and "--socket" in words:
            editors.append(environ)
    assert editors
    for environ in editors:
        assert not [name for name in environ if "TOKEN" in name or "OAUTH" in name or "SSL" in name]


@pytest.mark.tier("chp")
async def test_a_spawn_is_ready_in_seconds(hub5: Hub) -> None:
    """Far below the hub's time-outs (60 s to start, 30 s to answer), the first page included."""
    began = asyncio.get_running_loop().time()
    await hub5.launch("bob", "fresh")
    async with people(hub5, "bob") as (bob,):
        assert (await bob.enter("/user/bob/fresh/")).status == 200
    assert asyncio.get_running_loop().time() - began < 50
    await hub5.end("bob", "fresh")
