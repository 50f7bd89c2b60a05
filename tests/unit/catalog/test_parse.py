"""What git, npm and registries print is read as it is meant, and nonsense never breaks the reader."""

import json
import time

from hypothesis import given
from hypothesis import strategies as st

from wizard.catalog import parse
from wizard.catalog.bundled import code_server_tags

_SHA = "3b2f1c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["versions", "time", "engines", "node", "version", "tags", "dist-tags", "latest", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def _ls_remote(*names: str) -> str:
    return "".join(f"{_SHA}\trefs/tags/{name}\n" for name in names)


def test_ls_remote_gives_each_tag_once() -> None:
    text = _ls_remote("v4.133.0", "v4.133.0^{}", "3.2.0", "v4.133.0") + f"{_SHA}\trefs/heads/main\nwarning: hello\n"
    assert parse.parse_ls_remote(text) == ["v4.133.0", "3.2.0"]


def test_known_tags_keep_their_facts_and_new_ones_are_estimated() -> None:
    known, new = sorted(parse.tags_from_names(["v4.133.0", "v4.999.1"]), key=lambda tag: tag.order)
    assert (known.vscode, known.node, known.estimated) == ("1.133.0", "24.18.0", False)
    assert (new.vscode, new.node_major, new.estimated, new.date) == ("1.999", 24, True, None)


def test_tags_of_other_programs_and_oddities_are_left_out() -> None:
    names = [
        "2.1698",
        "1.31.0-20",
        "v2.0.0",
        "latest",
        "v4.1.0-dev",
        "v4.1.0-rc",
        "v4.1.0-rc.1.2",
        "v4.1.0+x",
        "nightly",
    ]
    assert parse.tags_from_names(names) == ()
    assert [tag.prerelease for tag in parse.tags_from_names(["v4.9.0-rc.3"])] == [True]


def test_both_spellings_of_a_version_are_tags() -> None:
    tags = parse.tags_from_names(["4.101.0", "v4.101.0", "4.101.0-rc.1"])
    assert [tag.tag for tag in tags] == ["v4.101.0", "4.101.0", "4.101.0-rc.1"]


def test_npm_view() -> None:
    answer = {
        "versions": ["3.9.3", "4.1.0-4968-55284fe0deddb621c3db93ec9ca059e5609645fd", "4.133.0", "4.998.0", "4.999.2"],
        "time": {"created": "2021-04-08T00:00:00.000Z", "4.999.2": "2027-01-02T03:04:05.000Z", "4.133.0": "bad"},
        "version": "4.999.2",
        "engines": {"node": ">= 26"},
    }
    tags = parse.tags_from_npm(parse.parse_npm_view(json.dumps(answer)))
    assert [tag.tag for tag in tags] == ["v4.999.2", "v4.998.0", "v4.133.0", "v3.9.3"]
    newest, before, known, _ = tags
    assert (newest.node_major, str(newest.date), newest.vscode) == (26, "2027-01-02", "1.999")
    assert before.node_major == 24
    assert str(known.date) == "2026-08-17"


def test_npm_view_of_versions_alone_and_of_a_single_one() -> None:
    assert parse.parse_npm_view('["3.9.3", "4.0.2"]').versions == ("3.9.3", "4.0.2")
    assert parse.parse_npm_view('"4.0.2"').versions == ("4.0.2",)
    assert parse.parse_npm_view('{"versions": "4.0.2"}').versions == ("4.0.2",)


def test_packument() -> None:
    document = {
        "dist-tags": {"latest": "4.134.0"},
        "versions": {"4.133.0": {}, "4.134.0": {"engines": {"node": "24"}}},
        "time": {"4.134.0": "2026-08-25T05:11:19.279Z"},
    }
    package = parse.parse_packument(json.dumps(document))
    assert package.versions == ("4.133.0", "4.134.0")
    assert (package.node_major, package.latest) == (24, "4.134.0")


def test_tag_list() -> None:
    assert parse.parse_tag_list('{"name": "x", "tags": ["4.4.0", "bad tag", 5, "latest"]}') == ["4.4.0", "latest"]
    assert parse.parse_tag_list('{"name": "x", "tags": null}') == []


@given(st.text())
def test_no_text_breaks_any_reader(text: str) -> None:
    assert isinstance(parse.parse_ls_remote(text), list)
    assert parse.tags_from_names([text]) is not None
    assert parse.tags_from_npm(parse.parse_npm_view(text)) is not None
    assert parse.parse_packument(text).versions is not None
    assert isinstance(parse.parse_tag_list(text), list)


@given(_JSON)
def test_no_json_breaks_any_reader(data: object) -> None:
    text = json.dumps(data)
    for package in (parse.parse_npm_view(text), parse.parse_packument(text)):
        assert all(tag.version for tag in parse.tags_from_npm(package))
    assert isinstance(parse.parse_tag_list(text), list)


@given(st.lists(st.from_regex(r"v?[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(-[a-z0-9.]{1,8})?", fullmatch=True)))
def test_listed_tags_are_sorted_and_real(names: list[str]) -> None:
    tags = parse.tags_from_names(parse.parse_ls_remote(_ls_remote(*names)))
    assert [tag.order for tag in tags] == sorted((tag.order for tag in tags), reverse=True)
    assert {tag.tag for tag in tags} <= set(names)


def test_ten_megabytes_of_garbage_are_read_in_no_time() -> None:
    started = time.monotonic()
    for text in ("x" * 10_000_000, "refs/tags/" * 1_000_000, _ls_remote("v4.1.0") * 130_000, "[" * 10_000_000):
        assert len(parse.parse_ls_remote(text)) <= 1
        assert parse.parse_npm_view(text).versions == ()
        assert parse.parse_tag_list(text) == []
    assert time.monotonic() - started < 20


def test_merge_prefers_what_is_better_known() -> None:
    bundled = code_server_tags()
    guessed = parse.tags_from_npm(parse.NpmPackage(versions=("4.999.0",)))
    assert parse.merge(guessed, bundled)[0].tag == "v4.999.0"
    dated = parse.tags_from_npm(parse.parse_npm_view('{"versions": ["4.999.0"], "time": {"4.999.0": "2027-01-01"}}'))
    assert [str(tag.date) for tag in parse.merge(guessed, dated)] == ["2027-01-01"]


def test_what_npm_has_if_nobody_can_be_asked() -> None:
    tags = parse.npm_published(code_server_tags())
    assert tags[-1].tag == "v3.9.3"
    assert not any(tag.prerelease for tag in tags)
    assert [tag.tag for tag in tags if tag.version == "4.101.0"] == ["v4.101.0"]
