"""The activity extension in the real editor in a real browser: an idle open tab is told from a used one."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from codehub_singleuser import signals
from codehub_singleuser.activity import Signals, WindowReport, last_use

from tests.integration.singleuser.alone import Alone, alone
from tests.integration.singleuser.browser import chromium
from tests.integration.singleuser.rig import EXTENSION
from tests.support.processes import wait_until

pytestmark = [pytest.mark.tier("hub", "code_server", "node", "chromium"), pytest.mark.timeout(400)]

CONTROL = 2
INPUT = ".monaco-editor textarea, .monaco-editor .native-edit-context"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as sockets need."""
    with tempfile.TemporaryDirectory(prefix="c", dir="/tmp", ignore_cleanup_errors=True) as made:
        yield Path(made)


def window(server: Alone) -> WindowReport | None:
    """What the extension says of the one open window."""
    found = [report for place in server.folder.glob("codehub-*/windows") for report in signals.read_windows(place)]
    return found[0] if found else None


def used_at(server: Alone) -> float:
    """The time of the last use, by the extension alone."""
    report = window(server)
    assert report is not None
    return report.last_use or 0.0


async def until_used_after(server: Alone, moment: float, what: str) -> None:
    end = time.monotonic() + 30
    while used_at(server) < moment:
        assert time.monotonic() < end, f"{what} was not noticed"
        await asyncio.sleep(0.3)


async def test_an_idle_tab_is_told_from_a_used_one(folder: Path) -> None:
    extensions = folder / "extensions"
    extensions.mkdir()
    shutil.copytree(EXTENSION, extensions / "codehub.activity-1.0.0")
    work = folder / "work"
    work.mkdir()
    (work / "notes.txt").write_text("")
    with alone(
        folder, f"--extensions-dir={extensions}", f"--folder={work}", "--", "--disable-workspace-trust"
    ) as server:
        wait_until(server.ready, "code-server")
        here = f"127.0.0.1:{server.port}"
        note = f"[[%22openFile%22,%22vscode-remote://{here}{work}/notes.txt%22]]"
        url = f"http://{here}/?folder={work}&payload={note}"
        async with chromium(folder, url) as page:
            await page.wait_for("document.querySelector('.monaco-workbench')")
            wait_until(lambda: window(server) is not None, "the extension's first sign of life", seconds=60)

            # typing in a document
            await page.wait_for("document.querySelector('.monaco-editor .view-lines')")
            await asyncio.sleep(2)
            moment = time.time()
            await page.value(f"document.querySelector('{INPUT}').focus()")
            await page.write("hello")
            await until_used_after(server, moment, "typing in a document")

            # nobody there: signs of life go on, use does not
            await asyncio.sleep(62)  # VS Code takes a window for active for a minute after the last key
            idle_since = used_at(server)
            await asyncio.sleep(20)  # at least one sign of life
            report = window(server)
            assert report is not None
            assert report.last_use == idle_since, "an open tab that nobody touched passed for used"
            assert time.time() - report.heartbeat < 30
            open_tab = Signals(time.time(), editor=time.time(), windows=(report,))
            assert last_use(open_tab, terminal_counts=False) == idle_since

            # a terminal: the editor is told by the extension, the server sees keys and jobs by itself
            moment = time.time()
            await page.press("`", "Backquote", 192, modifiers=CONTROL)
            await until_used_after(server, moment, "opening a terminal")

            def below() -> list[signals.Process]:
                return [p for p in signals.descendants(signals.read_processes(), server.editor()) if p.terminal]

            wait_until(below, "a shell below code-server", seconds=30)
            await page.wait_for("document.querySelector('.xterm-helper-textarea')")
            await asyncio.sleep(3)
            assert signals.running_jobs(below()) == 0
            await page.value("document.querySelector('.xterm-helper-textarea').focus()")
            await page.write("sleep 90")
            await page.press("Enter", "Enter", 13, text="\r")
            wait_until(lambda: signals.running_jobs(below()) == 1, "the job in the terminal", seconds=30)
            typed = signals.last_typed(below())
            assert typed is not None
            assert time.time() - typed < 30
