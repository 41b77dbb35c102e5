"""Servers that could serve the app, each with eight threads, so that `benchmarks.load` can compare them.

    pip install cheroot granian gunicorn hypercorn waitress
    python -m benchmarks.load --serve benchmarks.servers:granian

None of these bounds what the present one does (see docs/decisions): they say what a server costs, not what it keeps.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from types import SimpleNamespace
from typing import Any

THREADS = 8


def cheroot(app: Any, listener: socket.socket) -> None:
    """cheroot: idle connections in a selector, one thread for each request under way."""
    from cheroot.wsgi import Server

    server = Server(listener.getsockname(), app, numthreads=THREADS, request_queue_size=1024)
    server.bind = lambda *_: setattr(server, "socket", listener)  # type: ignore[method-assign]
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.keep_alive_conn_limit = 10_000
    server.timeout = 130
    server.prepare()
    server.serve()


def waitress(app: Any, listener: socket.socket) -> None:
    """waitress, which served at first: every connection is asked at each wake."""
    from waitress.server import create_server

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    create_server(
        app, sockets=[listener], threads=THREADS, connection_limit=10_000, channel_timeout=130, asyncore_use_poll=True,
        backlog=1024,
    ).run()  # fmt: skip


def gunicorn(app: Any, listener: socket.socket) -> None:
    """gunicorn's gthread: a worker process beside its master."""
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in {
                "bind": f"fd://{listener.fileno()}", "worker_class": "gthread", "threads": THREADS, "keepalive": 130,
                "worker_connections": 10_000, "loglevel": "error", "backlog": 1024,
            }.items():  # fmt: skip
                self.cfg.set(name, value)

        def load(self) -> Any:
            return app

    sys.argv = ["gunicorn"]
    Application().run()


def granian(app: Any, listener: socket.socket) -> None:
    """Granian's worker for WSGI, in this process."""
    from granian._futures import _new_cbscheduler
    from granian._granian import SocketHolder, WorkerSignal, WSGIWorker
    from granian.http import HTTP1Settings
    from granian.wsgi import _callback_wrapper

    listener.listen(1024)
    holder = SocketHolder(listener.fileno(), False, 1024)
    worker = WSGIWorker(
        1, (None, holder), None, 1, 32, THREADS, 30, 10_000, "1", HTTP1Settings(), None, None,
        False, None, None, None, "tls1.3", None, [], False, (None, None),
    )  # fmt: skip
    loop = asyncio.new_event_loop()
    ended, told = WorkerSignal(), threading.Event()
    ended.add_cb(told.set)
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    callback = _callback_wrapper(app, {}, None)
    worker.serve_mtr(_new_cbscheduler(loop, callback, impl_asyncio=True), loop, ended)
    told.wait()
    os._exit(0)


def uvicorn(app: Any, listener: socket.socket, loop: str = "asyncio") -> None:
    """uvicorn with httptools; the app in threads of ours."""
    from uvicorn import Config, Server

    pool = ThreadPoolExecutor(THREADS)
    config = Config(
        _asgi(app, pool), loop=loop, http="httptools", ws="none", lifespan="off", log_level="error",
        timeout_keep_alive=130, backlog=1024, server_header=False, proxy_headers=False,
    )  # fmt: skip
    Server(config).run([listener])


def uvicorn_uvloop(app: Any, listener: socket.socket) -> None:
    """The same on uvloop."""
    uvicorn(app, listener, "uvloop")


def hypercorn(app: Any, listener: socket.socket) -> None:
    """hypercorn with h11; the app in threads of ours."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 130
    config.loglevel = "ERROR"
    pool = ThreadPoolExecutor(THREADS)
    listener.detach()

    async def run() -> None:
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        await serve(_asgi(app, pool), config, shutdown_trigger=ended.wait)  # type: ignore[arg-type]

    asyncio.run(run())


def _asgi(app: Any, pool: ThreadPoolExecutor) -> Any:
    """The least that lets a server for ASGI run an app for WSGI."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        loop = asyncio.get_running_loop()
        status, headers, answer = await loop.run_in_executor(pool, _call, app, _environ(scope, body))
        head = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    return serve


def _call(app: Any, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    kept = SimpleNamespace()

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
        kept.status, kept.headers = int(status[:3]), headers

    answer = app(environ, start_response)
    try:
        return_value = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    return kept.status, kept.headers, return_value


def _environ(scope: Any, body: bytes) -> dict[str, Any]:
    environ = {
        "REQUEST_METHOD": scope["method"], "SCRIPT_NAME": "", "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"), "REMOTE_ADDR": (scope["client"] or ("",))[0],
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value.decode("latin-1")
    return environ
