"""Whether a TCP port of this machine can be listened on."""

from __future__ import annotations

import contextlib
import socket


def bind(address: str, port: int) -> None:
    """Listen for a moment as a server would: raises OSError (PermissionError below 1024) where that is not possible.

    With SO_REUSEADDR, as servers do, so that connections of one that has just ended do not count.
    """
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))


def first_free(wanted: int, *, tries: int = 100) -> int:
    """The first port of loopback from the wanted one on that can be had; the wanted one when none of `tries` can."""
    for port in range(wanted, min(wanted + tries, 65536)):
        with contextlib.suppress(OSError):
            bind("127.0.0.1", port)
            return port
    return wanted


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on at this moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
