"""One order for all versions."""

from functools import cmp_to_key

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.catalog import at_least, parse_version
from wizard.catalog.version import Version

_NUMBER = st.integers(0, 10**9 - 1)
_WORD = st.one_of(_NUMBER.map(str), st.from_regex(r"[0-9A-Za-z-]{1,12}", fullmatch=True))
VERSIONS = st.builds(
    lambda numbers, pre: ".".join(map(str, numbers)) + ("-" + ".".join(pre) if pre else ""),
    st.tuples(_NUMBER, _NUMBER, _NUMBER),
    st.lists(_WORD, max_size=4),
)


def _version(text: str) -> Version:
    found = parse_version(text)
    assert found is not None, text
    return found


def _by_the_standard(left: str, right: str) -> int:
    """Semantic Versioning 2.0.0, section 11, written out anew."""
    (left_core, _, left_pre), (right_core, _, right_pre) = left.partition("-"), right.partition("-")
    cores = [[int(part) for part in core.split(".")] for core in (left_core, right_core)]
    if cores[0] != cores[1]:
        return -1 if cores[0] < cores[1] else 1
    if not left_pre or not right_pre:
        return bool(right_pre) - bool(left_pre) if left_pre != right_pre else 0
    for one, other in zip(left_pre.split("."), right_pre.split("."), strict=False):
        numeric = (one.isdigit(), other.isdigit())
        if numeric == (True, True) and int(one) != int(other):
            return -1 if int(one) < int(other) else 1
        if numeric in {(True, False), (False, True)}:
            return -1 if numeric[0] else 1
        if numeric == (False, False) and one != other:
            return -1 if one < other else 1
    lengths = [len(pre.split(".")) for pre in (left_pre, right_pre)]
    return (lengths[0] > lengths[1]) - (lengths[0] < lengths[1])


@given(st.lists(VERSIONS, min_size=2, max_size=8))
def test_the_order_is_total_and_that_of_the_standard(texts: list[str]) -> None:
    ours = sorted(texts, key=lambda text: (_version(text), text))
    theirs = sorted(sorted(texts), key=cmp_to_key(_by_the_standard))
    assert [_version(text) for text in ours] == [_version(text) for text in theirs]
    for one in texts:
        for other in texts:
            left, right = _version(one), _version(other)
            assert [left < right, left == right, left > right].count(True) == 1
            assert (left < right) == (_by_the_standard(one, other) < 0)


@given(VERSIONS, st.sampled_from(["", "v"]), st.sampled_from(["", "+build.5"]))
def test_a_v_and_build_metadata_do_not_count(text: str, prefix: str, metadata: str) -> None:
    version = _version(prefix + text + metadata)
    assert version == _version(text)
    assert _version(version.text) == version
    assert version.prerelease == ("-" in text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    version = parse_version(text)
    assert version is None or parse_version(version.text) == version


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v",
        "4",
        "4.1",
        "latest",
        "vv4.1.0",
        "4.1.0-",
        "4.1.0 ",
        "4.1.0\n",
        "\u0664.\u0661.\u0660",
        "1" * 5000 + ".0.0",
    ],
)
def test_what_is_no_version(text: str) -> None:
    assert parse_version(text) is None


def test_the_spellings_of_the_real_tags() -> None:
    assert _version("v4.101.0") == _version("4.101.0")
    ordered = ["4.100.3", "v4.101.0-rc.1", "4.101.0-rc.2", "4.101.0-rc.10", "v4.101.0", "v4.101.1"]
    shuffled = [ordered[position] for position in (3, 0, 5, 2, 4, 1)]
    assert sorted(shuffled, key=_version) == ordered
    assert _version("4.4.0-0.dev.git.7340.h1a2b3c4") < _version("4.4.0-beta.1") < _version("4.4.0")


def test_at_least() -> None:
    assert at_least("v4.107.0", "4.107.0")
    assert not at_least("v4.107.0-rc.1", "4.107.0")
    assert at_least("v4.107.0-rc.1", "4.106.0")
    assert not at_least("latest", "4.0.0")
