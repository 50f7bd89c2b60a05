"""What the benchmarks share: timing of commands, interleaved with their peer, and the table of ratios."""

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Row:
    """One line of the table: codehub's seconds, the peer's, and what bounds the ratio."""

    name: str
    peer: str
    seconds: float
    peer_seconds: float
    goal: str = ""
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times the peer's time codehub takes."""
        return self.seconds / self.peer_seconds


def command(*parts: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Callable[[], None]:
    """A callable that runs a command to its end; raises CalledProcessError where it fails."""
    line = [str(part) for part in parts]

    def run() -> None:
        subprocess.run(line, cwd=cwd, env=env, check=True, stdin=subprocess.DEVNULL, capture_output=True)

    return run


def side_by_side(ours: Callable[[], object], peer: Callable[[], object], times: int) -> tuple[float, float]:
    """The median wall seconds of both, run in turns so that a busy moment of the machine meets both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for work, seconds in zip((ours, peer), taken, strict=True):
            begun = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - begun)
    return statistics.median(taken[0]), statistics.median(taken[1])


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | codehub | peer | ratio | goal | note |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.name} | {row.seconds:.3f} s | {row.peer}: {row.peer_seconds:.3f} s | {row.ratio:.2f} | "
        f"{row.goal} | {row.note} |"
        for row in rows
    ]
    return "\n".join(lines)


def as_plain(row: Row) -> dict[str, object]:
    """A row for JSON, its ratio with it."""
    return {**asdict(row), "ratio": row.ratio}
