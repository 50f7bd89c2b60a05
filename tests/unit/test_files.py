"""Reading what may be no file at all."""

import os
import threading
import time
from pathlib import Path

import pytest

from wizard.files import read_text
from wizard.run.state import load_state


@pytest.mark.timeout(30)
def test_a_pipe_that_nobody_writes_to_is_empty(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert read_text(pipe) == ""
    loaded = load_state(pipe)
    assert not loaded.state.files
    assert "could not be understood" in loaded.notice
    assert not pipe.exists()


@pytest.mark.timeout(30)
def test_a_pipe_that_somebody_writes_to_is_waited_for() -> None:
    """As with `codehub init --from <(program)`."""
    reading, writing = os.pipe()

    def write() -> None:
        time.sleep(0.2)
        os.write(writing, b"schema: ")
        time.sleep(0.2)
        os.write(writing, b"1\n")
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert read_text(Path(f"/dev/fd/{reading}")) == "schema: 1\n"
    finally:
        writer.join()
        os.close(reading)
