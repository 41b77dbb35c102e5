"""Large uploads over real sockets: who may not send one is told so before it is sent."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flashcards.web.server import bind, make_server
from flashcards.web.shared.large_bodies import LINGER_SECONDS
from flashcards.web.shared.security import COOKIE
from tests.site import Site

HUGE = 400 << 20


@pytest.fixture
def port(site: Site) -> Iterator[int]:
    listener = bind("127.0.0.1", 0)
    server = make_server(site.app, listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    server.task_dispatcher.shutdown()
    server.asyncore.close_all(server._map, ignore_all=True)
    thread.join(10)


@pytest.fixture
def author(site: Site) -> str:
    return cookie(site, "Ann")


@pytest.fixture
def learner(site: Site, author: str) -> str:
    """Not the first account, so no author."""
    return cookie(site, "Bob")


def cookie(site: Site, name: str) -> str:
    return f"{COOKIE}={site.services.accounts.start_session(site.learner(name), 'test')}"


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as made:
        yield made


def head(port: int, path: str, *lines: str, size: int | None = HUGE, method: str = "POST") -> bytes:
    length = [] if size is None else [f"Content-Length: {size}"]
    host = f"127.0.0.1:{port}"
    origin = [f"Host: {host}", f"Origin: http://{host}"]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *origin, *length, *lines, "", ""]).encode()


def form(port: int, *lines: str, size: int = HUGE) -> bytes:
    return head(port, "/import", "Content-Type: multipart/form-data; boundary=xx", *lines, size=size)


def everything(connection: socket.socket) -> str:
    """All that the server says until it has no more to say."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces).decode()


def test_a_stranger_is_sent_to_the_login_before_the_file_comes(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(form(port) + b"--xx\r\nContent-Disp")
        answer = everything(connection)
    assert answer.startswith("HTTP/1.1 303 ")
    assert "\r\nLocation: /login\r\n" in answer
    assert answer.count("HTTP/1.1") == 1


@pytest.mark.parametrize("who", ["a cookie that nobody has", "learner"])
def test_who_is_no_author_is_refused_before_the_file_comes(port: int, learner: str, who: str) -> None:
    sent = learner if who == "learner" else f"{COOKIE}=made-up"
    with connected(port) as connection:
        connection.sendall(form(port, f"Cookie: {sent}"))
        answer = everything(connection)
    if who == "learner":
        assert answer.startswith("HTTP/1.1 403 ")
        assert "Only authors may do this." in answer
    else:
        assert answer.startswith("HTTP/1.1 303 ")


def test_another_site_cannot_make_an_author_send(port: int, author: str) -> None:
    with connected(port) as connection:
        foreign = form(port, f"Cookie: {author}").replace(b"Origin: http://127.0.0.1", b"Origin: http://evil.example")
        connection.sendall(foreign)
        assert everything(connection).startswith("HTTP/1.1 403 ")


def test_what_follows_a_refusal_is_no_request(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(form(port) + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
        assert everything(connection).count("HTTP/1.1") == 1


def test_who_sends_all_the_same_can_read_the_answer(port: int) -> None:
    """As a browser does: first the whole form, then the answer."""
    size = 24 << 20
    with connected(port) as connection:
        connection.sendall(form(port, size=size))
        for _ in range(size >> 20):
            connection.sendall(bytes(1 << 20))
        assert everything(connection).startswith("HTTP/1.1 303 ")
    assert LINGER_SECONDS <= 30


def test_a_file_that_is_too_large_even_for_authors(port: int, author: str) -> None:
    with connected(port) as connection:
        connection.sendall(form(port, f"Cookie: {author}", size=1 << 40))
        assert everything(connection).startswith("HTTP/1.1 413 ")


@pytest.mark.parametrize(("path", "kind", "body"), [("/login", "", "<html"), ("/api/v1/reviews", "", '"status":413')])
def test_where_nothing_large_belongs_the_answer_says_so(site: Site, port: int, path: str, kind: str, body: str) -> None:
    token = site.services.accounts.create_token(site.learner("Ann"), "t")
    lines = [f"Authorization: Bearer {token}", "Content-Type: application/json"] if "api" in path else []
    with connected(port) as connection:
        connection.sendall(head(port, path, *lines, size=3 << 20))
        answer = everything(connection)
    assert answer.startswith("HTTP/1.1 413 ")
    assert body in answer


def test_the_api_refuses_without_a_token(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(head(port, "/api/v1/source", size=5 << 20, method="PUT"))
        answer = everything(connection)
    assert answer.startswith("HTTP/1.1 401 ")
    assert "application/problem+json" in answer


def test_in_pieces_of_unknown_number(port: int) -> None:
    piece = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    with connected(port) as connection:
        connection.sendall(head(port, "/import", "Transfer-Encoding: chunked", size=None) + 3 * piece)
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_program_that_asks_first(port: int, author: str) -> None:
    with connected(port) as connection:
        connection.sendall(form(port, "Expect: 100-continue"))
        assert connection.recv(12) == b"HTTP/1.1 303"
    with connected(port) as connection:
        connection.sendall(form(port, "Expect: 100-continue", f"Cookie: {author}"))
        assert connection.recv(12) == b"HTTP/1.1 100"


def test_an_author_sends_a_large_file(site: Site, port: int, author: str) -> None:
    file = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="x.apkg"\r\n\r\n' + bytes(5 << 20)
    into = b'\r\n--xx\r\nContent-Disposition: form-data; name="into"\r\n\r\nanki\r\n--xx--\r\n'
    body = file + into
    with connected(port) as connection:
        connection.sendall(form(port, f"Cookie: {author}", "Connection: close", size=len(body)))
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(30)
        connection.sendall(body)
        answer = everything(connection)
    assert answer.startswith("HTTP/1.1 303 "), answer
    assert re.search(r"Location: /import/[0-9a-f]{32}\r\n", answer)
    site.services.work.close()
    assert not list(Path(site.config.decks).glob("anki*"))
