"""The tags of a repository in an image registry, by the OCI distribution API.

The login is Docker's own (`docker login`, `helm registry login` with the same file, credential helpers).
"""

from __future__ import annotations

import base64
import re
import time
from urllib.parse import quote, urlencode, urljoin

from wizard.catalog import parse
from wizard.catalog.network import HTTPStatus, SourceError, host_of, open_address
from wizard.foreign import load_json

_DOCKER_HUB = "registry-1.docker.io"
_LIMIT = 16_000_000
_PAGES = 40
_LOCAL = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?")
_CHALLENGE = re.compile(r'([a-z_]+)="([^"]*)"')
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


def tags(image: str, *, ca_bundle: str = "", timeout: float = 20.0) -> list[str]:
    """All tags of an image such as `docker.io/codercom/code-server`; raises SourceError.

    A registry on this machine is asked without TLS, as Docker does.
    """
    deadline = time.monotonic() + timeout
    host, name = split(image)
    base = f"{'http' if _LOCAL.fullmatch(host) else 'https'}://{host}"
    address = f"{base}/v2/{quote(name)}/tags/list?n=1000"
    found: list[str] = []
    headers: dict[str, str] = {}
    for _ in range(_PAGES):
        try:
            body, link = _page(address, headers, ca_bundle, deadline)
        except HTTPStatus as error:
            if error.status == 404:
                raise SourceError(f"{host} has no repository {name}") from error
            if error.status != 401 or headers:
                raise
            challenge = error.headers.get("WWW-Authenticate", "")
            headers = {"Authorization": _authorization(challenge, host, name, ca_bundle, deadline)}
            continue
        found += parse.parse_tag_list(body)
        following = _NEXT.search(link)
        if not following:
            break
        address = urljoin(address, following.group(1))
        if host_of(address) != host_of(base):
            raise SourceError(f"{host} sent its reader on to another host")
    return list(dict.fromkeys(found))


def split(image: str) -> tuple[str, str]:
    """The registry's host and the repository's name of an image reference without a tag, by Docker's rules."""
    first, slash, rest = image.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        return _DOCKER_HUB, image if slash else f"library/{image}"
    if first in {"docker.io", "index.docker.io"}:
        return _DOCKER_HUB, rest if "/" in rest else f"library/{rest}"
    return first, rest


def _page(address: str, headers: dict[str, str], ca_bundle: str, deadline: float) -> tuple[str, str]:
    left = deadline - time.monotonic()
    if left <= 0:
        raise SourceError(f"{host_of(address)} was too slow to answer")
    stream, answer = open_address(address, timeout=left, limit=_LIMIT, headers=headers, ca_bundle=ca_bundle)
    with stream:
        return stream.read().decode(errors="replace"), answer.get("Link", "")


def _authorization(challenge: str, host: str, name: str, ca_bundle: str, deadline: float) -> str:
    """The header that answers a registry's challenge, with the user's login where Docker has one."""
    scheme, _, rest = challenge.partition(" ")
    login = _login(host)
    if scheme.lower() == "basic":
        if not login:
            raise SourceError(f"{host} asks for a login: run `docker login {host}`")
        return login
    fields = dict(_CHALLENGE.findall(rest))
    realm = fields.get("realm", "")
    if scheme.lower() != "bearer" or not realm.startswith(("https://", "http://127.", "http://localhost")):
        raise SourceError(f"{host} asks for a login of a kind that is not known")
    query = urlencode({"service": fields.get("service", ""), "scope": f"repository:{name}:pull"})
    try:
        body, _ = _page(f"{realm}?{query}", {"Authorization": login} if login else {}, ca_bundle, deadline)
    except HTTPStatus as error:
        raise SourceError(f"{host} refuses the login for {name} ({error.status})") from error
    try:
        answer = load_json(body)
        token = answer.get("token") or answer.get("access_token")
    except (ValueError, AttributeError, RecursionError):
        token = None
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise SourceError(f"{host} gave no token for {name}")
    return f"Bearer {token}"


def _login(host: str) -> str:
    """A Basic header from Docker's configuration and credential helpers; empty where it has no login."""
    from docker import auth
    from docker.errors import DockerException

    key = "index.docker.io" if host == _DOCKER_HUB else host
    try:
        entry = auth.resolve_authconfig(auth.load_config(), registry=None if host == _DOCKER_HUB else key)
    except (DockerException, OSError, ValueError):
        return ""
    user, password = (entry or {}).get("username"), (entry or {}).get("password")
    if not user or not password:
        return ""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
