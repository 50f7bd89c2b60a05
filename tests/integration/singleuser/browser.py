"""A real Chromium without a screen, driven by its DevTools protocol."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.support import parts
from tests.support.processes import running, wait_until


class Page:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0

    async def do(self, method: str, *, can_fail: bool = False, **arguments: object) -> dict[str, Any]:
        """Send a command and wait for its result; events in between are passed over, an error too if it `can_fail`."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": arguments})
        while True:
            message: dict[str, Any] = json.loads((await self._socket.receive(60)).data)
            if message.get("method") == "Page.javascriptDialogOpening":  # "Leave site?" would hold everything up
                yes = {"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
                await self._socket.send_json(yes)
            if message.get("id") == self._number:
                assert can_fail or "error" not in message, message
                result: dict[str, Any] = message.get("result", {})
                return result

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression gives in the page."""
        result = await self.do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return result["result"].get("value")

    async def wait_for(self, expression: str, *, seconds: float = 60) -> None:
        """Wait until the expression is true in the page."""
        end = asyncio.get_running_loop().time() + seconds
        while not await self._is_true(expression):
            assert asyncio.get_running_loop().time() < end, f"never true in the page: {expression}"
            await asyncio.sleep(0.3)

    async def _is_true(self, expression: str) -> bool:
        """Whether it is; not while the tab is between two pages."""
        result = await self.do(
            "Runtime.evaluate", can_fail=True, expression=f"Boolean({expression})", returnByValue=True
        )
        return bool(result.get("result", {}).get("value"))

    async def text_of_frames(self) -> str:
        """The text of the page and of all frames in it of the same origin, one inside the other."""
        found = await self.value(
            "(function text(w) { let t = ''; try { t = w.document.body.innerText } catch (e) {}"
            " for (let i = 0; i < w.frames.length; i++) t += '\\n' + text(w.frames[i]); return t })(window)"
        )
        return str(found)

    async def press(self, key: str, code: str, number: int, *, modifiers: int = 0, text: str = "") -> None:
        """A key goes down and up."""
        common: dict[str, Any] = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers}
        await self.do("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        await self.do("Input.dispatchKeyEvent", type="keyUp", **common)

    async def click(self, expression: str, *, button: str = "left") -> None:
        """Click into the middle of the element that a JavaScript expression gives."""
        box = await self.value(
            f"(box => [box.x + box.width / 2, box.y + box.height / 2])(({expression}).getBoundingClientRect())"
        )
        common: dict[str, Any] = {"x": box[0], "y": box[1], "button": button, "clickCount": 1}
        await self.do("Input.dispatchMouseEvent", type="mousePressed", **common)
        await self.do("Input.dispatchMouseEvent", type="mouseReleased", **common)

    async def write(self, text: str) -> None:
        """Type letters one by one."""
        for letter in text:
            await self.press(letter, "", ord(letter.upper()), text=letter)


@asynccontextmanager
async def chromium(folder: Path, url: str) -> AsyncIterator[Page]:
    """A browser with one tab at this address."""
    program = parts.program("chromium")
    assert program is not None
    log = folder / "chromium.log"
    command: list[str | Path] = [
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--remote-debugging-port=0", f"--user-data-dir={folder / 'chromium'}", "--window-size=1200,800", url,
    ]  # fmt: skip
    with running(command, log=log):
        wait_until(lambda: "DevTools listening on" in log.read_text(), "Chromium")
        found = re.search(r"DevTools listening on ws://([^/]+)/", log.read_text())
        assert found is not None
        async with aiohttp.ClientSession() as session:
            for _ in range(100):
                async with session.get(f"http://{found[1]}/json/list") as answer:
                    tabs = [tab for tab in await answer.json() if tab["type"] == "page"]
                if tabs:
                    break
                await asyncio.sleep(0.1)
            async with session.ws_connect(tabs[0]["webSocketDebuggerUrl"], max_msg_size=1 << 28) as socket:
                page = Page(socket)
                await page.do("Page.enable")
                yield page
