"""What belongs to a server's prefix, and what of a path goes on."""

from urllib.parse import quote, unquote, urlsplit

import pytest
from codehub_singleuser import prefix
from hypothesis import example, given
from hypothesis import strategies as st

segments = st.text(min_size=1).filter(lambda text: text not in {".", ".."})
raw_paths = st.text(alphabet=st.characters(max_codepoint=255)).map(lambda text: "/" + text)


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("/user/alice/", "/"),
        ("/user/alice", ""),
        ("/user/alice/a/b", "/a/b"),
        ("/user/alice//a", "//a"),
        ("/user/al%69ce/a", "/a"),
        ("/%75ser/alice/a%2Fb", "/a%2Fb"),
        ("/user/alice/../bob/", "/../bob/"),
        ("//user/alice/", None),
        ("/user//alice/", None),
        ("/user/alice2/", None),
        ("/user/alic", None),
        ("/user/alice%2Fx", None),
        ("/user%2Falice/x", None),
        ("http://host/user/alice/", None),
        ("", None),
        ("*", None),
    ],
)
def test_below(path: str, rest: str | None) -> None:
    assert prefix.below(path, "/user/alice") == rest


@given(st.lists(segments, min_size=1, max_size=3), st.lists(segments, max_size=3))
def test_whatever_is_encoded_a_server_finds_its_own(name: list[str], rest: list[str]) -> None:
    """The same name in two spellings, as hubs and browsers write it."""
    strict = "/" + "/".join(quote(part, safe="") for part in name)
    loose = "/" + "/".join(quote(part, safe="@~!$&'()*+,;=:") for part in name)
    tail = "".join("/" + quote(part, safe="") for part in rest)
    assert prefix.below(strict + tail, loose) == tail
    assert prefix.below(loose + tail, strict) == tail


@given(raw_paths, st.lists(segments, min_size=1, max_size=3))
def test_nothing_outside_is_taken_for_inside(path: str, name: list[str]) -> None:
    own = "/" + "/".join(quote(part, safe="") for part in name)
    rest = prefix.below(path, own)
    if rest is not None:
        head = path[: len(path) - len(rest)]
        assert [unquote(part) for part in head.split("/")] == [unquote(part) for part in own.split("/")]
        assert not rest or rest.startswith("/")


@given(raw_paths, st.text(alphabet=st.characters(max_codepoint=255)))
@example("/a b\r\nX: y", "q=\n")
@example("/#fragment", "x#y")
def test_a_target_is_one_word_and_says_the_same(rest: str, query: str) -> None:
    made = prefix.target(rest, query)
    assert made.isascii()
    assert made.isprintable()
    assert " " not in made
    assert "#" not in made
    assert made.startswith("/")
    path, _, asked = made.partition("?")
    encoded = "latin-1"
    assert unquote(path, encoded) == unquote(rest, encoded)
    assert unquote(asked, encoded) == unquote(query, encoded)


def test_what_the_browser_encoded_stays_so() -> None:
    assert prefix.target("/a%2Fb/%20c;d=e/%C3%A9", "q=%2F&r=a+b") == "/a%2Fb/%20c;d=e/%C3%A9?q=%2F&r=a+b"


@pytest.mark.parametrize(
    ("location", "public"),
    [
        ("/proxy/3000/x", "/user/alice/proxy/3000/x"),
        ("/user/alice/absproxy/3000/x", "/user/alice/absproxy/3000/x"),
        ("./?folder=/home", "./?folder=/home"),
        ("https://elsewhere.example/x", "https://elsewhere.example/x"),
        ("//elsewhere.example/x", "//elsewhere.example/x"),
        ("", ""),
    ],
)
def test_public_location(location: str, public: str) -> None:
    assert prefix.public_location(location, "/user/alice") == public


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126)))
def test_a_location_never_leaves_the_site_by_our_doing(location: str) -> None:
    try:
        before = urlsplit(location)
    except ValueError:
        return
    made = prefix.public_location(location, "/user/alice")
    assert urlsplit(made).netloc == before.netloc
    assert prefix.public_location(made, "/user/alice") == made


def test_forwarded_apps() -> None:
    assert prefix.is_forwarded_app("/proxy/3000/")
    assert prefix.is_forwarded_app("/absproxy/3000/x")
    assert not prefix.is_forwarded_app("/proxying")
