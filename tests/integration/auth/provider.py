"""A small identity provider on loopback: OpenID Connect, and what GitHub and Google document of theirs.

The protocol itself (codes, tokens, clients with their secrets) is oidc-provider-mock's; the routes of GitHub and
Google lead to it. Sources: GitHub's "Authorizing OAuth apps" and "Check organization membership for a user",
Google's "Using OAuth 2.0 to access Google APIs".
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import flask
import oidc_provider_mock
import requests
from werkzeug.serving import make_server

MOCK = "oidc-provider-mock"


@dataclass
class Provider:
    """The running provider. client_id, client_secret: of the one registered app; members: of organisations."""

    url: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    members: set[tuple[str, str]] = field(default_factory=set)

    def register(self, callback: str) -> None:
        """Register the app, as on the provider's page: with the callback address that codehub shows."""
        body = {"redirect_uris": [callback], "token_endpoint_auth_method": "client_secret_post"}
        made = requests.post(f"{self.url}/oauth2/clients", json=body, timeout=30)
        made.raise_for_status()
        self.client_id, self.client_secret = made.json()["client_id"], made.json()["client_secret"]

    def add(self, subject: str, claims: Mapping[str, object]) -> None:
        """Somebody who can log in there, and what is told of them."""
        requests.put(f"{self.url}/users/{subject}", json=dict(claims), timeout=30).raise_for_status()


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider on a free port, until the end."""
    app = oidc_provider_mock.app(require_client_registration=True)
    provider = Provider("")
    views = app.view_functions

    def member(organization: str, name: str) -> tuple[str, HTTPStatus]:
        if not flask.request.headers.get("Authorization"):
            return "", HTTPStatus.UNAUTHORIZED
        found = (organization, name) in provider.members
        return "", HTTPStatus.NO_CONTENT if found else HTTPStatus.NOT_FOUND

    def github_token() -> flask.Response:
        """GitHub answers 200 to a wrong secret too, with the error in the body."""
        response = flask.make_response(views[f"{MOCK}.issue_token"]())
        response.status_code = HTTPStatus.OK
        return response

    def github_user() -> flask.Response:
        """GitHub always names an address, if only to say that it is not told."""
        known = flask.make_response(views[f"{MOCK}.userinfo"]()).get_json()
        return flask.jsonify({"email": None, **known})

    either = ["GET", "POST"]
    for number, (path, view) in enumerate(
        {
            "/login/oauth/authorize": "authorize",
            "/o/oauth2/v2/auth": "authorize",
            "/oauth2/v4/token": "issue_token",
            "/oauth2/v1/userinfo": "userinfo",
        }.items()
    ):
        app.add_url_rule(path, f"alias-{number}", views[f"{MOCK}.{view}"], methods=either)
    app.add_url_rule("/login/oauth/access_token", "github-token", github_token, methods=["POST"])
    app.add_url_rule("/api/v3/user", "github-user", github_user)
    app.add_url_rule("/api/v3/orgs/<organization>/members/<name>", "member", member)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
