"""Large uploads are refused before they are read: from strangers, from who may not send them, and where none belong.

Waitress hands a request to the app when all of it is there, in a temporary file. So a body above the usual size is
judged when its headers are: a body that may not come is dropped, and the app answers at once without it, with the
page that says why. And there is room for so much at once: the app writes a form's file once more, and then to its
place, so eight files of 60 MB would take a gigabyte and a half.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import socket
import tempfile
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error, RequestEntityTooLarge
from werkzeug.exceptions import HTTPException

from flashcards.errors import FlashcardsError
from flashcards.web.auth.login import may_send
from flashcards.web.shared.proxies import settle

if TYPE_CHECKING:
    from flask import Flask

LINGER_SECONDS = 10
"""For how long what a refused sender still sends is thrown away: a browser reads the answer after it has sent all."""


ROOM = 128 << 20
"""Bytes of large bodies that may be on their way at once; one alone may be larger."""
_COPIES = 3
_SPARE = 64 << 20
_RETRY_AFTER = 30


class _Full(Error):  # type: ignore[misc]
    """Answered without the app, which has not seen the request."""

    code = 503
    reason = "Service Unavailable"

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """The sentence as plain text."""
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", str(_RETRY_AFTER))]
        return f"{self.code} {self.reason}", headers, f"{self.body}\n".encode()


class _Room:
    """Counts the large bodies that are on their way, for all connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, size: int) -> str | None:
        """Takes room for a body; else why there is none."""
        if _free_bytes() < _COPIES * size + _SPARE:
            return f"The server's disk has no room for a file of {size >> 20} MB. Tell its keeper."
        with self._lock:
            if self._taken and self._taken + size > ROOM:
                return "Other large files are on their way to this server. Send yours in half a minute."
            self._taken += size
        return None

    def give_back(self, size: int) -> None:
        with self._lock:
            self._taken -= size


def _free_bytes() -> int:
    return shutil.disk_usage(tempfile.gettempdir()).free


def channel_for(app: Flask) -> type[HTTPChannel]:
    """The class of connections that judge large bodies by the rules of `app`."""

    class Channel(_Channel):
        usual = int(app.config["MAX_CONTENT_LENGTH"])
        room = _Room()

        def may_come(self, environ: dict[str, Any], size: int) -> bool:
            return _may_come(app, environ, size)

    return Channel


def _may_come(app: Flask, environ: dict[str, Any], size: int) -> bool:
    settle(environ, app.extensions["flashcards"].config.trusted_proxies)
    try:
        with app.request_context(environ):
            return may_send(app, size)
    except (FlashcardsError, HTTPException):
        return False  # the app will say the same, as a page


class _Request(HTTPRequestParser):  # type: ignore[misc]
    """A request on a connection; its body is dropped where it may not come."""

    refused = False
    room_taken = 0
    content_length: int
    completed: bool

    def __init__(self, adj: Any, channel: _Channel) -> None:
        super().__init__(adj)
        self.channel = channel

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        size = self.content_length
        if size <= self.channel.usual:
            return
        if not self.channel.may_come(self._environ(), size):
            self._refuse()
        elif why := self.channel.room.take(size):
            self._refuse()
            self.error = _Full(why)
        else:
            self.room_taken = size

    def _refuse(self) -> None:
        self.refused = self.channel.refused = True
        self.body_rcv = None
        self.content_length = 0
        self.expect_continue = False
        self.headers["CONNECTION"] = "close"

    def close(self) -> None:
        super().close()
        taken, self.room_taken = self.room_taken, 0
        if taken:
            self.channel.room.give_back(taken)

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.refused:
            return len(data)  # the rest is its body, and no other request
        if self.chunked and self.body_bytes_received > self.channel.usual and not self.completed:
            # Nobody of ours sends large bodies without saying how large they are.
            self.error = RequestEntityTooLarge("a large body needs a Content-Length")
            self.completed = True
        return consumed

    def _environ(self) -> dict[str, Any]:
        """What the app needs to tell who sends this, and where to; without the body."""
        named = {f"HTTP_{name}": value for name, value in self.headers.items()}
        return {
            **named,
            "REQUEST_METHOD": self.command.upper(),
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": self.query,
            "CONTENT_TYPE": self.headers.get("CONTENT_TYPE", ""),
            "REMOTE_ADDR": self.channel.addr[0],
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": f"HTTP/{self.version}",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.url_scheme,
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that, after a refused body, throws away what still comes for a while instead of breaking off."""

    usual: int
    room: _Room
    request: Any
    refused = False
    lingers_until: float | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.parser_class = partial(_Request, channel=self)

    def may_come(self, environ: dict[str, Any], size: int) -> bool:
        """Whether a body of `size` bytes, more than `usual`, may come with this request."""
        raise NotImplementedError

    def readable(self) -> bool:
        return self.lingers_until is not None or bool(super().readable())

    def writable(self) -> bool:
        return bool(self.will_close if self.lingers_until is not None else super().writable())

    def handle_read(self) -> None:
        if self.lingers_until is None:
            super().handle_read()
            return
        try:
            self.recv(self.adj.recv_bytes)  # closes the connection where the other side has
        except OSError:
            self.handle_close()
            return
        if time.monotonic() > self.lingers_until:
            self.handle_close()

    def handle_close(self) -> None:
        if self.refused and self.lingers_until is None and self.connected:
            self.lingers_until = time.monotonic() + LINGER_SECONDS
            self.will_close = False
            with contextlib.suppress(OSError):  # the other side has gone
                self.socket.shutdown(socket.SHUT_WR)
        else:
            self._drop_unfinished()
            super().handle_close()

    def close(self) -> None:  # how the server ends its connections when it stops
        self._drop_unfinished()
        super().close()

    def _drop_unfinished(self) -> None:
        """A body that broke off: its file goes now, and its room is others'."""
        if self.request is not None:
            self.request.close()
            self.request = None
