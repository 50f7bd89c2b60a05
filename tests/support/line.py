"""A way over TCP to a server of the tests that can be made slow, broken off and mended again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

_PIECE = 65_536
_NARROW = 2048
"""Bytes that a slow line takes at once; the system's buffers would else swallow what is sent in one go."""


class Line:
    """`with line_to(port) as line:` leads from `line.port` on loopback to that port.

    refused: connections that came while it was cut; carried, brought: bytes that went to the server and
    came from it.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._copying: set[asyncio.Task[None]] = set()
        self._cut = False
        self._cuts: list[int] = []
        self._rate = 0
        self._lock = asyncio.Lock()
        self.port = 0
        self.refused = 0
        self.carried = 0
        self.brought = 0

    @property
    def address(self) -> str:
        """host:port of this end."""
        return f"127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break all connections off and take no more."""

        def work() -> None:
            self._cut = True
            self._abort()

        self._do(work)

    def mend(self) -> None:
        """Take connections again."""
        self._do(lambda: setattr(self, "_cut", False))

    def cut_in_passing(self, *after: int) -> None:
        """Break the connections off each time when this many more bytes went to the server; the line stays there."""
        self._do(lambda: self._cuts.extend(after))

    def forget_cuts(self) -> None:
        """Take back what `cut_in_passing` said."""
        self._do(self._cuts.clear)

    def slow(self, bytes_per_second: int) -> None:
        """Carry so much and no more, both ways together; 0 is as much as can be."""
        self._do(lambda: setattr(self, "_rate", bytes_per_second))

    def _do(self, work: Callable[[], object]) -> None:
        async def wrapped() -> None:
            work()

        asyncio.run_coroutine_threadsafe(wrapped(), self._loop).result(10)

    def _abort(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            self.refused += 1
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._open |= ends
        try:
            await asyncio.gather(self._copy(reader, back, forth=True), self._copy(there, writer, forth=False))
        finally:
            self._open -= ends
            for end in ends:
                end.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, forth: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(min(_NARROW, max(1, self._rate // 4)) if self._rate else _PIECE):
                if self._rate:
                    async with self._lock:  # one after the other: the line has one width
                        await asyncio.sleep(len(chunk) / self._rate)
                self._count(len(chunk), forth=forth)
                writer.write(chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

    def _count(self, size: int, *, forth: bool) -> None:
        if not forth:
            self.brought += size
            return
        self.carried += size
        if self._cuts:
            self._cuts[0] -= size
            if self._cuts[0] <= 0:
                self._cuts.pop(0)
                self._abort()

    async def _start(self) -> asyncio.Server:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _NARROW)
        listener.bind(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        return await asyncio.start_server(self._begin, sock=listener, limit=_NARROW)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._copying.add(task)
        task.add_done_callback(self._copying.discard)

    async def _stop(self, server: asyncio.Server) -> None:
        server.close()
        self._abort()
        for task in list(self._copying):
            task.cancel()
        await asyncio.gather(*self._copying, return_exceptions=True)

    @contextlib.contextmanager
    def _running(self) -> Iterator[Line]:
        thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._stop(server), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()


def line_to(port: int) -> contextlib.AbstractContextManager[Line]:
    """A line to a port of this machine, ended afterwards."""
    return Line(port)._running()
