"""Connections of browsers: how many there may be, how long one may take, and how one ends.

uvicorn speaks HTTP on them. What it leaves open is bounded here: headers that never end, connections that never ask,
more connections than there are files, and an end that a browser which still sends would not hear of.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 << 10
HEAD_SECONDS = 60.0
"""For the first byte of a connection, and from there to the end of a request's headers."""
KEEP_ALIVE_SECONDS = 120
LINGER_SECONDS = 10
"""For how long what a refused sender still sends is thrown away: a browser reads the answer after it has sent all."""
MOST = 8000
"""Connections at once, where the system allows as many files."""
_OTHER_FILES = 48
"""Files that are no connections: the database's of each thread, temporary ones."""
_AT_ONCE = 50
GRACE_SECONDS = 2.0
"""For how long a connection that has asked nothing yet makes no room: where many come at once, each new one would
put out one that has just come, and nobody would be answered."""
_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 38\r\nConnection: close\r\n\r\nThe headers of the request are large.\n"
)


def allowed_connections() -> int:
    """How many connections there is room for; the limit of open files is raised as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + _OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError):  # macOS has a lower limit of its own
            most = soft
    return max(4, most - _OTHER_FILES)


class Connections:
    """All that are open. Where there would be too many, those that have been idle for longest make room."""

    def __init__(self, most: int) -> None:
        self._most = most
        # In the order in which they came: the loop's clock has milliseconds, and many come within one.
        self._open: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, connection: object) -> bool:
        return connection in self._open

    def add(self, connection: Connection) -> None:
        """Takes a new connection in."""
        if len(self._open) >= self._most:
            self._make_room()
        self._open[connection] = None
        if len(self._open) > self._most:
            connection.cut()  # all others are being answered, or have only just come

    def remove(self, connection: Connection) -> None:
        """Forgets a connection that has ended."""
        self._open.pop(connection, None)

    def _make_room(self) -> None:
        now = asyncio.get_running_loop().time()
        idle = sorted((one for one in self._open if one.is_idle(now)), key=lambda one: one.heard)
        for connection in idle[: max(1, self._most // _AT_ONCE)]:
            del self._open[connection]
            connection.cut()

    async def sweep(self) -> None:
        """Ends the connections that take too long to ask; to be called now and then."""
        now = asyncio.get_running_loop().time()
        for connection in [one for one in self._open if one.is_overdue(now)]:
            connection.cut()


class Connection(HttpToolsProtocol):
    """One connection. `busy` while a request of it is being read or answered, `heard` when it last sent anything."""

    def __init__(self, connections: Connections, **named: Any) -> None:
        super().__init__(**named)
        self._all = connections
        self._ending: _Ending | None = None
        self._head_since: float | None = None
        self._head_bytes = 0
        self._has_said_all = False
        self._has_asked = False
        self.busy = False
        self.reading = False
        self.heard = 0.0

    def is_overdue(self, now: float) -> bool:
        """Whether it has taken longer than it may for the headers of a request."""
        return self._head_since is not None and now - self._head_since > HEAD_SECONDS

    def is_idle(self, now: float) -> bool:
        """Whether it may make room for another: it was answered and asks nothing, or comes to no question."""
        return not self.busy and (self._has_asked or now - self.heard > GRACE_SECONDS)

    def is_closing(self) -> bool:
        """Whether it has ended, or is about to."""
        return self._ending is None or self._ending.is_closing()

    def has_come_whole(self) -> bool:
        """Whether the body of the request that is being read has come, all of it; of one that others follow, it has."""
        return self.cycle is not None and not self.cycle.more_body

    def hold(self) -> None:
        """What is written from now on waits for `let_go`, and goes out in one piece."""
        if self._ending is not None:
            self._ending.hold()

    def let_go(self) -> None:
        """Sends what was held."""
        if self._ending is not None:
            self._ending.let_go()

    def cut(self) -> None:
        """Ends it at once."""
        if self._ending is not None:
            self._ending.abort()

    async def end(self) -> None:
        """Ends it at once, and returns when uvicorn has heard of it."""
        self.cut()
        while self in self._all:
            await asyncio.sleep(0)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.heard = self._head_since = self.loop.time()
        self._ending = _Ending(transport, self.loop)
        super().connection_made(self._ending)  # type: ignore[arg-type]
        self._all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._all.remove(self)
        self.scope = None  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        assert self._ending is not None
        if self._ending.is_closing():
            return  # nobody wants it; see `_Ending`
        self.heard = self.loop.time()
        in_head = self._head_since is not None
        super().data_received(data)
        if in_head and self._head_since is not None and not self._ending.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._ending.write(_TOO_LONG)
                self._ending.close()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Nothing more comes. Who has asked a whole question may still listen, and hears the answer first."""
        self._has_said_all = True
        cycle = self.cycle
        return self._head_since is None and cycle is not None and not (cycle.more_body or cycle.response_complete)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle is None or not self.cycle.response_complete or self._ending is None:
            return  # the next of its questions is being answered
        if self._has_said_all:
            self._ending.lingers = False
            self._ending.close()
        if not self.cycle.more_body:
            # While it is idle nobody needs what it asked: of thousands that is much.
            self.cycle = self.scope = self.headers = None  # type: ignore[assignment]

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["connection"] = self
        if self._head_since is None:
            self._head_since = self.loop.time()

    def on_headers_complete(self) -> None:
        self._head_since, self._head_bytes, self._has_asked = None, 0, True
        super().on_headers_complete()

    def shutdown(self) -> None:
        """The server stops: an answer that has begun is finished, a body that is still coming is not waited for."""
        assert self._ending is not None
        self._ending.lingers = False
        if self.reading or self._ending.is_closing():
            self.cut()
        else:
            super().shutdown()


class _Ending:
    """A transport that ends a connection so that the other side can still read what it was told.

    Where it sends on while we close, its system throws away what it has not read of us. So we say that nothing more
    comes, and throw away what still comes, for a while.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._closing = False
        self._held: list[bytes] | None = None
        self.lingers = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._closing or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Sends it, or nothing where nobody listens any more: of several requests that came together uvicorn tells
        the last alone that its connection is gone."""
        if self._held is not None:
            self._held.append(data)
        elif not self.is_closing():
            self._transport.write(data)

    def hold(self) -> None:
        """Keeps what is written until it is let go: a write of its own wakes the other side."""
        self._held = []

    def let_go(self) -> None:
        """Sends what was kept."""
        held, self._held = self._held, None
        if held:
            self.write(b"".join(held))

    def close(self) -> None:
        self.let_go()
        if self.is_closing():
            return
        self._closing = True
        if not (self.lingers and self._transport.can_write_eof()):
            self._transport.close()
            return
        self._transport.write_eof()
        self._transport.resume_reading()
        self._loop.call_later(LINGER_SECONDS, self._transport.abort)

    def abort(self) -> None:
        self._closing = True
        self._transport.abort()
