"""Large uploads over real sockets: who may not send one is told so before it is sent."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from flashcards.web.serving import large_bodies
from flashcards.web.serving.connections import LINGER_SECONDS
from flashcards.web.serving.large_bodies import ROOM
from flashcards.web.shared.security import COOKIE
from tests.site import Site
from tests.waiting import wait_for

HUGE = 400 << 20


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
    """All that the server says until it has no more to say; it writes names of headers small."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces).decode()


def test_a_stranger_is_told_to_log_in_before_the_file_comes(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(form(port) + b"--xx\r\nContent-Disp")
        answer = everything(connection)
    assert answer.startswith("HTTP/1.1 401 ")
    assert 'href="/login?next=/"' in answer
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
        assert answer.startswith("HTTP/1.1 401 ")


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
        assert everything(connection).startswith("HTTP/1.1 401 ")
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
        assert connection.recv(12) == b"HTTP/1.1 401"
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
    assert re.search(r"location: /import/[0-9a-f]{32}\r\n", answer)
    site.services.work.close()
    assert not list(Path(site.config.decks).glob("anki*"))


# --- many at once


def temporary_bytes(folder: Path) -> int:
    """What this process holds in files of the temporary folder, also in those without a name."""
    total, seen = 0, set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            if descriptor.readlink().is_relative_to(folder):
                status = descriptor.stat()
                total += 0 if status.st_ino in seen else status.st_size
                seen.add(status.st_ino)
        except OSError:
            continue
    return total + sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what a process holds open is read from /proc")
def test_eight_large_files_at_once_are_bounded_before_anything_is_stored(
    port: int, author: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    size, most = 60 << 20, 0
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(port)) for _ in range(8)]
        answers = []
        for connection in connections:
            connection.sendall(form(port, f"Cookie: {author}", "Expect: 100-continue", size=size))
            answers.append(connection.recv(12))
            most = max(most, temporary_bytes(temporary))
        assert answers == [b"HTTP/1.1 100"] * 2 + [b"HTTP/1.1 503"] * 6
        rest = everything(connections[-1])
        assert "retry-after: " in rest
        assert "Other large files are on their way" in rest
        # Half of each comes; then the first breaks off, and there is room again.
        for connection in connections[:2]:
            for _ in range(30):
                connection.sendall(bytes(1 << 20))
        wait_for(lambda: temporary_bytes(temporary) >= 50 << 20)
        assert temporary_bytes(temporary) <= ROOM
        connections[0].close()

        def is_room() -> bool:
            with connected(port) as another:
                another.sendall(form(port, f"Cookie: {author}", "Expect: 100-continue", size=size))
                return another.recv(12) == b"HTTP/1.1 100"

        wait_for(is_room)


def test_one_file_may_be_larger_than_the_room_for_many(port: int, author: str) -> None:
    with connected(port) as connection:
        connection.sendall(form(port, "Expect: 100-continue", f"Cookie: {author}", size=ROOM * 3))
        assert connection.recv(12) == b"HTTP/1.1 100"
        with connected(port) as another:
            another.sendall(form(port, "Expect: 100-continue", f"Cookie: {author}", size=3 << 20))
            assert another.recv(12) == b"HTTP/1.1 503"


def test_a_file_that_the_disk_cannot_hold_is_refused_before_it_comes(
    port: int, author: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_bodies, "_free_bytes", lambda: 100 << 20)
    with connected(port) as connection:
        connection.sendall(form(port, f"Cookie: {author}", size=60 << 20))
        answer = everything(connection)
    assert answer.startswith("HTTP/1.1 503 ")
    assert "no room for a file of 60 MB" in answer


def test_room_comes_back_when_a_file_has_been_dealt_with(port: int, author: str) -> None:
    body = b"--xx--\r\n" + bytes(3 << 20)
    for _ in range(ROOM // len(body) + 5):
        with connected(port) as connection:
            connection.sendall(form(port, f"Cookie: {author}", "Connection: close", size=len(body)) + body)
            assert everything(connection).startswith("HTTP/1.1 422 ")


def test_who_has_an_import_under_way_waits_with_the_next(site: Site, port: int, author: str) -> None:
    ann = site.services.accounts.find("Ann")
    go_on = threading.Event()
    site.services.work.start(ann.id, "import", lambda _folder, _progress: go_on.wait(60))
    with connected(port) as connection:
        connection.sendall(form(port, f"Cookie: {author}", size=60 << 20))
        answer = everything(connection)
    go_on.set()
    assert answer.startswith("HTTP/1.1 429 ")
    assert "retry-after: " in answer
