"""A real `codehub try` in the background, and people who come to it through its front door."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.integration.singleuser.attacks import EDITOR
from tests.integration.singleuser.person import Answer, Person
from tests.support import parts
from tests.support.processes import end_group, wait_until
from tests.support.program import command, environment

VERSION = "v4.139.1"
"""Of the code-server that the tests have."""

SHOWN = re.compile(r"is at (http://\S+)\n.*?password (\S+)", re.DOTALL)


@dataclass
class Tried:
    """A running try: its process, its folder, what it says, and once it is up its address and people's password."""

    process: subprocess.Popen[bytes]
    said: Path
    env: Mapping[str, str]
    url: str = ""
    password: str = field(default="", repr=False)

    def text(self) -> str:
        """All that it said so far."""
        return self.said.read_text(encoding="utf-8")

    def wait_ready(self, seconds: float = 300) -> None:
        """Wait until it shows how to log in."""

        def ready() -> bool:
            assert self.process.poll() is None or SHOWN.search(self.text()), self.text()
            return bool(SHOWN.search(self.text()))

        wait_until(ready, f"the login of {self.text()}", seconds=seconds)
        found = SHOWN.search(self.text())
        assert found
        self.url, self.password = found[1].rstrip("/"), found[2]

    def interrupt(self, number: int = signal.SIGINT, *, seconds: float = 30) -> int:
        """Do as Ctrl+C does; gives the exit code."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


def try_environment(cache: Path, data: Path, **more: str) -> dict[str, str]:
    """The environment of a try: its cache and data folders, and code-server and Node on the PATH."""
    editor, node = parts.program("code_server"), parts.program("node")
    assert editor
    assert node
    path = os.pathsep.join([str(editor.parent), str(node.parent), os.environ["PATH"]])
    folders = {"XDG_CACHE_HOME": str(cache), "XDG_DATA_HOME": str(data)}
    return environment({**folders, "PATH": path, "CODEHUB_TEST_RUN": str(data), **more})


@contextmanager
def running_try(folder: Path, env: Mapping[str, str], *arguments: str | Path) -> Iterator[Tried]:
    """`codehub try` with these arguments in the background; whatever is left of it afterwards is ended."""
    said = folder / "said"
    words: Sequence[str] = command("try", "--yes", "--progress=plain", "--set", f"code_server.version={VERSION}")
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*words, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(env), start_new_session=True,
        )  # fmt: skip
    try:
        yield Tried(process, said, env)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                end_group(process)
        for left in processes_of(env):
            left.kill()


def processes_of(env: Mapping[str, str]) -> list[psutil.Process]:
    """All processes that were started in this environment, people's editors and what runs in them among them.

    An editor has little of its hub's environment, but its home is below the folder of the test.
    """
    mark = env["CODEHUB_TEST_RUN"]
    below = f"{Path(mark).parent}{os.sep}"
    found = []
    for process in psutil.process_iter():
        try:
            has = process.environ()
            mine = has.get("CODEHUB_TEST_RUN") == mark or has.get("HOME", "").startswith(below)
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


async def open_editor(person: Person, *, seconds: float = 60) -> Answer:
    """Go to one's own server, starting it, until the editor's page is there."""
    await person.ask("/hub/spawn", follow=True)
    end = time.monotonic() + seconds
    while True:
        page = await person.enter(f"/user/{person.name}/")
        if page.status == 200 and EDITOR in page.body:
            return page
        assert time.monotonic() < end, (page.status, page.body[-500:])
        await asyncio.sleep(0.3)
