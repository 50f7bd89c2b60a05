"""Paths: what of a request belongs to this server, and what of it code-server gets to see."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

# Every character that may stand in a request target as it is; all others are percent-encoded.
_SAFE = "!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def below(path: str, prefix: str) -> str | None:
    """What of the request's path follows the prefix, still encoded; None if the path is not below it.

    path: as it came, encoded, without the query. prefix: such as `/user/alice` or "", without a last slash.
    The prefix is compared segment by segment, each decoded, since browsers and proxies differ in what they
    encode (`/user/al%69ce`). An encoded slash never separates: it stays inside its segment. The result is ""
    for the prefix itself, or begins with a slash.
    """
    wanted = prefix.split("/")
    found = path.split("/")
    if len(found) < len(wanted) or [unquote(part) for part in found[: len(wanted)]] != list(map(unquote, wanted)):
        return None
    rest = found[len(wanted) :]
    return "/" + "/".join(rest) if rest else ""


def target(rest: str, query: str) -> str:
    """The request target for code-server: the rest of the path as the browser encoded it, and the query.

    Bytes that have no place in a request line are encoded; nothing is decoded, so `%2F` stays `%2F`.
    """
    # tornado gives the bytes of the request line as latin-1
    path = quote(rest.encode("latin-1", "replace"), safe=_SAFE.replace("?", ""))
    if not path.startswith("/"):
        path = "/" + path
    return path + ("?" + quote(query.encode("latin-1", "replace"), safe=_SAFE) if query else "")


def public_location(location: str, prefix: str) -> str:
    """A Location header of code-server as the browser must see it: paths from its root go below the prefix.

    Whole addresses, relative paths and paths below the prefix already (an app behind /absproxy) stay.
    """
    parts = urlsplit(location)
    if parts.scheme or parts.netloc or not location.startswith("/") or not prefix:
        return location
    if below(parts.path, prefix) is not None:
        return location
    return prefix + location


def is_forwarded_app(rest: str) -> bool:
    """Whether the path leads, through code-server's own port forwarding, to a program that the user runs."""
    return rest.startswith(("/proxy/", "/absproxy/"))
