"""Who asks? The hub decides, for HTTP and for websockets alike, before anything else is done with a request."""

from __future__ import annotations

from typing import Any

from jupyterhub import __version__ as jupyterhub_version
from jupyterhub.services.auth import HubOAuth, HubOAuthenticated, UserNotAllowed
from tornado import web

from codehub_singleuser.headers import is_foreign, is_loopback_host
from codehub_singleuser.known_logins import KnownLogins

NAVIGATION = frozenset({"navigate", ""})


class Guarded(HubOAuthenticated, web.RequestHandler):  # type: ignore[misc]  # jupyterhub has no types
    """A handler that nobody gets past without the right to this server (the hub's scope access:servers).

    It works in prepare(), which tornado runs before every method and before a websocket's handshake, so no
    handler below it can forget to ask. Settings of the application: `no_hub` (then only loopback may ask) and
    `known_logins`.
    """

    hub_token: str = ""

    def set_default_headers(self) -> None:
        # The hub compares this with its own version and warns of a mismatch.
        self.set_header("X-JupyterHub-Version", jupyterhub_version)

    def check_xsrf_cookie(self) -> None:
        """VS Code cannot send the hub's XSRF token; `is_foreign` refuses other sites' requests instead."""

    async def prepare(self) -> None:
        headers = self.request.headers
        mode = headers.get("Sec-Fetch-Mode", "").lower()
        if is_foreign(
            self.request.method or "",
            host=headers.get("Host", ""),
            forwarded_host=headers.get("X-Forwarded-Host", ""),
            origin=headers.get("Origin"),
            site=headers.get("Sec-Fetch-Site", ""),
            mode=mode,
        ):
            raise web.HTTPError(403, "a request from another site's page", reason="Cross-Site Request Refused")
        if self.settings["no_hub"]:
            if not is_loopback_host(headers.get("Host", "")):
                raise web.HTTPError(403, "without a hub only loopback may ask")
            return
        user = await self._identify()
        if user is None:
            self._send_to_login(mode)
            return
        try:
            self.check_hub_user(user)
        except UserNotAllowed:
            raise web.HTTPError(403, "a user without access to this server") from None
        self.current_user = user
        self._keep_token_login(mode)

    async def _identify(self) -> dict[str, Any] | None:
        """The hub's user who asks, or None; the hub is asked without blocking the other connections."""
        auth: HubOAuth = self.hub_auth
        known: KnownLogins = self.settings["known_logins"]
        self.hub_token = auth.get_token(self) or ""
        try:
            user: dict[str, Any] | None = await auth.get_user(self, sync=False)
        except web.HTTPError as problem:
            user = known.recall(self.hub_token) if problem.status_code >= 500 and self.hub_token else None
            if user is None:
                raise web.HTTPError(503, "the hub cannot be asked", reason="Hub Not Reachable") from None
            return user
        if self.hub_token and user:
            known.confirm(self.hub_token, user)
        elif self.hub_token:
            known.refuse(self.hub_token)
        return user

    def _send_to_login(self, mode: str) -> None:
        """Pages go to the hub's login; what is no page (a script's request, a websocket) gets a plain 403."""
        upgrade = "Upgrade" in self.request.headers
        if self.request.method in {"GET", "HEAD"} and mode in NAVIGATION and not upgrade:
            self.redirect(self.get_login_url())
        else:
            raise web.HTTPError(403, "not logged in")

    def _keep_token_login(self, mode: str) -> None:
        """A page opened with ?token= gets a login of its own, where the hub allows that at all."""
        auth: HubOAuth = self.hub_auth
        given = self.get_query_argument("token", "")
        page = self.request.method == "GET" and mode in NAVIGATION and "Upgrade" not in self.request.headers
        if page and auth.allow_token_in_url and given and given == self.hub_token:
            auth.set_cookie(self, given)

    async def still_allowed(self) -> bool:
        """Ask the hub (or the short cache of its answers) again: for connections that stay open for days.

        While the hub cannot be asked, an open connection stays.
        """
        if self.settings["no_hub"]:
            return True
        auth: HubOAuth = self.hub_auth
        try:
            user = await auth.user_for_token(
                self.hub_token, session_id=auth.get_session_id(self), use_cache=True, sync=False
            )
        except web.HTTPError:
            return True
        if user is None:
            return False
        try:
            self.check_hub_user(user)
        except UserNotAllowed:
            return False
        return True
