"""The whole way of a person with a browser: the hub's login, the spawn, the editor, a preview in a frame of its own."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.integration.singleuser.browser import chromium
from tests.integration.singleuser.rig import Hub

pytestmark = [pytest.mark.tier("hub", "chp", "code_server", "node", "chromium"), pytest.mark.timeout(300)]

PREVIEW = ".editor-actions a[aria-label*=Preview]"
KNOWN = r"^404 GET \S*(vsda|vscode-regexp-languagedetection)"  # code-server's own, on every path
LOG_IN = """
document.querySelector("#username_input").value = %s;
document.querySelector("#password_input").value = "x";
document.querySelector("form").submit();
"""


def refusals(hub: Hub) -> list[str]:
    """What the single-user servers answered with an error, as their log has it."""
    log = (hub.folder / "hub.log").read_text(errors="replace")
    return re.findall(r"codehub\.requests: ([45]\d\d \S+ \S+)", log)


async def test_a_person_logs_in_and_works(hub5: Hub, tmp_path: Path) -> None:
    """Nothing that the editor needs is refused: page, files, websockets, and the frames with their service worker."""
    settings = hub5.folder / "home" / "bob" / ".local" / "share" / "code-server" / "User" / "settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"security.workspace.trust.enabled": false}')  # no question in front of the editor
    await hub5.launch("bob")
    note = tmp_path / "notes.md"
    note.write_text("# Seen in the preview\n")
    remote = f"vscode-remote://127.0.0.1:{hub5.port}{note}"
    payload = json.dumps([["openFile", remote]], separators=(",", ":")).replace('"', "%22")
    before = len(refusals(hub5))
    async with chromium(tmp_path, f"{hub5.url}/user/bob/?folder={tmp_path}&payload={payload}") as page:
        await page.wait_for("document.querySelector('#username_input')")
        await page.value(LOG_IN % json.dumps("bob"))
        await page.wait_for("document.querySelector('.monaco-workbench')", seconds=90)
        assert await page.value("location.pathname") == "/user/bob/"
        await page.wait_for("document.querySelector('.monaco-editor .view-lines')")
        await page.wait_for(f"document.querySelector('{PREVIEW}')")
        await page.value(f"document.querySelector('{PREVIEW}').click()")
        await page.wait_for("document.querySelector('iframe.webview.ready')")
        await asyncio.sleep(2)
        assert "Seen in the preview" in await page.text_of_frames()
    left = [line for line in refusals(hub5)[before:] if not re.search(KNOWN, line)]
    assert left == []
