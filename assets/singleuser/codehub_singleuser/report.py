"""Tell the hub when this server was last used, so that its culler ends what is idle and nothing else."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from codehub_singleuser.settings import Hub

log = logging.getLogger("codehub.activity")


def timestamp(moment: float) -> str:
    """Seconds since the epoch as the hub takes them: ISO 8601 in UTC, ending in Z."""
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def activity_body(server_name: str, moment: float) -> dict[str, Any]:
    """The body of POST /hub/api/users/NAME/activity; the default server's name is the empty text."""
    when = timestamp(moment)
    return {"servers": {server_name: {"last_activity": when}}, "last_activity": when}


class Reporter:
    """Sends what is new. A report that fails is repeated with the next one, and said once in the log."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._sent: float | None = None
        self._failing = False

    async def report(self, moment: float | None) -> bool:
        """Send the time of the last use (seconds since the epoch) if the hub has not got it yet."""
        if moment is None or not self.hub.activity_url or (self._sent is not None and moment <= self._sent):
            return True
        tls: dict[str, Any] = {}
        if self.hub.tls_certificate:
            tls = {
                "client_key": self.hub.tls_key,
                "client_cert": self.hub.tls_certificate,
                "ca_certs": self.hub.tls_ca or None,
            }
        try:
            await AsyncHTTPClient().fetch(
                self.hub.activity_url,
                method="POST",
                headers={"Authorization": f"token {self.hub.token}", "Content-Type": "application/json"},
                body=json.dumps(activity_body(self.hub.server_name, moment)),
                request_timeout=20,
                **tls,
            )
        except (HTTPClientError, OSError) as problem:
            if not self._failing:
                log.warning("the hub did not take the activity report: %s; trying again", problem)
            self._failing = True
            return False
        if self._failing:
            log.info("the hub takes activity reports again")
        self._failing, self._sent = False, moment
        return True
