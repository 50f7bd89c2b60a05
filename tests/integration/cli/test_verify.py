"""`codehub apply` and `codehub verify` with a real hub behind an in-memory cluster's node port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.integration.cli.conftest import Small
from tests.integration.verify.chosen_hub import ChosenHub, chosen_hub
from tests.kubeapi import FakeCluster
from tests.support.processes import free_port
from tests.support.program import codehub
from tests.support.terminal import on_terminal

pytestmark = [
    pytest.mark.tier("docker", "buildx", "base_image", "helm3", "hub", "chp", "code_server", "node"),
    pytest.mark.timeout(400),
]


@contextlib.contextmanager
def _node_port(target: int) -> Iterator[int]:
    """A port of the range of node ports that leads to another one of this machine."""
    loop = asyncio.new_event_loop()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(copy(reader, back), copy(there, writer))

    async def serve() -> tuple[asyncio.Server, int]:
        for port in range(30000 + free_port() % 2000, 32768):
            with contextlib.suppress(OSError):
                return await asyncio.start_server(relay, "127.0.0.1", port), port
        raise OSError("no node port is free")

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server, port = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def _set(small: Small, **answers: object) -> None:
    flags = [word for field, value in answers.items() for word in ("--set", f"{field.replace('__', '.')}={value}")]
    ended = codehub("init", small.folder, *flags, env=small.env)
    assert ended.code == 0, ended.err


def _token(folder: Path, hub: ChosenHub) -> None:
    """The chart would generate the service's token; the hub that really runs has this one."""
    text = f"hub:\n  services:\n    codehub-verify:\n      apiToken: {hub.token}\n"
    (folder / "values.extra.yaml").write_text(text)


def test_apply_ends_with_the_proof_and_says_the_address(small: Small, tmp_path: Path) -> None:
    with chosen_hub(tmp_path / "real") as hub, _node_port(hub.port) as port:
        _set(small, target__verify="user", target__expose__node_port=port)
        _token(small.folder, hub)
        applied = small.run("apply", "--yes")
        assert applied.code == 0, applied.err
        assert f"JupyterHub is at http://127.0.0.1:{port}/" in applied.out
        assert hub.token not in applied.out + applied.err
        result = small.run("status", "--json").document["steps"]["verify"]["result"]
        assert result["url"] == f"http://127.0.0.1:{port}/"
        assert result["editor_seconds"] > 0
        assert small.run("plan").out.endswith("No step to run: everything is as it should be.\n")

        alone = small.run("verify", "--hub", "--json")
        assert (alone.code, alone.document["url"]) == (0, f"http://127.0.0.1:{port}/")
    gone = small.run("verify", "--hub", "--wait", "1")
    gone.refused(1, "No JupyterHub answers where it should", "target.verify=none")


def test_a_check_with_a_user_needs_its_service(small: Small) -> None:
    assert small.run("apply", "--yes").code == 0
    small.run("verify", "--user").refused(2, "no service for the check", "target.verify=user")


def test_a_hub_behind_a_port_forward_is_proved_and_opened(small: Small, cluster: FakeCluster, tmp_path: Path) -> None:
    with chosen_hub(tmp_path / "real") as hub:
        local = free_port()
        _set(small, target__verify="user", target__expose__kind="port-forward", target__expose__port=local)
        _token(small.folder, hub)
        cluster.scenario.forward_to[8000] = hub.port
        applied = small.run("apply", "--yes")
        assert applied.code == 0, applied.err
        assert f"JupyterHub is at http://localhost:{local}/ while `codehub port-forward` runs." in applied.out
        assert small.run("status", "--json").document["steps"]["verify"]["result"]["editor_seconds"] > 0

        with on_terminal("port-forward", small.folder, "--port", "0", env=small.env) as session:
            session.read_until("Ctrl+C ends it.")
            (url,) = [line.strip() for line in session.text.splitlines() if line.startswith("http://localhost:")]
            with urlopen(f"{url}hub/api", timeout=30) as answer:
                assert answer.status == 200
            session.type("\x03")
            assert session.finish() == 0
        with pytest.raises(OSError, match="refused"):
            urlopen(f"{url}hub/api", timeout=5)
    small.run("verify", "--hub", "--wait", "1").refused(1, "No JupyterHub answers where it should")
    with socket.create_server(("127.0.0.1", local)):
        small.run("port-forward", "--port", str(local)).refused(2, f"Port {local} of this machine", "--port")


def test_other_targets_need_no_port_forward(tmp_path: Path) -> None:
    assert codehub("init", tmp_path, "--yes", "--set", "target.kind=local").code == 0
    codehub("port-forward", tmp_path).refused(2, "needs no port-forward", "codehub status")
