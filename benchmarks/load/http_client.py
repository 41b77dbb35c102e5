"""As much of HTTP as a load needs, cheap in processor time: one kept connection of asyncio, one request at a time."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered."""

    status: int
    head: bytes
    raw: bytes

    def body(self) -> bytes:
        """The body as it was before it was compressed."""
        return gzip.decompress(self.raw) if b"content-encoding: gzip" in self.head.lower() else self.raw


class Connection(asyncio.Protocol):
    """A connection that is opened when it is needed, and anew where the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._head = b""
        self._missing = 0
        self._waiting: asyncio.Future[Reply] | None = None
        self.opened = 0

    async def ask(self, request: bytes, seconds: float = 60) -> Reply:
        """Sends a whole request and gives the whole answer. Raises OSError where there is none."""
        for _ in range(2):
            fresh = self._transport is None or self._transport.is_closing()
            if fresh:
                await self._open()
            try:
                return await self._exchange(request, seconds)
            except ConnectionResetError:
                # As browsers do: a kept connection may have been closed while the request was on its way.
                if fresh:
                    raise
        raise ConnectionResetError("the server closes every connection")

    async def _open(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
        self.opened += 1

    async def _exchange(self, request: bytes, seconds: float) -> Reply:
        assert self._transport
        self._waiting = asyncio.get_running_loop().create_future()
        self._received.clear()
        self._head = b""
        self._transport.write(request)
        return await asyncio.wait_for(self._waiting, seconds)

    def close(self) -> None:
        """Ends the connection."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError("closed without an answer"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._head:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head = bytes(self._received[: end + 4])
            self._missing = end + 4 + _length(self._head)
        if len(self._received) >= self._missing and self._waiting and not self._waiting.done():
            body = bytes(self._received[len(self._head) : self._missing])
            self._waiting.set_result(Reply(int(self._head[9:12]), self._head, body))


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0
