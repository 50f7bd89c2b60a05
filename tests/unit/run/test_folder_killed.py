"""kill -9 at random moments: every file is what it was or what it becomes, never half of either."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from multiprocessing.synchronize import Event
from pathlib import Path

from wizard.render.model import RenderedFile
from wizard.run.folder import SetupFolder
from wizard.run.state import State

ROUNDS = 100
NAMES = ("config.yaml", "secrets.yaml", "build.sh", "image/notebook/a", "image/notebook/b", "image/hub/c")
# A fork needs no start-up of its own, so that many moments can be tried.
FORK = multiprocessing.get_context("fork")


def write_for_ever(path: Path, ready: Event) -> None:
    """Write one version after the other until somebody kills this process."""
    folder = SetupFolder(path)
    ready.set()
    number = 0
    while True:
        number += 1
        folder.write(version(number % 2), folder.load_state().state, "all")


def version(number: int) -> dict[str, RenderedFile]:
    """Files of 256 KiB, each line of which tells its version; their last line ends them."""
    return {name: RenderedFile((f"{number} {name}\n" * 16_384).encode() + b"end\n") for name in NAMES}


def test_no_file_is_ever_half_written(tmp_path: Path) -> None:
    folder = SetupFolder(tmp_path / "setup")
    folder.write(version(0), State())
    whole = {name: {version(number)[name].content for number in (0, 1)} for name in NAMES}
    seen = set()
    for _ in range(ROUNDS):
        ready = FORK.Event()
        writer = FORK.Process(target=write_for_ever, args=(folder.path, ready))
        writer.start()
        assert ready.wait(30)
        time.sleep(random.uniform(0.0, 0.1))
        writer.kill()
        writer.join()
        for name in NAMES:
            content = (folder.path / name).read_bytes()
            assert content in whole[name], name
            seen.add(content[:1])
        loaded = folder.load_state()
        assert not loaded.notice
        assert set(loaded.state.files) == set(NAMES)
        json.loads(folder.state_file.read_text())
    assert seen == {b"0", b"1"}, "the writer never got to write"
    # What was left behind is finished by the next write.
    done = folder.write(version(1), folder.load_state().state, "all")
    assert set(folder.write(version(1), done.state).written) == set()
