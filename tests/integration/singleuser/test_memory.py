"""Downloads and uploads pass through without being kept, also where one side is slow."""

import asyncio
import hashlib
import re
from pathlib import Path

import pytest
from yarl import URL

from tests.integration.singleuser.attacks import base_of, large_frames_pass
from tests.integration.singleuser.backend import Backend
from tests.integration.singleuser.person import people
from tests.integration.singleuser.rig import Hub, resource_path

pytestmark = pytest.mark.tier("hub", "chp", "code_server", "node")

SIZE = 150 << 20
LIMIT_MB = 120


def server_pid(hub: Hub, prefix: str) -> int:
    """The process of the single-user server below this prefix: the one that listens for the hub."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            environ = (path / "environ").read_bytes().split(b"\0")
            words = (path / "cmdline").read_bytes()
        except OSError:
            continue
        server = any(name in words for name in (b"codehub_singleuser", b"standaloneproxy", b"jupyterhub-singleuser"))
        wanted = {f"JUPYTERHUB_SERVICE_PREFIX={prefix}".encode(), f"TMPDIR={hub.folder}".encode()}
        if server and wanted <= set(environ):
            return int(path.name)
    raise AssertionError(f"no server below {prefix}")


class Peak:
    """The most memory that a process held since the last call of reset(), in MB (proc(5): VmHWM)."""

    def __init__(self, pid: int) -> None:
        self.folder = Path(f"/proc/{pid}")

    def reset(self) -> None:
        (self.folder / "clear_refs").write_text("5")

    @property
    def mb(self) -> float:
        found = re.search(r"VmHWM:\s+(\d+) kB", (self.folder / "status").read_text())
        assert found is not None
        return int(found[1]) / 1024


async def download(hub: Hub, backend: Backend, name: str, *, slow: bool) -> tuple[int, int, float]:
    """Load 150 MB through a server of alice's: the status, the bytes that came, the server's peak in MB."""
    await hub.launch("alice", name)
    base = base_of("alice", name)
    async with people(hub, "alice") as (alice,):
        assert (await alice.enter(base)).status == 200
        peak = Peak(server_pid(hub, base.removesuffix("code/")))
        peak.reset()
        url = URL(f"{hub.url}{base}proxy/{backend.port}/stream?bytes={SIZE}", encoded=True)
        got = 0
        async with alice.session.get(url) as answer:
            if slow:
                await asyncio.sleep(2)
            try:
                async for piece in answer.content.iter_chunked(1 << 18):
                    got += len(piece)
            except ConnectionError:
                return answer.status, got, peak.mb
        return answer.status, got, peak.mb


async def test_large_messages_leave_nothing_behind(hub5: Hub, backend: Backend) -> None:
    await hub5.launch("alice", "large")
    pid = server_pid(hub5, base_of("alice", "large"))
    peak = Peak(pid)
    for _ in range(3):
        await large_frames_pass(hub5, backend, "alice", "large")
    await asyncio.sleep(2)
    peak.reset()
    assert peak.mb < 100
    await hub5.end("alice", "large")


@pytest.mark.parametrize("slow", [False, True], ids=["fast", "slow"])
async def test_a_download_of_150_mb_stays_below_120_mb_of_memory(hub5: Hub, backend: Backend, slow: bool) -> None:
    status, got, peak = await download(hub5, backend, "", slow=slow)
    assert (status, got) == (200, SIZE)
    assert peak < LIMIT_MB


@pytest.mark.parametrize("other", ["stock", "upstream"])
async def test_others_do_not_manage_that_download(hub5: Hub, backend: Backend, other: str) -> None:
    status, got, peak = await download(hub5, backend, other, slow=False)
    assert (status, got) != (200, SIZE) or peak >= LIMIT_MB


async def test_a_file_of_the_editor_arrives_whole(hub5: Hub, tmp_path: Path) -> None:
    """The way that "Download..." in the file explorer takes."""
    await hub5.launch("alice")
    large = tmp_path / "large.bin"
    block = bytes(range(256)) * 4096
    with large.open("wb") as file:
        for _ in range(SIZE // len(block)):
            file.write(block)
    base = base_of("alice")
    resource = f"{base}{resource_path()}"
    async with people(hub5, "alice") as (alice,):
        assert (await alice.enter(base)).status == 200
        peak = Peak(server_pid(hub5, base))
        peak.reset()
        digest = hashlib.sha256()
        async with alice.session.get(URL(f"{hub5.url}{resource}?path={large}", encoded=True)) as answer:
            assert answer.status == 200, await answer.text()
            async for piece in answer.content.iter_chunked(1 << 18):
                digest.update(piece)
        assert peak.mb < LIMIT_MB
    assert digest.hexdigest() == hashlib.sha256(large.read_bytes()).hexdigest()


async def test_an_upload_is_streamed(hub5: Hub, backend: Backend) -> None:
    await hub5.launch("alice")
    base = base_of("alice")

    async def pieces() -> "object":
        for _ in range(SIZE >> 20):
            yield b"u" * (1 << 20)

    async with people(hub5, "alice") as (alice,):
        assert (await alice.enter(base)).status == 200
        peak = Peak(server_pid(hub5, base))
        peak.reset()
        async with alice.session.put(f"{hub5.url}{base}proxy/{backend.port}/take", data=pieces()) as answer:
            assert await answer.json() == {"taken": SIZE}
        assert peak.mb < LIMIT_MB


async def test_redirects_and_cookies_of_an_app_stay_below_the_prefix(hub5: Hub, backend: Backend) -> None:
    await hub5.launch("alice")
    async with people(hub5, "alice") as (alice,):
        assert (await alice.enter("/user/alice/")).status == 200
        moved = await alice.ask(f"/user/alice/proxy/{backend.port}/move")
        assert moved.status == 302
        assert moved.headers["Location"] == f"/user/alice/proxy/{backend.port}/elsewhere"
        given = moved.headers.getall("Set-Cookie")  # type: ignore[attr-defined]
        assert [cookie.split("=")[0] for cookie in given] == ["app"]


async def test_a_websocket_keeps_its_protocol_and_its_end(hub5: Hub, backend: Backend) -> None:
    """The subprotocol that the program chose, and the code with which it closed."""
    await hub5.launch("alice")
    async with people(hub5, "alice") as (alice,):
        assert (await alice.enter("/user/alice/")).status == 200
        url = f"{hub5.url}/user/alice/proxy/{backend.port}/echo"
        async with alice.session.ws_connect(url, protocols=("first", "second")) as joined:
            assert joined.protocol == "second"
            await joined.send_str("héllo")
            assert (await joined.receive(5)).data == "héllo"
            await joined.send_str("bye")
            ended = await joined.receive(5)
            assert ended.data == 4001
        async with alice.session.ws_connect(
            f"{hub5.url}/user/alice/proxy/{backend.port}/push?bytes=25500000", max_msg_size=1 << 28
        ) as pushed:
            first = await pushed.receive(20)
            assert len(first.data) == 25_500_000
