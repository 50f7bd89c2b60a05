"""The Done screen keeps a port-forward open, for as long as it is there itself."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.recorder import Recorder
from tests.tui.conftest import on_screen, shown, until
from tests.tui.test_done import DONE, opened, saved
from wizard.app import CodehubApp
from wizard.tools import helm as helm_tool
from wizard.tools.helm_chart import Chart
from wizard.widgets.fact_line import FactLine

pytestmark = pytest.mark.tier("helm4")


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b"jupyterhub!")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def behind() -> Iterator[int]:
    """The port of what answers in the place of the hub's proxy."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def cluster(tmp_path: Path, behind: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    with FakeCluster(tmp_path / "cluster") as running:
        running.scenario.forward_to[8000] = behind
        monkeypatch.setenv("KUBECONFIG", str(running.kubeconfig))
        monkeypatch.setenv("CODEHUB_HELM", str(parts.program("helm4")))
        yield running


def _page(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        found: bytes = answer.read()
        return found


async def test_it_is_open_while_the_screen_is(folder: Path, cluster: FakeCluster) -> None:
    place = saved(folder, DONE, context=cluster.context, expose={"kind": "port-forward", "port": 18000})
    release = helm_tool.Release(helm=await helm_tool.find(), name="jhub", namespace="codehub", context=cluster.context)
    chart = Chart(str(parts.ROOT / "tests" / "charts" / "jupyterhub"))
    await release.upgrade_install(chart, [place.values, place.secrets], Recorder())
    app = CodehubApp(folder)
    async with app.run_test(size=(120, 60)) as pilot:
        screen = await opened(app, place)
        await until(pilot, lambda: "Open now, and for as long as this screen is:" in shown(app))
        await until(pilot, lambda: screen.query("#address FactLine"))
        url = screen.query("#address FactLine").first(FactLine).value
        assert url.startswith("http://localhost:")
        assert await asyncio.to_thread(_page, url) == b"jupyterhub!"
        await pilot.press("escape")
        await on_screen(pilot, "StartScreen")
        for _ in range(300):
            try:
                await asyncio.to_thread(_page, url)
            except OSError:
                break
            await pilot.pause(0.1)
        else:
            pytest.fail("the port is still open")
