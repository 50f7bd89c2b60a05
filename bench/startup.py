"""Start-up: what every use of the command costs, beside a bare Python, a bare click, and without the launcher."""

import sys
from collections.abc import Iterator

from bench.measure import ROOT, Row, command, side_by_side

_CLICK = "import click\n@click.group()\ndef main(): pass\nmain(['--help'])"
_TIMES = 20


def rows() -> Iterator[Row]:
    """Measure; needs `.venv`, which ./check makes."""
    script = ROOT / ".venv" / "bin" / "codehub"
    python = command(sys.executable, "-P", "-c", "pass")
    click = command(sys.executable, "-P", "-c", _CLICK)
    ours = command(sys.executable, "-P", script, "--help")
    fields = command(sys.executable, "-P", script, "fields")
    launched = command(ROOT / "codehub", "--help")
    yield Row("codehub --help", "python -c pass", *side_by_side(ours, python, _TIMES), note="Python and click")
    yield Row("codehub --help", "an empty click group", *side_by_side(ours, click, _TIMES), goal="≤ 2")
    yield Row("codehub fields", "an empty click group", *side_by_side(fields, click, _TIMES), note="pydantic")
    yield Row(
        "./codehub --help",
        "the same without the launcher",
        *side_by_side(launched, ours, _TIMES),
        goal="+30 ms",
        note="one shell, one checksum",
    )
