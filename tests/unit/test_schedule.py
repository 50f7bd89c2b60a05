"""How tests are shared out to workers."""

import pytest

from tests.support.parts import ROOT
from tests.support.schedule import SLOW, TOGETHER, seconds_of, unit_of


@pytest.mark.parametrize("place", [*SLOW, *TOGETHER])
def test_what_is_named_is_there(place: str) -> None:
    assert (ROOT / place).exists()
    assert place.endswith(".py") or place in TOGETHER, "it would never be a unit"


def test_a_file_or_a_folder_that_shares_more_stays_together() -> None:
    (folder,) = TOGETHER
    assert unit_of(f"{folder}/test_a.py::test_x[1]") == unit_of(f"{folder}/test_b.py::test_y") == folder
    assert unit_of("tests/unit/test_a.py::test_x[a::b]") == "tests/unit/test_a.py"


def test_the_longest_come_first_and_units_stay_whole() -> None:
    (folder,) = TOGETHER
    names = ["tests/unit/test_a.py::test_x", f"{folder}/test_b.py::test_y", f"{folder}/test_a.py::test_z"]
    assert sorted(names, key=lambda name: -seconds_of(name)) == [*names[1:], names[0]]
