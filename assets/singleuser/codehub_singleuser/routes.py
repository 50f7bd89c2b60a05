"""Which handler answers which path."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from jupyterhub.services.auth import HubOAuthCallbackHandler
from tornado import web
from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher

from codehub_singleuser.app_state import State
from codehub_singleuser.known_logins import KnownLogins
from codehub_singleuser.prefix import below
from codehub_singleuser.relay import HealthHandler, HttpHandler, NothingHandler, SlashHandler
from codehub_singleuser.sockets import SocketHandler

log = logging.getLogger("codehub.requests")


class Below(Matcher):
    """Matches requests below the prefix; the handler gets the encoded rest of the path as `rest`."""

    def __init__(self, prefix: str, exact: str | None = None, *, websocket: bool = False) -> None:
        self.prefix = prefix
        self.exact = exact
        self.websocket = websocket

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        rest = below(request.path, self.prefix)
        if rest is None or (self.exact is not None and rest != self.exact):
            return None
        if self.websocket and not wants_websocket(request):
            return None
        return {"path_kwargs": {"rest": rest}} if self.exact is None else {}


def wants_websocket(request: HTTPServerRequest) -> bool:
    """Whether the request asks for a websocket; what asks oddly is refused by the websocket's handler."""
    words = ",".join(request.headers.get_list("Upgrade")).lower().split(",")
    return request.method == "GET" and "websocket" in (word.strip() for word in words)


def _log_request(handler: web.RequestHandler) -> None:
    # Never the query: tokens and OAuth codes stand there.
    request = handler.request
    level = logging.INFO if handler.get_status() >= 400 else logging.DEBUG
    log.log(level, "%d %s %s (%s)", handler.get_status(), request.method, request.path, request.remote_ip)


def application(state: State, *, hub_grace: float) -> web.Application:
    """The whole application. Without a hub there is no way to log in, and loopback alone may ask."""
    prefix = state.prefix
    rules: list[Any] = [(Below(prefix, "/healthz"), HealthHandler, {"state": state})]
    if prefix:
        rules.append((Below(prefix, ""), SlashHandler, {"prefix": prefix}))
    if not state.no_hub:
        rules.append((Below(prefix, "/oauth_callback"), HubOAuthCallbackHandler))
    rules += [
        (Below(prefix, websocket=True), SocketHandler, {"state": state}),
        (Below(prefix), HttpHandler, {"state": state}),
    ]
    return web.Application(
        rules,
        default_handler_class=NothingHandler,
        log_function=_log_request,
        no_hub=state.no_hub,
        known_logins=KnownLogins(hub_grace),
        # Signs the login's cookie. A new one at each start: with the server its logins end, and the hub's
        # login, which is still there, gives a new one without asking.
        cookie_secret=secrets.token_bytes(32),
        websocket_max_message_size=state.max_message_size,
    )
