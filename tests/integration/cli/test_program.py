"""The program as the shell sees it: usage, streams that fail, and the ways to ask for help."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.program import codehub, command, environment
from tests.support.terminal import on_terminal
from wizard import __version__


def test_version_and_help() -> None:
    assert codehub("--version").out.strip().endswith(__version__)
    for arguments in (("--help",), ("-h",), ("init", "--help"), ("init", "-h")):
        ended = codehub(*arguments)
        assert (ended.code, ended.err) == (0, "")
        assert "Usage: codehub" in ended.out


def test_every_command_explains_itself() -> None:
    listed = codehub("--help").out.partition("Commands:\n")[2].splitlines()
    names = [line.split()[0] for line in listed if line.startswith("  ") and not line.startswith("   ")]
    assert {"init", "fields", "doctor", "versions"} <= set(names)
    for name in names:
        ended = codehub(name, "--help")
        assert ended.code == 0
        assert f"Usage: codehub {name}" in ended.out


def test_no_arguments_in_an_empty_folder_is_help(tmp_path: Path) -> None:
    ended = codehub(cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert "codehub init DIR --yes" in ended.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("aply",), "There is neither a command nor a folder 'aply'"),
        (("docter",), "Did you mean doctor?"),
        (("my-team",), "A new folder of that name: codehub init my-team --yes"),
        (("--nonsense",), "No such option"),
        (("doctor", "--nonsense"), "See: codehub doctor --help"),
        (("doctor", "--target", "moon"), "moon"),
        (("versions",), "Missing argument"),
        (("versions", "chart", "--limit", "0"), "--limit"),
        (("fields", "no.such"), "There is no field 'no.such'"),
        (("./no/such/folder",), "does not exist"),
    ],
)
def test_wrong_usage_is_2_with_advice(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    ended = codehub(*arguments, cwd=tmp_path)
    ended.refused(2, said)
    assert ended.out == ""


def test_the_name_of_a_new_folder_opens_the_wizard(tmp_path: Path) -> None:
    with on_terminal("my-team", cwd=tmp_path) as session:
        session.read_until("begin a new setup")
        session.type("\x11")
        assert session.finish() == 0
    assert list(tmp_path.iterdir()) == []


def test_a_slip_of_the_fingers_opens_no_wizard(tmp_path: Path) -> None:
    with on_terminal("aply", cwd=tmp_path) as session:
        assert session.finish() == 2
    assert "Did you mean apply?" in session.text


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)  # before codehub starts: `| head` may close too late for so short an output
    try:
        done = subprocess.run(
            command("fields"), stdout=writing, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (130, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_stdout_is_an_error() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("fields"), stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr.decode().startswith("Error: The output could not be written.\n  why: No space left on device\n")


def test_a_closed_stdout_is_no_traceback() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(command('fields'))} >&-"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_show_a_character_is_no_traceback(encoding: str) -> None:
    ended = codehub("fields", "hub", env={"PYTHONIOENCODING": encoding})
    assert ended.code == 0
    assert "hub.proxy" in ended.out


def test_shells_can_complete() -> None:
    script = codehub(env={"_CODEHUB_COMPLETE": "bash_source"})
    assert (script.code, script.err) == (0, "")
    assert "_CODEHUB_COMPLETE=bash_complete" in script.out
    asked = {"_CODEHUB_COMPLETE": "bash_complete", "COMP_WORDS": "codehub doc", "COMP_CWORD": "1"}
    assert codehub(env=asked).out.split() == ["plain,doctor"]


def test_interrupted_is_130() -> None:
    process = subprocess.Popen(
        command("init", ".", "--from", "-", "--yes"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert (out, err) == (b"", b"Interrupted.\n")
