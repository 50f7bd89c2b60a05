"""Numbers in words: durations, sizes and counts, the same everywhere."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """A duration for people: `0.4 s`, `12 s`, `1 min 05 s`, `2 h 03 min`."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: float) -> str:
    """A number of bytes for people, in powers of 1000 as Docker shows them: `812 B`, `1.5 kB`, `230 MB`."""
    units = ("B", "kB", "MB", "GB", "TB")
    value, index = float(max(0, count)), 0
    while value >= 999.5 and index < len(units) - 1:
        value, index = value / 1000, index + 1
    digits = 0 if index == 0 or value >= 99.95 else 1
    return f"{value:.{digits}f} {units[index]}"


def amount(current: int, total: int, unit: str) -> str:
    """How far something is: `3 of 9`, `12.0 MB of 30.0 MB`; only what is known of it, empty when nothing is."""
    if unit == "bytes":
        return f"{size(current)} of {size(total)}" if total else (size(current) if current else "")
    named = f" {unit}" if unit and unit != "steps" else ""
    return f"{current} of {total}{named}" if total else (f"{current}{named}" if current else "")


def counted(number: int, noun: str) -> str:
    """`1 step`, `3 steps`, `1,200 processes`: any noun that takes s, or es after ss."""
    ending = "" if number == 1 else "es" if noun.endswith("ss") else "s"
    return f"{number:,} {noun}{ending}"
