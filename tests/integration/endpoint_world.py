"""A real HTTP endpoint on loopback that takes messages as ntfy does, and can be slow, down, hostile, or lie."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Endpoint:
    """What it took, and how it behaves.

    `manner`: "ntfy", "status" (answers with `status`), "redirect" (to `elsewhere`), "silent" (takes the message and
    says nothing), "drops" (takes it and breaks off), "endless" (an answer without end), "drips" (its head, letter by
    letter, without end), "lies" (says that it is well, with nonsense).
    """

    def __init__(self) -> None:
        self.port = 0
        self.manner = "ntfy"
        self.status = 500
        self.elsewhere = ""
        self.got: list[dict[str, Any]] = []
        self.over = threading.Event()

    def url(self, topic: str = "cards") -> str:
        return f"ntfy://127.0.0.1:{self.port}/{topic}"

    def titles(self) -> list[str]:
        return [it["title"] for it in self.got]

    def taken(self) -> None:
        """Called when it has a message and has not yet said so."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    endpoint: Endpoint

    def log_message(self, *about: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.endpoint.got.append({"title": f"GET {self.path}", "message": ""})
        self._answer(200, b"{}")

    def do_POST(self) -> None:
        it = self.endpoint
        it.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        it.taken()
        match it.manner:
            case "ntfy":
                self._answer(200, b'{"id": "1", "event": "message"}')
            case "lies":
                self._answer(200, b"\xff\x00 <nonsense")
            case "status":
                self._answer(it.status, b'{"error": "no"}')
            case "redirect":
                self._answer(307, b"", Location=it.elsewhere)
            case "drops":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            case "silent":
                it.over.wait(60)
            case "endless":
                self._without_end(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, 0)
            case "drips":
                self._without_end(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x", 0.05)

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _without_end(self, first: bytes, more: bytes, pause: float) -> None:
        with suppress(OSError):
            self.wfile.write(first)
            while not self.endpoint.over.wait(pause):
                self.wfile.write(more)
        self.close_connection = True


@contextmanager
def http_endpoint(endpoint: Endpoint, port: int = 0) -> Iterator[Endpoint]:
    """The endpoint, at 127.0.0.1."""
    handler = type("Handler", (_Handler,), {"endpoint": endpoint})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        endpoint.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield endpoint
        finally:
            endpoint.over.set()
            server.shutdown()
            thread.join()
