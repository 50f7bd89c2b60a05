"""Tags of a repository in a registry: pages, logins, and what a registry may say wrongly."""

import base64
import json
import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.catalog import loopback
from wizard.catalog import registry
from wizard.catalog.network import SourceError
from wizard.catalog.sources import Sources, chart_releases

LIST = "/v2/acme/jupyterhub/tags/list"


def _answer(request: BaseHTTPRequestHandler, data: object, **headers: str) -> None:
    loopback.body(json.dumps(data), headers=headers)(request)


def _challenge(request: BaseHTTPRequestHandler, challenge: str) -> None:
    loopback.body("{}", status=401, headers={"WWW-Authenticate": challenge})(request)


def _tags(site: loopback.Site, name: str = "acme/jupyterhub") -> list[str]:
    return registry.tags(f"{site.address.removeprefix('http://')}/{name}", timeout=5)


def _log_in(host: str) -> None:
    token = base64.b64encode(b"me:secret").decode()
    config = Path(os.environ["DOCKER_CONFIG"]) / "config.json"
    config.write_text(json.dumps({"auths": {host: {"auth": token}}}), encoding="utf-8")


@pytest.mark.parametrize(
    ("image", "host", "name"),
    [
        ("docker.io/codercom/code-server", "registry-1.docker.io", "codercom/code-server"),
        ("codercom/code-server", "registry-1.docker.io", "codercom/code-server"),
        ("debian", "registry-1.docker.io", "library/debian"),
        ("docker.io/debian", "registry-1.docker.io", "library/debian"),
        ("localhost:5000/a/b/c", "localhost:5000", "a/b/c"),
        ("quay.io/jupyterhub/k8s-hub", "quay.io", "jupyterhub/k8s-hub"),
    ],
)
def test_host_and_name(image: str, host: str, name: str) -> None:
    assert registry.split(image) == (host, name)


def test_all_pages_are_read() -> None:
    def pages(request: BaseHTTPRequestHandler) -> None:
        last = parse_qs(urlsplit(request.path).query).get("last", [""])[0]
        if last:
            _answer(request, {"tags": ["4.4.0", "3.3.8"]})
        else:
            _answer(request, {"tags": ["3.3.8"]}, Link=f'<{LIST}?n=1000&last=3.3.8>; rel="next"')

    with loopback.serve({LIST: pages}) as site:
        assert _tags(site) == ["3.3.8", "4.4.0"]


def test_a_registry_that_never_stops_paging_is_left() -> None:
    with loopback.serve(
        {LIST: lambda request: _answer(request, {"tags": ["1.0.0"]}, Link=f'<{LIST}>; rel="next"')}
    ) as site:
        assert _tags(site) == ["1.0.0"]
        assert 1 < len(site.requests) < 100


def test_a_reader_is_not_sent_on_to_another_host() -> None:
    link = '<http://169.254.169.254/latest>; rel="next"'
    with (
        loopback.serve({LIST: lambda request: _answer(request, {"tags": []}, Link=link)}) as site,
        pytest.raises(SourceError, match="another host"),
    ):
        _tags(site)


def _bearer(site: Callable[[], loopback.Site]) -> dict[str, loopback.Answer]:
    def listing(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("Authorization") == "Bearer the-token":
            _answer(request, {"tags": ["4.4.0"]})
        else:
            _challenge(request, f'Bearer realm="{site().address}/token",service="acme",scope="x"')

    return {LIST: listing, "/token": lambda request: _answer(request, {"token": "the-token"})}


def test_a_token_without_and_with_a_login() -> None:
    sites: list[loopback.Site] = []
    with loopback.serve(_bearer(lambda: sites[0])) as site:
        sites.append(site)
        assert _tags(site) == ["4.4.0"]
        asked = next((path, headers) for path, headers in site.requests if path.startswith("/token"))
        assert "scope=repository%3Aacme%2Fjupyterhub%3Apull" in asked[0]
        assert "Authorization" not in asked[1]
        site.requests.clear()
        _log_in(site.address.removeprefix("http://"))
        assert _tags(site) == ["4.4.0"]
        asked = next((path, headers) for path, headers in site.requests if path.startswith("/token"))
        assert asked[1]["Authorization"] == "Basic " + base64.b64encode(b"me:secret").decode()


@pytest.mark.parametrize(
    ("challenge", "reason"),
    [
        ('Basic realm="acme"', "docker login"),
        ("", "not known"),
        ('Bearer realm="http://169.254.169.254/token"', "not known"),
        ('Bearer realm="gopher://x"', "not known"),
        ("Negotiate", "not known"),
    ],
)
def test_challenges_that_cannot_be_met(challenge: str, reason: str) -> None:
    with (
        loopback.serve({LIST: lambda request: _challenge(request, challenge)}) as site,
        pytest.raises(SourceError, match=reason),
    ):
        _tags(site)


@pytest.mark.parametrize("token", ["", {"token": 5}, {}, [], {"token": "a\r\nX-Evil: 1"}, None])
def test_an_answer_without_a_usable_token(token: object) -> None:
    sites: list[loopback.Site] = []
    answers = _bearer(lambda: sites[0]) | {"/token": lambda request: _answer(request, token)}
    with loopback.serve(answers) as site:
        sites.append(site)
        with pytest.raises(SourceError, match="gave no token"):
            _tags(site)


def test_a_login_that_is_refused_again_is_an_error() -> None:
    with loopback.serve({LIST: lambda request: _challenge(request, 'Basic realm="acme"')}) as site:
        _log_in(site.address.removeprefix("http://"))
        with pytest.raises(SourceError, match="answered 401"):
            _tags(site)
        assert len(site.requests) == 2


def test_a_repository_that_is_not_there() -> None:
    with loopback.serve({}) as site, pytest.raises(SourceError, match="has no repository acme/none"):
        _tags(site, "acme/none")


def test_a_chart_in_a_registry_has_its_facts_by_rule() -> None:
    with loopback.serve({LIST: lambda request: _answer(request, {"tags": ["4.4.0", "sha256-abc", "5.0.0"]})}) as site:
        releases = chart_releases(Sources(timeout=5), f"oci://{site.address.removeprefix('http://')}/acme/jupyterhub")
    assert [(release.version, release.jupyterhub_major) for release in releases] == [("5.0.0", 5), ("4.4.0", 5)]


@given(st.text(max_size=60))
def test_no_name_breaks_the_splitting(image: str) -> None:
    host, name = registry.split(image)
    assert host
    assert isinstance(name, str)
