"""The guard: exit codes, and what stderr gets for every way in which a command can end."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from wizard.errors import CodehubError, ExitCode, Interrupted, MissingError, StepFailed, UsageError
from wizard.shell import guarded


def raising(error: BaseException) -> Callable[[], object]:
    def command() -> object:
        raise error

    return command


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (ExitCode.MISSING, 3), (1, 1), ("text", 0)])
def test_what_a_command_returns(result: object, code: int) -> None:
    assert guarded(lambda: result) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StepFailed("It failed."), 1),
        (UsageError("It is wrong."), 2),
        (MissingError("It is not there."), 3),
        (Interrupted("It was stopped."), 130),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (click.UsageError("No such option: --x"), 2),
        (click.BadParameter("not a number"), 2),
        (RuntimeError("odd"), 1),
        (RecursionError("deep"), 1),
        (MemoryError(), 1),
    ],
)
def test_exit_codes_and_no_traceback(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(error)) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.strip()
    assert "Traceback" not in captured.err


def test_an_error_is_labelled_lines(capsys: pytest.CaptureFixture[str]) -> None:
    error = CodehubError("It\x1b[31m failed.", why="First.\nSecond.", fix="Try again.", log=Path("/tmp/x.log"))
    guarded(raising(error))
    assert capsys.readouterr().err.splitlines() == [
        "Error: It failed.",
        "  why: First.",
        "       Second.",
        "  do:  Try again.",
        "  log: /tmp/x.log",
    ]


def test_an_unforeseen_error_has_a_private_log_with_the_traceback(
    capsys: pytest.CaptureFixture[str], clean_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["codehub", "init", "--set", "x=https://me:hunter22@host/"])
    guarded(raising(RuntimeError("odd https://me:hunter22@host/")))
    shown = capsys.readouterr().err
    log = Path(shown.rpartition("log: ")[2].strip())
    assert log.is_relative_to(clean_home)
    assert log.stat().st_mode & 0o777 == 0o600
    text = log.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert "hunter22" not in text


def test_without_a_place_for_the_log_the_message_still_comes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "file"))
    assert guarded(raising(RuntimeError("odd"))) == 1
    assert "RuntimeError: odd" in capsys.readouterr().err


def test_wrong_usage_names_the_commands_help(capsys: pytest.CaptureFixture[str]) -> None:
    context = click.Context(click.Command("plan"), info_name="codehub plan")
    assert guarded(raising(click.UsageError("No such option: --x", context))) == 2
    assert capsys.readouterr().err == "Error: No such option: --x.\n  do:  See: codehub plan --help\n"
