"""The app, which speaks WSGI, in threads behind connections that need none.

A thread is taken when a request is whole, and given back when its answer is: whoever sends or reads slowly holds a
connection and no thread. What is large lies in temporary files meanwhile, both ways.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import unquote_to_bytes

from werkzeug.wsgi import FileWrapper

from flashcards.web.serving.large_bodies import RETRY_AFTER, LargeBodies
from flashcards.web.serving.workers import NOT_KEPT, NotKept, Workers

if TYPE_CHECKING:
    from flask import Flask

    from flashcards.web.serving.connections import Connection

Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]

BODY_SECONDS = 60.0
"""For the next piece of a body."""
SLOWEST = 100
"""Bytes a second that a body must come with, once it has taken `BODY_SECONDS`."""
SEND_SECONDS = 120.0
"""For a reader to take the next piece of an answer."""
_BODY_IN_MEMORY = 16 << 10
_ANSWER_IN_MEMORY = 256 << 10
_PIECE = 64 << 10
_WITHOUT_BODY = frozenset({204, 304})


class _Gone(Exception):
    """Nobody is there any more who could be answered."""


class _Refused(Exception):
    """Answered without the app, which has not seen the request."""

    def __init__(self, status: int, text: str, *more: tuple[bytes, bytes]) -> None:
        super().__init__(text)
        self._status, self._text, self._more = status, text, more

    def answer(self) -> _Answer:
        """What is said."""
        body = f"{self._text}\n".encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"), *self._more,
            (b"content-length", str(len(body)).encode()),
        ]  # fmt: skip
        return _Answer(self._status, headers, body)


@dataclass(slots=True)
class _Answer:
    """What the app said; a large body lies in a file."""

    status: int
    headers: Headers
    body: bytes | IO[bytes]

    def close(self) -> None:
        if not isinstance(self.body, bytes):
            self.body.close()


class FileAnswer(FileWrapper):
    """What `wsgi.file_wrapper` makes: a file that is sent as it lies."""


class Bridge:
    """What uvicorn calls for each request."""

    def __init__(self, app: Flask, threads: int) -> None:
        self._app = app
        self._large = LargeBodies(app)
        self._workers = Workers(threads)

    def close(self) -> None:
        """Waits for what the threads have begun."""
        self._workers.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        connection: Connection = scope["state"]["connection"]
        connection.busy = True
        try:
            try:
                await self._answer(connection, scope, receive, send)
            except _Refused as refused:
                await _send(send, connection, refused.answer())
        except (_Gone, TimeoutError):
            await connection.end()
        finally:
            connection.busy = False

    async def _answer(self, connection: Connection, scope: Any, receive: Any, send: Any) -> None:
        environ = environ_of(scope)
        size, chunked = int(environ.get("CONTENT_LENGTH") or 0), "HTTP_TRANSFER_ENCODING" in environ
        if chunked and environ["HTTP_TRANSFER_ENCODING"].lower() != "chunked":
            # Whoever stands before us may take it for something else, and see other requests than we do.
            raise _Refused(400, "A body comes in one piece, or with the Transfer-Encoding chunked alone.")
        taken, comes = 0, True
        try:
            if size > self._large.usual:
                comes = await self._judge(environ, size)
                taken = size if comes else 0
            with _room_for(size, chunked=chunked) as body:
                if comes and (size or chunked):
                    connection.reading = True
                    try:
                        await self._receive(connection, receive, body, None if size else self._large.usual)
                    finally:
                        connection.reading = False
                if chunked:
                    del environ["HTTP_TRANSFER_ENCODING"]
                    environ["CONTENT_LENGTH"] = str(body.tell())
                body.seek(0)
                environ["wsgi.input"] = body
                answer = await self._do(environ)
        finally:
            if taken:
                self._large.give_back(taken)
        try:
            if not comes:
                answer.headers.append((b"connection", b"close"))
            await _send(send, connection, answer)
        finally:
            answer.close()

    async def _do(self, environ: Environ) -> _Answer:
        as_it_came = dict(environ)  # the app changes it
        try:
            return await self._workers.do(environ, _run, self._app, environ)
        except NotKept as error:
            # Nobody has heard of it: the app says what it would have said, had it waited for the disk itself.
            as_it_came[NOT_KEPT] = error.__cause__
            return await self._workers.do(as_it_came, _run, self._app, as_it_came)

    async def _judge(self, environ: Environ, size: int) -> bool:
        verdict = await self._workers.do(environ, self._large.judge, environ, size)
        if verdict.full:
            raise _Refused(503, verdict.full, (b"retry-after", str(RETRY_AFTER).encode()))
        return verdict.comes

    async def _receive(self, connection: Connection, receive: Any, body: IO[bytes], most: int | None) -> None:
        """Takes a body into `body`; one of unknown size, as far as it is not above what is usual."""
        began = time.monotonic()
        while True:
            if connection.has_come_whole():  # most have, and need no clock
                message = await receive()
            else:
                async with asyncio.timeout(BODY_SECONDS):
                    message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            body.write(message.get("body", b""))
            if most is not None and body.tell() > most:
                # Nobody of ours sends large bodies without saying how large they are.
                raise _Refused(413, "A large body needs a Content-Length.")
            if not message.get("more_body"):
                return
            seconds = time.monotonic() - began
            if seconds > BODY_SECONDS and body.tell() < SLOWEST * seconds:
                raise _Gone


def _room_for(size: int, *, chunked: bool) -> IO[bytes]:
    """Where a body of that size goes; in a file as soon as it is large."""
    if size <= _BODY_IN_MEMORY and not chunked:
        return io.BytesIO()
    return cast("IO[bytes]", tempfile.SpooledTemporaryFile(_BODY_IN_MEMORY))


def _run(app: Flask, environ: Environ) -> _Answer:
    """Calls the app; its answer is whole when this returns, and the app has closed what it opened."""
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
        head[:] = status, headers
        return written.append

    written: list[bytes] = []
    said = app(environ, start_response)
    if isinstance(said, FileAnswer):
        body: bytes | IO[bytes] = said.file
    else:
        try:
            body = _whole(written, said)
        finally:
            if hasattr(said, "close"):
                said.close()
    status = int(head[0][:3])
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in head[1]]
    if status not in _WITHOUT_BODY and not any(name == b"content-length" for name, _ in headers):
        headers.append((b"content-length", str(_size(body)).encode()))
    return _Answer(status, headers, body)


def _whole(written: list[bytes], said: Iterable[bytes]) -> bytes | IO[bytes]:
    """The pieces of an answer as one; in a file, where they are so many that slow readers would fill the memory."""
    size = 0
    for piece in said:
        written.append(piece)
        size += len(piece)
        if size > _ANSWER_IN_MEMORY:
            break
    else:
        return b"".join(written)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    file.writelines(written)
    file.writelines(said)
    file.seek(0)
    return file


def _size(body: bytes | IO[bytes]) -> int:
    if isinstance(body, bytes):
        return len(body)
    here = body.tell()
    size = body.seek(0, io.SEEK_END) - here
    body.seek(here)
    return size


async def _send(send: Any, connection: Connection, answer: _Answer) -> None:
    say = partial(_say, send, connection)
    start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    if isinstance(answer.body, bytes):
        connection.hold()
        try:
            await say(start)
            await say({"type": "http.response.body", "body": answer.body})
        finally:
            connection.let_go()
        return
    await say(start)
    with contextlib.closing(answer.body) as file:
        while piece := file.read(_PIECE):
            if connection.is_closing():
                raise _Gone
            await say({"type": "http.response.body", "body": piece, "more_body": True})
    await say({"type": "http.response.body", "body": b""})


async def _say(send: Any, connection: Connection, message: dict[str, Any]) -> None:
    """Sends a part of an answer, as soon as the reader has taken enough of what came before: of this one, or others."""
    if not connection.flow.write_paused:
        await send(message)  # at once: most need no clock
        return
    async with asyncio.timeout(SEND_SECONDS):
        await send(message)


_BASE: Environ = {
    "SCRIPT_NAME": "", "wsgi.version": (1, 0), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
    "wsgi.multiprocess": False, "wsgi.run_once": False, "wsgi.file_wrapper": FileAnswer,
}  # fmt: skip


def environ_of(scope: Any) -> Environ:
    """What WSGI wants to know of a request, but for its body."""
    client, server = scope["client"] or ("", 0), scope["server"] or ("localhost", 80)
    environ = {
        **_BASE,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.url_scheme": scope["scheme"],
    }
    for name, value in scope["headers"]:
        key = _key(name)
        if key is None:
            continue
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ", ") + text
        environ[key] = text
    return environ


@lru_cache(512)
def _key(name: bytes) -> str | None:
    """How WSGI calls a header; None for one with an underscore, which could pass for another with a dash."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
