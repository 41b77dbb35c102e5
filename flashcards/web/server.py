"""Serves the app: waitress, one process, eight threads (the writes of one SQLite file queue up anyway)."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

from waitress.server import create_server

from flashcards.errors import Unavailable
from flashcards.web.shared.large_bodies import channel_for

if TYPE_CHECKING:
    from flask import Flask

THREADS = 8
M_ARENA_MAX = -8  # from malloc.h
BODY_LIMIT = 512 << 20
"""Bytes of a request at most: a collection from Anki may be large. See `large_bodies` for who may send as much."""


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not yet listening.

    Raises Unavailable with what to do where the port is taken or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Unavailable(f"{host} is no address that this machine knows: {error.strerror}.") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(1)  # a second server is refused from now on; waitress sets its own backlog
    except OSError as error:
        listener.close()
        raise Unavailable(_why_not(error, host, port)) from error
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use: stop the other program, or choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than this user has: choose one above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine: choose another with --host."
    return f"Cannot listen on {host}, port {port}: {error.strerror}."


def make_server(app: Flask, listener: socket.socket, threads: int = THREADS) -> Any:
    """The waitress server for `app`, ready to `run()`; `close()` it from any thread."""
    server = create_server(
        app,
        sockets=[listener],
        threads=threads,
        ident=None,
        max_request_body_size=BODY_LIMIT,
        max_request_header_size=64 << 10,
        connection_limit=1000,
        clear_untrusted_proxy_headers=False,  # the app judges them by networks, and removes them itself
        asyncore_use_poll=True,
    )
    server.channel_class = channel_for(app)
    return server


def serve(app: Flask, listener: socket.socket, threads: int = THREADS) -> None:
    """Serves until Ctrl+C or SIGTERM; requests that have begun are finished."""
    _share_heaps()
    server = make_server(app, listener, threads)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)
    try:
        server.run()
    finally:
        server.close()


def _share_heaps() -> None:
    """Threads share two heaps. The GNU C library would give each its own, which keeps what its largest answer took."""
    import ctypes

    with suppress(AttributeError, OSError, TypeError):  # another C library, which has no such trouble
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
