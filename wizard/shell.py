"""What the shell gets: the one module that owns stderr and exit codes.

Data goes to stdout, everything else is said here. An error is shown as what/why/do/log lines; an error that
nobody foresaw is one short message with the path of a crash log, never a traceback.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from wizard.errors import CodehubError, ExitCode, Interrupted, UsageError


def guarded(command: Callable[[], object]) -> int:
    """Run a command; return its exit code, having told stderr what went wrong.

    The command returns an exit code or None for success. A reader that goes away in the middle (`| head`) ends the
    program quietly with the code of an interruption.
    """
    _make_streams_safe()
    try:
        code = _code_of(command)
        _flush_stdout()
    except BrokenPipeError:
        _let_go_of_stdout()
        return ExitCode.INTERRUPTED
    except OSError as error:
        _let_go_of_stdout()
        complain(_output_failed(error))
        return ExitCode.STEP_FAILED
    return code


def complain(error: CodehubError) -> None:
    """Show an error on stderr: what happened, why, what to do, where the log is."""
    _say("Error: ", error.lines())


def note(text: str) -> None:
    """Say something on stderr that is not data and not an error."""
    _say("", text.splitlines())


def warn(text: str) -> None:
    """Show a warning on stderr."""
    _say("Warning: ", text.splitlines())


def _say(label: str, lines: Iterable[str]) -> None:
    from wizard.text import clean

    shown = []
    for line in lines:
        first, *rest = line.split("\n")
        # What goes on over several lines stands below the text, not below its label.
        shown += [clean(first), *("     " + clean(part).removeprefix("     ") for part in rest)]
    with contextlib.suppress(OSError, ValueError):
        # A closed stderr must not hide the exit code.
        print(label + "\n  ".join(shown), file=sys.stderr, flush=True)  # noqa: T201


def _code_of(command: Callable[[], object]) -> int:
    from click.exceptions import Abort, ClickException, Exit

    try:
        result = command()
    except CodehubError as error:
        if not isinstance(error, Interrupted) or error.what:
            complain(error)
        return error.exit_code
    except (KeyboardInterrupt, Abort):
        note("Interrupted.")
        return ExitCode.INTERRUPTED
    except Exit as done:  # how click ends after --help
        return done.exit_code
    except ClickException as error:
        complain(_usage(error))
        return ExitCode.USAGE
    except OSError as error:
        if isinstance(error, BrokenPipeError) or error.filename is None:
            raise
        complain(_crash(error))
        return ExitCode.STEP_FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: a message and a log instead of a traceback
        complain(_crash(error))
        return ExitCode.STEP_FAILED
    return result if isinstance(result, int) else ExitCode.DONE


def _usage(error: Exception) -> UsageError:
    """A finding of click's as an error in codehub's form."""
    from click.exceptions import ClickException
    from click.exceptions import UsageError as ClickUsageError

    what = error.format_message() if isinstance(error, ClickException) else str(error)
    context = error.ctx if isinstance(error, ClickUsageError) else None
    command = context.command_path if context else "codehub"
    return UsageError(what.rstrip(".") + ".", fix=f"See: {command} --help")


def _output_failed(error: OSError) -> CodehubError:
    return CodehubError(
        "The output could not be written.",
        why=error.strerror or str(error),
        fix="Free space on the disk, or send the output elsewhere, and run the same command again.",
        address="not-written",
    )


def _crash(error: BaseException) -> CodehubError:
    return CodehubError(
        "codehub met an error that it does not know.",
        why=f"{type(error).__name__}: {str(error) or 'no message'}",
        fix="Run the same command again; if it stays, report it with the log.",
        log=_write_crash_log(error),
        address="unexpected",
    )


def _write_crash_log(error: BaseException) -> Path | None:
    """Save the traceback where only this user reads it; None where no file can be written."""
    import platform
    import traceback
    from datetime import UTC, datetime

    from platformdirs import user_log_path

    from wizard import __version__
    from wizard.files import write_atomically
    from wizard.text import without_credentials

    now = datetime.now(UTC)
    head = f"codehub {__version__}, Python {platform.python_version()}, {platform.platform()}, {now.isoformat()}\n"
    arguments = f"arguments: {sys.argv[1:]!r}\n\n"
    text = head + arguments + "".join(traceback.format_exception(error))
    try:
        folder = user_log_path("codehub")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"crash-{now:%Y%m%dT%H%M%S}-{os.getpid()}.log"
        write_atomically(path, without_credentials(text), mode=0o600)
    except (OSError, CodehubError):
        return None
    return path


def _make_streams_safe() -> None:
    """A terminal that cannot show a character gets `?`, not a crash."""
    from io import TextIOWrapper

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _flush_stdout() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _let_go_of_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush cannot fail again."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
