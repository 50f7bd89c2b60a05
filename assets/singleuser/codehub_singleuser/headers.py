"""Headers: what code-server may see of a request, what the browser may see of an answer, who may ask at all."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote_plus, urlsplit

Pairs = list[tuple[str, str]]

# RFC 9110, section 7.6.1, and what older proxies use besides: meant for one hop only.
HOP_BY_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
# Of the request: the hub's credentials, and what the client library writes by itself.
_REQUEST_ONLY = frozenset({"authorization", "cookie", "expect"})
_COOKIE_NAME_PREFIXES = ("__host-", "__secure-")
_XSRF_COOKIE = "_xsrf"


def is_hub_cookie(name: str, login_cookie: str = "") -> bool:
    """Whether a cookie is the hub's (or the login's at this server), by its name.

    login_cookie: the name under which this server keeps its own login (HubOAuth.cookie_name); its OAuth state
    cookies begin with the same name.
    """
    plain = name.strip().strip('"').lower()
    for prefix in _COOKIE_NAME_PREFIXES:
        plain = plain.removeprefix(prefix)
    own = login_cookie.lower()
    return (
        plain.startswith("jupyterhub-") or plain == _XSRF_COOKIE or bool(own and name.strip().lower().startswith(own))
    )


def without_hub_cookies(header: str, login_cookie: str = "") -> str:
    """A Cookie header without the hub's cookies; the others stay as they came, also those no parser would take."""
    kept = [
        part.strip()
        for part in header.split(";")
        if part.strip() and not is_hub_cookie(part.partition("=")[0], login_cookie)
    ]
    return "; ".join(kept)


def without_value(query: str, secret: str) -> str:
    """A query string without the parameters whose value is the secret (a hub token given as `?token=`)."""
    if not secret:
        return query
    return "&".join(part for part in query.split("&") if unquote_plus(part.partition("=")[2]) != secret)


def _hop_names(headers: Pairs) -> frozenset[str]:
    named = (value for name, value in headers if name.lower() == "connection")
    return HOP_BY_HOP | {word.strip().lower() for value in named for word in value.split(",")}


def to_editor(headers: Iterable[tuple[str, str]], login_cookie: str = "", *, websocket: bool = False) -> Pairs:
    """The request's headers for code-server: no hub cookie, no Authorization, nothing meant for one hop only.

    For a websocket the handshake's own headers go too: the client library writes those of its own handshake.
    """
    given = list(headers)
    dropped = _hop_names(given) | _REQUEST_ONLY
    kept = [
        (name, value)
        for name, value in given
        if name.lower() not in dropped and not (websocket and name.lower().startswith("sec-websocket-"))
    ]
    cookies = [without_hub_cookies(value, login_cookie) for name, value in given if name.lower() == "cookie"]
    cookie = "; ".join(filter(None, cookies))
    return [*kept, ("Cookie", cookie)] if cookie else kept


def to_browser(headers: Iterable[tuple[str, str]]) -> Pairs:
    """An answer's headers for the browser: nothing for one hop only, and no cookie that poses as the hub's."""
    given = list(headers)
    dropped = _hop_names(given)
    return [
        (name, value)
        for name, value in given
        if name.lower() not in dropped and not (name.lower() == "set-cookie" and is_hub_cookie(value.partition("=")[0]))
    ]


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def is_foreign(
    method: str, *, host: str, forwarded_host: str = "", origin: str | None = None, site: str = "", mode: str = ""
) -> bool:
    """Whether another site's page sent the request, which would ride on the user's cookies.

    host, forwarded_host, origin, site, mode: the headers Host, X-Forwarded-Host, Origin, Sec-Fetch-Site and
    Sec-Fetch-Mode. A browser sets the last three itself and no page can forge them; programs send none, and
    carry no cookies that a page could ride on. Following a link from elsewhere is no attack.
    """
    if origin is not None:
        own = {host.lower(), forwarded_host.split(",", maxsplit=1)[0].strip().lower()} - {""}
        return _host_of(origin) not in own
    harmless = method in {"GET", "HEAD"} and mode in {"navigate", ""}
    return site.lower() in {"cross-site", "same-site"} and not harmless


def is_loopback_host(host: str) -> bool:
    """Whether a Host header names this machine's loopback: a page of the web that resolves there does not."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name.lower() in {"localhost", "127.0.0.1", "[::1]"}
