"""Connections that are slow, many, or no good: each is bounded, and the others are answered meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest
from flask import Response, request, send_file

from flashcards.web.auth.login import public
from flashcards.web.server import THREADS, WebServer, bind, make_server
from flashcards.web.serving import bridge, connections
from tests.integration.test_large_bodies import connected, everything
from tests.site import Site
from tests.waiting import wait_for

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Served:
    """A site at a port."""

    def __init__(self, site: Site, host: str = "127.0.0.1") -> None:
        self.site = site
        self._listener = bind(host, 0)
        self.port: int = self._listener.getsockname()[1]
        self.server: WebServer = make_server(site.app, self._listener)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> Served:
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.stop()
        self.thread.join(30)
        assert not self.thread.is_alive()

    def view(self, path: str, view: Callable[[], object]) -> None:
        """Adds a page that needs no login."""
        self.site.app.add_url_rule(path, path, public(view), methods=["GET", "POST"])  # type: ignore[type-var]

    def is_well(self) -> bool:
        """Whether somebody who comes now is answered."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/healthz")
        answered = connection.getresponse().status == 200
        connection.close()
        return answered


@pytest.fixture
def served(site: Site) -> Iterator[Served]:
    with Served(site) as served:
        yield served


def test_slow_senders_hold_no_thread(served: Served) -> None:
    with ExitStack() as stack:
        for number in range(3 * THREADS):
            slow = stack.enter_context(connected(served.port))
            whole = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nname="
            slow.sendall(whole if number % 2 else whole[:30])
        assert served.is_well()


def test_who_reads_nothing_holds_no_thread(served: Served) -> None:
    served.view("/much", lambda: Response(bytes(8 << 20)))
    with ExitStack() as stack:
        for _ in range(3 * THREADS):
            slow = stack.enter_context(connected(served.port))
            slow.sendall(b"GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert served.is_well()


def test_a_slow_reader_gets_all_of_it(served: Served) -> None:
    much = bytes(range(256)) * (1 << 14)
    served.view("/much", lambda: Response(much))
    with connected(served.port) as slow:
        slow.sendall(b"GET /much HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert served.is_well()
        pieces = iter(lambda: slow.recv(4096), b"")
        head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    assert body == much
    assert f"content-length: {len(much)}".encode() in head


def test_who_does_not_come_to_the_point_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", -1.0)
    monkeypatch.setattr("flashcards.web.server.SWEEP_SECONDS", 0)
    with Served(site) as served, connected(served.port) as silent, connected(served.port) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nX-")
        assert everything(silent) == everything(slow) == ""


def test_a_kept_connection_is_no_slow_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashcards.web.server.SWEEP_SECONDS", 0)
    with Served(site) as served, connected(served.port) as kept:
        kept.sendall(HEALTH)
        assert kept.recv(12) == b"HTTP/1.1 200"
        monkeypatch.setattr(connections, "HEAD_SECONDS", -1.0)
        with connected(served.port) as silent:
            assert everything(silent) == ""  # the connections were looked at
        kept.setblocking(False)
        while kept.recv(65536):
            with pytest.raises(BlockingIOError):
                kept.recv(1)
            break


def test_a_body_that_does_not_come_is_not_waited_for(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.1)
    with Served(site) as served, connected(served.port) as slow:
        slow.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nname=")
        assert everything(slow) == ""
    assert not caplog.records  # nothing went wrong that a keeper should look at


def test_a_body_of_a_byte_now_and_then_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "SLOWEST", 1 << 40)
    monkeypatch.setattr(bridge, "BODY_SECONDS", 1.0)
    with Served(site) as served, connected(served.port) as slow:
        slow.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n")
        ended = threading.Event()

        def send() -> None:
            while not ended.wait(0.2):
                try:
                    slow.sendall(b"x")
                except OSError:
                    return

        sender = threading.Thread(target=send)
        sender.start()
        try:
            assert slow.recv(1) == b""
        except ConnectionResetError:
            pass
        finally:
            ended.set()
            sender.join()


def test_who_takes_nothing_of_an_answer_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "SEND_SECONDS", 0.1)
    with Served(site) as served:
        served.view("/much", lambda: Response(bytes(32 << 20)))
        with connected(served.port) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.sendall(b"GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n")
            ends = served.server.connections
            wait_for(lambda: len(ends) == 1)
            wait_for(lambda: len(ends) == 0)


def test_who_asks_much_at_once_and_takes_nothing_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "SEND_SECONDS", 0.1)
    with Served(site) as served:
        served.view("/enough", lambda: Response(bytes(200 << 10)))
        with connected(served.port) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.sendall(b"GET /enough HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100)
            ends = served.server.connections
            wait_for(lambda: len(ends) == 1)
            wait_for(lambda: len(ends) == 0)


@pytest.mark.parametrize("filler", [b"X-A: " + b"a" * 70_000, b"X-A: a\r\n" * 10_000], ids=["one", "many"])
def test_headers_without_end_are_refused(served: Served, filler: bytes) -> None:
    with connected(served.port) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + filler)
        assert connection.recv(12) == b"HTTP/1.1 431"


SMUGGLED = [
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -4\r\n\r\nabcd",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\nabcd",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0, 4\r\n\r\nabcd",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n ,5\r\n\r\nabcd",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: +4\r\n\r\nabcd",
    b"POST /login HTTP/1.1\nHost: localhost\nContent-Length: 4\n\nabcd",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naX\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0;a=\n\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n Host: localhost\r\n\r\n",
    b"GET /he\0althz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT example.org:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/9.9\r\n\r\n",
]


@pytest.mark.parametrize("sent", SMUGGLED, ids=range(len(SMUGGLED)))
def test_what_can_be_read_in_two_ways_is_refused(served: Served, sent: bytes) -> None:
    with connected(served.port) as connection:
        connection.sendall(sent + HEALTH)
        answer = everything(connection)
    assert answer.startswith("HTTP/1.1 4"), answer
    assert answer.count("HTTP/1.1 ") == 1
    assert served.is_well()


def test_a_request_cut_at_every_point_harms_nobody(served: Served) -> None:
    whole = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nname=Ann&"
    for end in range(len(whole)):
        with connected(served.port) as connection:
            connection.sendall(whole[:end])
    assert served.is_well()
    wait_for(lambda: len(served.server.connections) == 0)


def test_requests_that_come_together_are_answered_in_order(served: Served) -> None:
    served.view("/said", lambda: request.args["what"])
    asked = [b"GET /said?what=%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number for number in range(30)]
    last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with connected(served.port) as connection:
        connection.sendall(b"".join(asked) + last)
        bodies = [part.rpartition("\r\n\r\n")[2] for part in everything(connection).split("HTTP/1.1 200 OK")[1:-1]]
    assert bodies == [str(number) for number in range(30)]


def test_who_has_said_all_still_hears_the_answers(served: Served) -> None:
    """A program may end its half of a connection with its last question."""
    with connected(served.port) as connection:
        connection.sendall(HEALTH * 2)
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection).count("HTTP/1.1 200 OK") == 2
    with connected(served.port) as connection:
        connection.sendall(HEALTH[:-2])
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection) == ""
    wait_for(lambda: len(served.server.connections) == 0)


def test_nonsense_behind_a_question_is_no_fault_of_the_server(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """It is refused at once, so that the answer to the question finds nobody."""
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert go_on.wait(60)
        return "done"

    with Served(site) as served:
        served.view("/slow", slow)
        with connected(served.port) as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert begun.wait(60)
            connection.sendall(b"nonsense\r\n\r\n")
            assert everything(connection).startswith("HTTP/1.1 400")
            go_on.set()
            assert served.is_well()
    assert not [record for record in caplog.records if record.exc_info]


def test_what_the_app_is_told_of_a_request(served: Served) -> None:
    def told() -> dict[str, object]:
        environ = request.environ
        return {
            "path": request.path, "query": environ["QUERY_STRING"], "body": request.get_data(as_text=True),
            "cookies": dict(request.cookies), "both": request.headers.get("X-Both"),
            "addresses": request.headers.get("X-Forwarded-For"), "proto": environ["SERVER_PROTOCOL"],
            "type": request.headers.get("Content-Type"), "real": "HTTP_X_REAL_ADDRESS" in environ,
        }  # fmt: skip

    served.view("/tö ld", told)
    connection = HTTPConnection("127.0.0.1", served.port)
    connection.putrequest("POST", "/t%C3%B6%20ld?a=%20b&c")
    for name, value in {
        "Cookie": "a=1", "cookie": "b=2", "X-Both": "1", "x-both": "2", "X_Forwarded_For": "9.9.9.9",
        "X_Real_Address": "9.9.9.9", "Content-Type": "text/plain", "Transfer-Encoding": "chunked",
    }.items():  # fmt: skip
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    import json

    assert json.loads(connection.getresponse().read()) == {
        "path": "/tö ld", "query": "a=%20b&c", "body": "abcde", "cookies": {"a": "1", "b": "2"}, "both": "1, 2",
        "addresses": None, "proto": "HTTP/1.1", "type": "text/plain", "real": False,
    }  # fmt: skip
    connection.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_is_sent_as_it_lies(served: Served, tmp_path: object, method: str) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "file.bin"
    path.write_bytes(bytes(range(256)) * 1000)
    served.view("/file", lambda: send_file(path, conditional=True))
    connection = HTTPConnection("127.0.0.1", served.port)
    for _ in range(2):  # and the connection is of use afterwards
        connection.request(method, "/file")
        response = connection.getresponse()
        assert response.getheader("Content-Length") == "256000"
        assert response.read() == (b"" if method == "HEAD" else path.read_bytes())
    connection.request("GET", "/file", headers={"Range": "bytes=100-199999"})
    response = connection.getresponse()
    assert (response.status, response.read()) == (206, path.read_bytes()[100:200_000])
    connection.request("GET", "/file", headers={"If-None-Match": response.getheader("ETag") or ""})
    assert connection.getresponse().status == 304
    connection.close()


def test_an_old_client_is_answered_and_let_go(served: Served) -> None:
    with connected(served.port) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        answer = everything(connection)
    assert " 200 OK\r\n" in answer
    assert "transfer-encoding" not in answer


def test_those_idle_for_longest_make_room_for_who_comes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashcards.web.server.allowed_connections", lambda: 20)
    with Served(site) as served, ExitStack() as stack:
        kept = []
        for _ in range(30):
            connection = stack.enter_context(connected(served.port))
            connection.sendall(HEALTH)
            assert connection.recv(12) == b"HTTP/1.1 200"
            kept.append(connection)
        assert served.is_well()
        assert len(served.server.connections) <= 20
        kept[-1].recv(65536)
        kept[-1].sendall(HEALTH)
        assert kept[-1].recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(("grace", "stay"), [(600.0, True), (-1.0, False)], ids=["just come", "silent for long"])
def test_many_who_come_at_once_do_not_put_each_other_out(
    site: Site, monkeypatch: pytest.MonkeyPatch, grace: float, stay: bool
) -> None:
    monkeypatch.setattr("flashcards.web.server.allowed_connections", lambda: 4)
    monkeypatch.setattr(connections, "GRACE_SECONDS", grace)
    with Served(site) as served, ExitStack() as stack:
        came = [stack.enter_context(connected(served.port)) for _ in range(4)]
        wait_for(lambda: len(served.server.connections) == 4)
        more = [stack.enter_context(connected(served.port)) for _ in range(4)]
        for connection in more if stay else came:  # they are let go
            assert everything(connection) == ""
        for connection in came if stay else more:
            connection.sendall(HEALTH)
            assert connection.recv(12) == b"HTTP/1.1 200"
        assert served.is_well()  # who was answered makes room


def test_few_files_are_still_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    for limit, most in ((64, 16), (256, 208), (100_000, connections.MOST), (20, 4)):
        monkeypatch.setattr(resource, "getrlimit", lambda _what, limit=limit: (limit, limit))
        assert connections.allowed_connections() == most


def test_it_stops_when_what_has_begun_is_answered(site: Site) -> None:
    """An answer on its way comes; a body that is still being sent, and idle browsers, are not waited for."""
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert go_on.wait(60)
        return "done"

    with Served(site) as served, ExitStack() as stack:
        served.view("/slow", slow)
        idle, sending, waiting = [stack.enter_context(connected(served.port)) for _ in range(3)]
        idle.sendall(HEALTH)
        assert idle.recv(12) == b"HTTP/1.1 200"
        sending.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nname=")
        waiting.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert begun.wait(60)
        served.server.stop()
        everything(idle)
        assert everything(sending) == ""
        go_on.set()
        assert everything(waiting).endswith("done")
        served.thread.join(30)
        assert not served.thread.is_alive()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_the_newer_addresses(site: Site) -> None:
    try:
        served = Served(site, "::1")
    except Exception:  # noqa: BLE001 - a machine without the loopback address
        pytest.skip("no IPv6 here")
    with served:
        served.view("/who", lambda: request.remote_addr or "")
        connection = HTTPConnection("::1", served.port)
        connection.request("GET", "/who")
        assert connection.getresponse().read() == b"::1"
        connection.close()
