"""New tags are never old ones, and are tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.setup.rules import image_tag
from wizard.upgrade.tags import next_tag

TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True)


@pytest.mark.parametrize(
    ("tag", "after"),
    [
        ("1.0.0", "1.0.1"),
        ("1.0.9", "1.0.10"),
        ("2024-09", "2024-10"),
        ("v2", "v3"),
        ("1.2.3-rc", "1.2.4-rc"),
        ("stable", "stable-2"),
        ("007", "008"),
    ],
)
def test_the_last_number_counts_up(tag: str, after: str) -> None:
    assert next_tag(tag, ()) == after


def test_tags_that_were_used_are_passed_over() -> None:
    assert next_tag("1.0.0", {"1.0.1", "1.0.2", "1.0.4"}) == "1.0.3"


@given(TAGS, st.sets(TAGS))
def test_a_new_tag_is_a_tag_that_nobody_has(tag: str, taken: set[str]) -> None:
    for _ in range(3):
        found = next_tag(tag, taken)
        assert found != tag
        assert found not in taken
        assert image_tag(found) == found
        taken = {*taken, tag}
        tag = found


@pytest.mark.parametrize("tag", ["9" * 128, "x" * 128, "a" + "9" * 127])
def test_there_is_always_room(tag: str) -> None:
    found = next_tag(tag, ())
    assert image_tag(found) == found
    assert next_tag(found, {tag}) not in {tag, found}
