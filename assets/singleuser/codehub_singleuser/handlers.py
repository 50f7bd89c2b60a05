"""What the handlers share: answers of our own, and what of a request goes on to code-server."""

from __future__ import annotations

import asyncio
import html
import time
from typing import Any

from tornado import web
from yarl import URL

from codehub_singleuser.app_state import State
from codehub_singleuser.headers import Pairs, to_editor, without_value
from codehub_singleuser.login import Guarded
from codehub_singleuser.prefix import is_forwarded_app, target

# As long as this, the hub is told to wait (it takes any 5xx as "not up yet"), so that its progress page shows
# and a start that fails is a failed start. Later requests are held instead: a hub gives up after 30 s.
_STARTING = 20.0
_HOLD = 60.0

_TEXTS = {
    403: "You are not allowed to use this server. Log in to the hub with the right account.",
    404: "There is nothing here.",
    502: "The editor refused the connection or broke it off. Reload the page.",
    503: "The editor is starting or the hub cannot be reached. This page tries again by itself.",
}


class Answering(web.RequestHandler):
    """A handler whose own answers are short, plain pages without details."""

    prepared = False

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> asyncio.Future[None]:
        if not self.prepared:
            # Refused before its body was read: tornado closes the connection then, and a proxy must know, or
            # it sends the next request into it.
            self.set_header("Connection", "close")
        return super().finish(chunk)

    def compute_etag(self) -> None:
        """No answer of ours, and none that is only passed on, gets an ETag from us."""

    def write_error(self, status_code: int, **_: object) -> None:
        text = html.escape(_TEXTS.get(status_code, self._reason))
        again = '<meta http-equiv="refresh" content="5">' if status_code == 503 else ""
        self.set_header("Cache-Control", "no-store")
        if status_code == 503:
            self.set_header("Retry-After", "2")
        self.finish(
            f"<!doctype html><html lang=en><head><meta charset=utf-8>{again}<title>{status_code}</title></head>"
            f"<body><h1>{status_code} {html.escape(self._reason)}</h1><p>{text}</p></body></html>"
        )


class ToEditor(Answering, Guarded):
    """A guarded handler whose requests go on to code-server, once that answers."""

    state: State
    rest: str

    def initialize(self, state: State) -> None:
        self.state = state

    async def prepare(self) -> None:
        editor = self.state.editor
        if not editor.ever_ready and time.monotonic() - editor.born < _STARTING:
            raise web.HTTPError(503, "code-server is starting", reason="Starting")
        await super().prepare()
        if self._finished:
            return
        self.prepared = True
        self.rest = self.path_kwargs["rest"]
        if not await editor.wait_ready(_HOLD):
            raise web.HTTPError(503, "code-server does not answer", reason="Editor Not Ready")

    def editor_url(self) -> URL:
        """The address of the request at code-server, without any token of the hub."""
        query = without_value(self.request.query, self.hub_token)
        return URL("http://localhost" + target(self.rest, query), encoded=True)

    def editor_headers(self, *, websocket: bool = False) -> Pairs:
        """The request's headers as code-server may see them."""
        cookie = "" if self.state.no_hub else self.hub_auth.cookie_name
        return to_editor(self.request.headers.get_all(), cookie, websocket=websocket)

    def note_use(self, *, page: bool = False) -> None:
        """Remember that there was traffic just now, and of which kind."""
        traffic = self.state.traffic
        now = time.time()
        if page:
            traffic.page = now
        elif is_forwarded_app(self.rest):
            traffic.app = now
        else:
            traffic.editor = now
