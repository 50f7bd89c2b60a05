"""Numbers in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.wording import amount, counted, duration, size


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (7380, "2 h 03 min"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (-5, "0 B"),
        (812, "812 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_540_000, "1.5 MB"),
        (230_000_000, "230 MB"),
        (999_960_000, "1.0 GB"),
        (5e15, "5000 TB"),
    ],
)
def test_sizes(count: float, said: str) -> None:
    assert size(count) == said


@pytest.mark.parametrize(
    ("current", "total", "unit", "said"),
    [
        (3, 9, "", "3 of 9"),
        (3, 9, "steps", "3 of 9"),
        (2, 4, "pods", "2 of 4 pods"),
        (0, 0, "", ""),
        (5, 0, "pods", "5 pods"),
        (1000, 2000, "bytes", "1.0 kB of 2.0 kB"),
        (0, 0, "bytes", ""),
    ],
)
def test_amounts(current: int, total: int, unit: str, said: str) -> None:
    assert amount(current, total, unit) == said


def test_counts() -> None:
    assert [counted(number, "step") for number in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]
    assert [counted(number, "process") for number in (1, 1200)] == ["1 process", "1,200 processes"]


@given(st.floats(min_value=0, max_value=1e12))
def test_sizes_never_need_more_than_four_digits_below_a_petabyte(count: float) -> None:
    number, unit = size(count).split()
    assert len(number) <= 4
    assert unit in {"B", "kB", "MB", "GB", "TB"}


@given(st.floats(min_value=0, max_value=86400))
def test_durations_never_say_sixty(seconds: float) -> None:
    assert "60" not in duration(seconds)
