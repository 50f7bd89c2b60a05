"""No credential of the hub's leaves by a header, and nothing else gets lost."""

from http.cookies import CookieError, SimpleCookie

import pytest
from codehub_singleuser import headers
from hypothesis import example, given
from hypothesis import strategies as st

SECRET = "S3CRET"
LOGIN = "jupyterhub-user-alice"
plain = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
hub_names = st.sampled_from(
    [LOGIN, f"{LOGIN}-oauth-state", f"{LOGIN}-oauth-state-AbCd", "jupyterhub-session-id", "_xsrf",
     "JupyterHub-Session-Id", "__Host-jupyterhub-user-alice", "__Secure-jupyterhub-x", "jupyterhub-hub-login"]
)  # fmt: skip


@given(st.lists(plain), hub_names, st.sampled_from(["", '"', " "]), st.lists(plain))
@example(["a=1"], "jupyterhub-session-id", "", ["b=2"])
@example(['a="x'], "_xsrf", "", ['y"'])
def test_hub_cookies_never_pass(before: list[str], name: str, quote: str, after: list[str]) -> None:
    """However the rest of the header looks, no parser finds a cookie of the hub's in what is left."""
    header = "; ".join([*before, f"{name}={quote}{SECRET}{quote}", *after])
    left = headers.without_hub_cookies(header, LOGIN)
    assert f"{name}={quote}{SECRET}" not in left
    jar = SimpleCookie()
    try:
        jar.load(left)
    except CookieError:
        return
    assert not [key for key in jar if headers.is_hub_cookie(key, LOGIN)]


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True),
        st.from_regex(r"[A-Za-z0-9!#%&'*+./:<=>?@^`{|}~-]*", fullmatch=True),
    )
)
def test_other_cookies_stay_as_they_are(cookies: dict[str, str]) -> None:
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    assert headers.without_hub_cookies(header, LOGIN) == header


def test_a_login_cookie_of_another_name_is_known() -> None:
    assert headers.without_hub_cookies("service-x=1; other=2", "service-x") == "other=2"
    assert not headers.is_hub_cookie("other", "")


@given(st.lists(st.tuples(plain, plain)), plain)
def test_a_secret_never_passes_in_a_query(pairs: list[tuple[str, str]], name: str) -> None:
    from urllib.parse import parse_qsl, urlencode

    query = urlencode([*pairs, (name, SECRET)])
    left = headers.without_value(query, SECRET)
    assert SECRET not in [value for _, value in parse_qsl(left, keep_blank_values=True)]
    assert parse_qsl(left, keep_blank_values=True) == [
        pair for pair in parse_qsl(query, keep_blank_values=True) if pair[1] != SECRET
    ]


def test_a_query_without_a_secret_stays_as_it_is() -> None:
    assert headers.without_value("a=&b&&c=%2F", "") == "a=&b&&c=%2F"
    assert headers.without_value("a=&b&&c=%2F", SECRET) == "a=&b&&c=%2F"
    assert headers.without_value("token=S%33CRET&a=1", SECRET) == "a=1"


def test_what_goes_to_the_editor() -> None:
    given_headers = [
        ("Host", "hub.example"), ("Authorization", "token x"), ("authorization", "Basic y"), ("Cookie", "_xsrf=1; a=2"),
        ("Cookie", "jupyterhub-session-id=3"), ("Connection", "Upgrade, X-Hop"), ("X-Hop", "1"),
        ("Upgrade", "websocket"),
        ("Transfer-Encoding", "chunked"), ("Proxy-Authorization", "z"), ("Expect", "100-continue"), ("Accept", "*/*"),
        ("Sec-WebSocket-Key", "k"), ("Sec-WebSocket-Protocol", "p"), ("X-Many", "1"), ("X-Many", "2"),
    ]  # fmt: skip
    assert headers.to_editor(given_headers, websocket=True) == [
        ("Host", "hub.example"), ("Accept", "*/*"), ("X-Many", "1"), ("X-Many", "2"), ("Cookie", "a=2"),
    ]  # fmt: skip
    assert ("Sec-WebSocket-Key", "k") in headers.to_editor(given_headers)


def test_what_goes_to_the_browser() -> None:
    answer = [
        ("Set-Cookie", "jupyterhub-session-id=forged; Path=/"), ("Set-Cookie", "app=1"), ("Connection", "close"),
        ("Transfer-Encoding", "chunked"), ("Content-Type", "text/html"), ("Keep-Alive", "timeout=5"),
    ]  # fmt: skip
    assert headers.to_browser(answer) == [("Set-Cookie", "app=1"), ("Content-Type", "text/html")]


@pytest.mark.parametrize(
    ("method", "more", "foreign"),
    [
        ("GET", {}, False),
        ("GET", {"origin": "http://hub.example:8000"}, False),
        ("GET", {"origin": "https://hub.example:8000"}, False),
        ("GET", {"origin": "https://front.example", "forwarded_host": "front.example, inner"}, False),
        ("GET", {"origin": "https://evil.example"}, True),
        ("GET", {"origin": "null"}, True),
        ("GET", {"origin": ""}, True),
        ("GET", {"origin": "http://hub.example"}, True),
        ("GET", {"origin": "http://hub.example:8000.evil.example"}, True),
        ("GET", {"origin": "http://[bad"}, True),
        ("GET", {"site": "cross-site", "mode": "navigate"}, False),
        ("GET", {"site": "cross-site", "mode": "no-cors"}, True),
        ("GET", {"site": "same-site", "mode": "cors"}, True),
        ("GET", {"site": "cross-site", "mode": "websocket"}, True),
        ("POST", {"site": "cross-site", "mode": "navigate"}, True),
        ("POST", {"site": "same-origin", "mode": "cors"}, False),
        ("POST", {}, False),
    ],
)
def test_foreign_requests(method: str, more: dict[str, str], foreign: bool) -> None:
    assert headers.is_foreign(method, host="hub.example:8000", **more) is foreign


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost:8888", True), ("127.0.0.1", True), ("[::1]:8888", True), ("[::1]", True), ("LOCALHOST", True),
        ("elsewhere.example:8888", False), ("127.0.0.1.elsewhere.example", False), ("", False),
        ("localhost.example", False),
    ],
)  # fmt: skip
def test_loopback_hosts(host: str, loopback: bool) -> None:
    assert headers.is_loopback_host(host) is loopback
