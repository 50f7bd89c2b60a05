"""The chart repository's index: read by events, whatever it holds."""

import io
import json
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.catalog.loopback import index_yaml
from wizard.catalog.index import parse_index
from wizard.catalog.models import ChartRelease
from wizard.catalog.version import parse_version

_NODES = st.recursive(
    st.none()
    | st.sampled_from(["4.4.0", "4.5.1", "5.0.0-beta.1", "9", ""])
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["entries", "jupyterhub", "version", "appVersion", "x"]), inner, max_size=4)
    ),
    max_leaves=25,
)


def _versions(releases: tuple[ChartRelease, ...]) -> list[str]:
    return [release.version for release in releases]


def test_releases_newest_first_with_what_goes_with_them() -> None:
    releases = parse_index(index_yaml(("4.4.0", "5.5.0"), ("4.50.0", "5.9.1"), ("3.3.8", "4.1.6")))
    assert _versions(releases) == ["4.50.0", "4.4.0", "3.3.8"]
    newest = releases[0]
    assert (newest.jupyterhub, newest.min_kubernetes, newest.min_helm) == ("5.9.1", "1.28", "3.5.0")
    assert newest.hub_image == "quay.io/jupyterhub/k8s-hub:4.50.0"
    assert not newest.estimated
    assert str(newest.date) == "2026-11-01"
    assert str(releases[1].date) == "2026-06-10"  # the index's own date may be that of a later re-indexing


def test_builds_of_every_commit_are_left_out_and_pre_releases_kept() -> None:
    names = ("4.4.1-0.dev.git.7340.h1a2b3c4", "0.10.2-n012.h1a2b", "1.0.0-beta.1.n008.habc", "5.0.0-beta.1", "4.4.0")
    more = ("4.0.0-beta.4.git.6831.habe06f4d", "0.6.0-fb64667", "0.9.0-alpha.1.112.34b7b8e")
    releases = parse_index(index_yaml(*((name, "5.5.0") for name in (*names, *more))))
    assert _versions(releases) == ["5.0.0-beta.1", "4.4.0"]
    assert releases[0].prerelease


def test_other_charts_are_not_taken_for_the_wanted_one() -> None:
    text = index_yaml(("1.0.0", "1"), chart="other")
    with pytest.raises(ValueError, match="no releases of a chart called jupyterhub"):
        parse_index(text)
    assert _versions(parse_index(text, "other")) == ["1.0.0"]


def test_json_flow_style_and_aliases() -> None:
    as_json = json.dumps({"entries": {"a": [[{"b": []}]], "jupyterhub": [5, {"x": {}, "version": "4.4.0"}, "x"]}})
    assert _versions(parse_index(as_json)) == ["4.4.0"]
    aliased = "x: &x {appVersion: 5.5.0}\nentries:\n  jupyterhub:\n  - *x\n  - {version: 4.4.0, urls: *x}\n"
    assert _versions(parse_index(aliased)) == ["4.4.0"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- b\n",
        "entries: 5\n",
        "entries: {jupyterhub: 5}\n",
        "entries: []\n",
        "a: [\n",
        "a: b: c",
        "\x00",
        "--- !x\n",
    ],
)
def test_what_is_no_index_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"it is not a chart|no releases"):
        parse_index(text)


class _Plain(yaml.SafeDumper):
    """Writes a repeated value out again; aliases have a test of their own."""

    def ignore_aliases(self, data: object) -> bool:
        return True


@given(_NODES, st.lists(_NODES, max_size=4))
def test_any_yaml_is_read_like_the_whole_document(noise: object, items: list[object]) -> None:
    """The event reader finds exactly the versions that loading everything would find."""
    data = {"noise": noise, "entries": {"noise": noise, "jupyterhub": items, "more": noise}, "x": noise}
    wanted = {
        item["version"]
        for item in items
        if isinstance(item, dict) and isinstance(item.get("version"), str) and parse_version(item["version"])
    }
    try:
        found = set(_versions(parse_index(yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False))))
    except ValueError:
        found = set()
    assert found == wanted


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_break_the_reader(data: bytes | str) -> None:
    with pytest.raises(ValueError, match=r"it is not a chart|no releases"):
        parse_index(data)


def test_ten_megabytes_in_seconds_and_little_memory() -> None:
    text = index_yaml(*((f"4.0.{number}-0.dev.git.{number}.h1a2b3c4", "5.2.1") for number in range(20_000)))
    text = text.replace("generated:", "  # end\ngenerated:") + "padding: " + "x" * (10_000_000 - len(text)) + "\n"
    text = text.replace("  - annotations", "  - version: 4.4.0\n    appVersion: 5.5.0\n  - annotations", 1)
    started = time.monotonic()
    assert _versions(parse_index(io.BytesIO(text.encode()))) == ["4.4.0"]
    assert time.monotonic() - started < 15


def test_ten_megabytes_of_nesting_end_without_a_crash() -> None:
    for text in ("[" * 10_000_000, "- " * 1_000_000, "a: &a [*a]\n" * 100_000):
        with pytest.raises(ValueError, match=r"it is not a chart|no releases"):
            parse_index(text)
