"""What the handlers of one server share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp

from codehub_singleuser.editor import Editor

if TYPE_CHECKING:
    from codehub_singleuser.sockets import SocketHandler


@dataclass
class Traffic:
    """When each kind of request last came, in seconds since the epoch (activity.Signals has the kinds)."""

    page: float | None = None
    app: float | None = None
    editor: float | None = None


@dataclass
class State:
    """The editor, the client that talks to it, and what is open."""

    editor: Editor
    session: aiohttp.ClientSession
    prefix: str
    no_hub: bool
    max_message_size: int
    traffic: Traffic = field(default_factory=Traffic)
    sockets: set[SocketHandler] = field(default_factory=set)
