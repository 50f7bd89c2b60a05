"""`python -m bench [NAME ...]`: run the benchmarks, print their table, keep the numbers in bench/results/."""

import argparse
import json
import time
from collections.abc import Callable, Iterator

from bench import apply, images, spawn, startup, tui_run, tui_start
from bench.measure import ROOT, Row, as_plain, table

BENCHMARKS: dict[str, Callable[[], Iterator[Row]]] = {
    "startup": startup.rows,
    "tui-start": tui_start.rows,
    "tui-run": tui_run.rows,
    "apply": apply.rows,
    "spawn": spawn.rows,
    "images": images.rows,
}
BY_NAME_ONLY = {"apply", "images", "spawn"}
"""Those that take too long to be run without being asked for."""


def main() -> None:
    """Run the named benchmarks, or all that are quick."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names or [name for name in BENCHMARKS if name not in BY_NAME_ONLY]
    unknown = sorted(set(names) - BENCHMARKS.keys())
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    rows = [row for name in names for row in BENCHMARKS[name]()]
    print(table(rows))
    results = ROOT / "bench" / "results"
    results.mkdir(exist_ok=True)
    stored = results / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    stored.write_text(json.dumps([as_plain(row) for row in rows], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
