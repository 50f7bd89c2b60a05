"""`python -m bench [NAME ...]`: run the benchmarks, print their table, keep the numbers in bench/results/."""

import argparse
import json
import time
from collections.abc import Callable, Iterator

from bench import startup
from bench.measure import ROOT, Row, as_plain, table

BENCHMARKS: dict[str, Callable[[], Iterator[Row]]] = {"startup": startup.rows}


def main() -> None:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names or list(BENCHMARKS)
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
