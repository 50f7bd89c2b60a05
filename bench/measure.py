"""What the benchmarks share: timing of commands, interleaved with their peer, and the table of ratios."""

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class PartMissing(Exception):
    """What a benchmark needs is not on this machine; the text says what, and how to get it."""


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
    """A callable that runs a command to its end; raises CalledProcessError, with what it said, where it fails."""
    line = [str(part) for part in parts]

    def run() -> None:
        try:
            subprocess.run(line, cwd=cwd, env=env, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            error.add_note(error.stderr)
            raise

    return run


def in_turns(works: Sequence[Callable[[], object]], times: int) -> list[float]:
    """The median wall seconds of each, run in turns so that a busy moment of the machine meets all of them."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, seconds in zip(works, taken, strict=True):
            begun = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - begun)
    return [statistics.median(seconds) for seconds in taken]


def side_by_side(ours: Callable[[], object], peer: Callable[[], object], times: int) -> tuple[float, float]:
    """The median wall seconds of both, as `in_turns` measures them."""
    seconds, peer_seconds = in_turns((ours, peer), times)
    return seconds, peer_seconds


def table(rows: Sequence[Row], left_out: Mapping[str, str]) -> str:
    """The rows as a Markdown table, and below them why benchmarks were left out, by their names."""
    lines = ["| what | codehub | peer | ratio | goal | note |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.name} | {row.seconds:.3f} s | {row.peer}: {row.peer_seconds:.3f} s | {row.ratio:.2f} | "
        f"{row.goal} | {row.note} |"
        for row in rows
    ]
    lines += [f"| {name} | not measured | | | | {why} |" for name, why in left_out.items()]
    return "\n".join(lines)


def as_plain(row: Row) -> dict[str, object]:
    """A row for JSON, its ratio with it."""
    return {**asdict(row), "ratio": row.ratio}
