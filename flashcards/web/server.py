"""Serves the app: uvicorn, one process, eight threads (the writes of one SQLite file queue up anyway)."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import uvicorn

from flashcards.errors import Unavailable
from flashcards.web.serving.bridge import Bridge
from flashcards.web.serving.connections import KEEP_ALIVE_SECONDS, Connection, Connections, allowed_connections

if TYPE_CHECKING:
    from types import FrameType

    from flask import Flask

THREADS = 8
M_ARENA_MAX = -8  # from malloc.h
BACKLOG = 1024
STOP_SECONDS = 10
"""For how long the requests that have begun are waited for when the server stops."""
SWEEP_SECONDS = 5
TICK_SECONDS = 1.0
"""How often the server looks after itself: the date that its answers tell is no older."""


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
        listener.listen(1)  # a second server is refused from now on; uvicorn sets its own backlog
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


class _Server(uvicorn.Server):
    """uvicorn, which would wake ten times a second to see whether it shall stop: it is woken for that.

    Ten of its ticks are one of ours: the date of answers goes by seconds.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    async def main_loop(self) -> None:
        """Serves until it is told to stop."""
        self._loop = asyncio.get_running_loop()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 10
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), TICK_SECONDS)

    def stop(self) -> None:
        """From any thread, or a signal's handler."""
        self.should_exit = True  # before the loop is asked for: it looks at this first of all
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._told.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ctrl+C or SIGTERM."""
        super().handle_exit(sig, frame)
        self.stop()


class WebServer:
    """uvicorn with the app behind it: one process, one loop for all connections, `threads` for the app."""

    def __init__(self, app: Flask, listener: socket.socket, threads: int) -> None:
        self._listener = listener
        self._bridge = Bridge(app, threads)
        self.connections = connections = Connections(allowed_connections())
        self._uvicorn = _Server(
            uvicorn.Config(
                self._bridge,
                http=partial(Connection, connections),  # type: ignore[arg-type]
                loop="auto",
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level=logging.ERROR,  # it would warn of every request that makes no sense
                access_log=False,
                proxy_headers=False,  # the app judges them by networks
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
                callback_notify=connections.sweep,
                timeout_notify=SWEEP_SECONDS,
            )
        )

    def run(self) -> None:
        """Serves until `stop`, also one that was said before; what was asked is answered first."""
        try:
            self._uvicorn.run([self._listener])
        finally:
            self._bridge.close()

    def stop(self) -> None:
        """Lets `run`, in another thread, finish the requests that have begun, and return."""
        self._uvicorn.stop()

    @contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """For the main thread, around `run`: Ctrl+C and SIGTERM stop the server, and raise nothing.

        uvicorn listens to them itself, but not yet while it is set up, and it raises them again at its end.
        """
        before = {number: signal.signal(number, lambda *_: self.stop()) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def make_server(app: Flask, listener: socket.socket, threads: int = THREADS) -> WebServer:
    """The server for `app`, ready to `run()`; `stop()` it from any thread."""
    return WebServer(app, listener, threads)


def serve(app: Flask, listener: socket.socket, hello: Callable[[], None] = lambda: None) -> None:
    """Serves until Ctrl+C or SIGTERM; requests that have begun are finished. `hello` says that it can be stopped so."""
    _settle()
    server = make_server(app, listener)
    with server.stopped_by_signals():
        hello()
        server.run()


def _settle() -> None:
    """Ends the start: from here on memory is used otherwise.

    What was loaded stays, so garbage is no longer looked for among it: that would make everybody wait for a tenth of a
    second now and then. Nor is it looked for after every 700 objects: a page makes as many. What the start no longer
    needs goes back to the system. And threads share two heaps: the GNU C library would give each its own, which keeps
    what its largest answer took.
    """
    import ctypes

    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    with suppress(AttributeError, OSError, TypeError):  # another C library, which has no such trouble
        library = ctypes.CDLL(None)
        library.mallopt(M_ARENA_MAX, 2)
        library.malloc_trim(0)
