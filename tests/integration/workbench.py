"""What a person does in VS Code's workbench in a real browser: log in, write a file, work in a terminal."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path

from tests.integration.singleuser.browser import Page

CONTROL = 2
WORKBENCH = "document.querySelector('.monaco-workbench .part.editor')"
_EDITOR = ".part.editor .monaco-editor"  # the chat's input is a small editor too
_INPUT = f"{_EDITOR} textarea, {_EDITOR} .native-edit-context"
_LINES = f"document.querySelector('{_EDITOR} .view-lines')"
SHOWN = f"{_LINES}?.textContent.replace(/\\u00a0/g, ' ')"


async def log_in(page: Page, name: str, password: str) -> None:
    """Fill in the hub's form, as a person would."""
    await page.wait_for("document.querySelector('#username_input')")
    for field, text in (("username", name), ("password", password)):
        await page.value(f"document.querySelector('#{field}_input').focus()")
        await page.write(text)
    await page.value("document.querySelector('#login_submit').click()")


async def picture(page: Page, path: Path) -> None:
    """Keep what the page shows."""
    shot = await page.do("Page.captureScreenshot", format="png")
    path.write_bytes(base64.b64decode(shot["data"]))


def address_of(url: str, user: str, folder: str, file: str) -> str:
    """The address of a person's editor with a file of that folder open."""
    remote = f"vscode-remote://{url.partition('://')[2]}{folder}/{file}"
    return f"{url}/user/{user}/?folder={folder}&payload=[[%22openFile%22,%22{remote}%22]]"


async def trust(page: Page) -> None:
    """Answer VS Code's question whether the folder's authors are trusted, if it comes."""
    button = "[...document.querySelectorAll('.monaco-dialog-box .monaco-button')].find(b => /^Yes/.test(b.innerText))"
    for _ in range(20):
        if await page.value(f"Boolean({button})"):
            await page.value(f"{button}.click()")
            await page.wait_for("!document.querySelector('.monaco-dialog-box')")
            return
        await asyncio.sleep(0.5)


async def type_and_save(page: Page, text: str) -> None:
    """Write into the open file and save it by the keys that people use."""
    await page.wait_for(_LINES)
    await trust(page)
    await page.value(f"document.querySelector('{_INPUT}').focus()")
    await page.write(text)
    await page.press("s", "KeyS", 83, modifiers=CONTROL)


async def run_in_terminal(page: Page, line: str, done: Callable[[], bool]) -> None:
    """Open a terminal and run a command in it; a shell that is still starting swallows letters, so type it again.

    Of letters and blanks only: marks are not sent here as a person's keyboard sends them.
    """
    await page.press("`", "Backquote", 192, modifiers=CONTROL)
    await page.wait_for("document.querySelector('.xterm-helper-textarea')")
    for _ in range(6):
        await page.value("document.querySelector('.xterm-helper-textarea').focus()")
        await page.write(line)
        await page.press("Enter", "Enter", 13, text="\r")
        for _ in range(20):
            if done():
                return
            await asyncio.sleep(0.25)
    raise AssertionError(f"{line!r} was never run in the terminal")


async def download(page: Page, name: str, folder: Path) -> Path:
    """Download a file from the explorer's menu into a folder, as browsers do that have no picker of folders.

    Chromium has one, for which it needs a screen.
    """
    await page.do("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    await page.value("delete window.showDirectoryPicker")
    rows = "[...document.querySelectorAll('.explorer-folders-view .monaco-list-row')]"
    row = f"{rows}.find(r => r.innerText.trim() === '{name}')"
    item = "[...document.querySelectorAll('.monaco-menu .action-item')].find(e => /^Download/.test(e.innerText))"
    await page.wait_for(row)
    for _ in range(10):  # what comes above it while the page loads moves the row
        await page.click(row, button="right")
        await asyncio.sleep(1)
        if await page.value(f"Boolean({item})"):
            break
    await page.click(item)
    for _ in range(240):
        if (folder / name).exists():
            return folder / name
        await asyncio.sleep(0.25)
    raise AssertionError(f"{name} was never downloaded")


async def restart_server(page: Page, url: str) -> None:
    """Stop one's server and start it again by the buttons of the hub's home page."""
    await page.do("Page.navigate", url=f"{url}/hub/home")
    await page.wait_for(
        "document.querySelector('#stop') && window.jQuery?._data(document.querySelector('#stop'), 'events')"
    )
    await page.click("document.querySelector('#stop')")
    await page.wait_for(
        "/Start/.test(document.querySelector('#start')?.innerText) && !document.querySelector('#start').disabled"
    )
    await page.do("Page.navigate", url=f"{url}/hub/spawn")
    await page.wait_for(WORKBENCH, seconds=120)
