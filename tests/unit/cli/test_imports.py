"""`codehub --help` has to be quick: what it must not import, held in a process of its own."""

import subprocess
import sys

import pytest

from tests.support.program import environment

SLOW = (
    "textual",
    "docker",
    "pydantic",
    "questionary",
    "kubernetes_asyncio",
    "rich",
    "yaml",
    "ruamel",
    "aiohttp",
    "asyncio",
)

_PROGRAM = """
import sys
from wizard.cli import main
code = main(sys.argv[1:])
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


def imported(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _PROGRAM, *arguments],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("init", "--help"), ("doctor", "--help"), ("-h",)])
def test_help_imports_nothing_slow(arguments: tuple[str, ...]) -> None:
    modules = imported(*arguments)
    assert "click" in modules
    assert not modules & set(SLOW)


def test_the_guard_sees_what_a_command_imports() -> None:
    """The measure itself: a command that does import pydantic is seen to."""
    assert "pydantic" in imported("fields", "target.kind")
