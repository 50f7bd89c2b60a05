"""`python -m bench [NAME ...]`: run the benchmarks, print one table, keep the numbers in bench/results/."""

import argparse
import compileall
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator

from bench import apply, exporting, images, importing, plan, spawn, startup, tui_run, tui_start
from bench.measure import ROOT, PartMissing, Row, as_plain, table

BENCHMARKS: dict[str, Callable[[], Iterator[Row]]] = {
    "startup": startup.rows,
    "tui-start": tui_start.rows,
    "tui-run": tui_run.rows,
    "plan": plan.rows,
    "import": importing.rows,
    "export": exporting.rows,
    "apply": apply.rows,
    "spawn": spawn.rows,
    "images": images.rows,
}
MINUTES = {"apply": 5, "spawn": 3, "images": 30}
"""How long the slow ones take; the others take less than a minute each."""


def main() -> int:
    """Run the named benchmarks, or all but that of half an hour; 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help=f"without those of minutes: {', '.join(MINUTES)}")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - BENCHMARKS.keys())
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    at_most = 1 if given.quick else 10
    names = given.names or [name for name in BENCHMARKS if MINUTES.get(name, 0) <= at_most]
    left_out = {} if given.names else {name: _by_name(name) for name in BENCHMARKS if name not in names}
    # As pip does on installation; a checkout where Python may write no bytecode would compile at every start.
    compileall.compile_dir(ROOT / "wizard", quiet=2)
    rows: list[Row] = []
    failed: list[str] = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            rows += BENCHMARKS[name]()
        except PartMissing as error:
            left_out[name] = str(error)
        except subprocess.CalledProcessError as error:  # what the others measured is worth more than this one's end
            failed.append(name)
            left_out[name] = f"failed, exit code {error.returncode}"
            traceback.print_exception(error)
    print(table(rows, left_out))
    results = ROOT / "bench" / "results"
    results.mkdir(exist_ok=True)
    stored = results / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    stored.write_text(json.dumps([as_plain(row) for row in rows], indent=2) + "\n", encoding="utf-8")
    return 1 if failed else 0


def _by_name(name: str) -> str:
    return f"takes some {MINUTES[name]} minutes: `python -m bench {name}`"


if __name__ == "__main__":
    sys.exit(main())
