"""How quickly `codehub --help` is there, against a bare Python and a bare click: wall time, median of runs, ratios.

Run from a checkout whose .venv is made: `.venv/bin/python bench/startup.py [RUNS]`. Prints one JSON document.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python": ["-c", "pass"],
    "click": ["-c", "import click; click.Command('x', params=[], help='x').main(['--help'], standalone_mode=False)"],
    "codehub --version": ["-m", "wizard", "--version"],
    "codehub --help": ["-m", "wizard", "--help"],
    "codehub fields": ["-m", "wizard", "fields"],
}


def measure(arguments: list[str], runs: int) -> float:
    """The median wall time of a Python with these arguments, in seconds; one run before is not counted."""
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds = {name: measure(arguments, runs) for name, arguments in COMMANDS.items()}
    report = {
        "runs": runs,
        "milliseconds": {name: round(value * 1000, 1) for name, value in seconds.items()},
        "times python": {name: round(value / seconds["python"], 2) for name, value in seconds.items()},
        "times click": {name: round(value / seconds["click"], 2) for name, value in seconds.items()},
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
