"""Start-up: `codehub --help` beside the smallest click program, and ./codehub beside the command it starts."""

import sys
from collections.abc import Iterator

from bench.measure import ROOT, Row, command, side_by_side

_CLICK = "import click\n@click.group()\ndef main(): pass\nmain(['--help'])"


def rows() -> Iterator[Row]:
    """Measure; needs `.venv`, which ./check makes."""
    script = ROOT / ".venv" / "bin" / "codehub"
    ours = command(sys.executable, "-P", script, "--help")
    yield Row(
        "codehub --help",
        "a click group with nothing in it",
        *side_by_side(ours, command(sys.executable, "-P", "-c", _CLICK), 20),
        goal="≤ 2",
        note="Python and click",
    )
    yield Row(
        "./codehub --help",
        "the same command without the launcher",
        *side_by_side(command(ROOT / "codehub", "--help"), ours, 20),
        goal="+30 ms",
        note="one shell, one checksum",
    )
