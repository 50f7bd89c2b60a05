"""kill -9 at random moments: every file is what it was or what it becomes, never half of either."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support import parts
from wizard.render.model import RenderedFile
from wizard.run.folder import SetupFolder
from wizard.run.state import State

ROUNDS = 40
NAMES = ("config.yaml", "secrets.yaml", "build.sh", "image/notebook/a", "image/notebook/b", "image/hub/c")

WRITER = """
import sys
from pathlib import Path
from tests.unit.run.test_folder_killed import version
from wizard.run.folder import SetupFolder
folder = SetupFolder(Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    number += 1
    folder.write(version(number % 2), folder.load_state().state, "all")
"""


def version(number: int) -> dict[str, RenderedFile]:
    """Files of 256 KiB, each line of which tells its version; their last line ends them."""
    return {name: RenderedFile((f"{number} {name}\n" * 16_384).encode() + b"end\n") for name in NAMES}


def test_no_file_is_ever_half_written(tmp_path: Path) -> None:
    folder = SetupFolder(tmp_path / "setup")
    folder.write(version(0), State())
    whole = {name: {version(number)[name].content for number in (0, 1)} for name in NAMES}
    seen = set()
    for _ in range(ROUNDS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder.path)],
            stdout=subprocess.PIPE,
            cwd=parts.ROOT,
            env={**os.environ, "PYTHONPATH": str(parts.ROOT)},
        )
        assert writer.stdout
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(random.uniform(0.0, 0.15))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
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
