"""What the worst clients do to a server, each with what twenty honest ones felt meanwhile.

Times are printed and not judged: what is asserted is that nobody honest was refused and that nothing wrong was stored.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import struct
import time
import uuid
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from itertools import count, cycle
from pathlib import Path
from threading import Event, Thread

import pytest

from benchmarks.load.http_client import Connection
from benchmarks.load.learners import COOKIE, never_reads, slow_body, slow_head
from benchmarks.web_server import Served, configuration, server
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.database import Database
from tests.nightly.honest import HONEST, Bad, beside, refused

pytestmark = pytest.mark.timeout(600)

SLOW, PHONES = 1_000, 150
STOPS, BUSY = 5, 16
AT_ONCE = struct.pack("ii", 1, 0)
"""For SO_LINGER: a connection is broken off, not closed."""


@pytest.fixture(scope="module", autouse=True)
def _files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4_000 <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (4_000, hard))


def asking(served: Served, method: str, path: str, *lines: str, body: bytes = b"", size: int | None = None) -> bytes:
    """A request of the first learner, who is none of the honest ones; `size` is what it says of its body."""
    host = f"127.0.0.1:{served.port}"
    length = [f"Content-Length: {len(body) if size is None else size}"] if body or size is not None else []
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", f"Cookie: {COOKIE}={served.secret}"]
    return "\r\n".join([*head, *length, *lines, "", ""]).encode() + body


def an_answer(served: Served, card: str) -> bytes:
    return json.dumps({"id": str(uuid.uuid4()), "card": card, "grade": 4, "took_ms": 4000, "mode": "review"}).encode()


def answering(served: Served, card: str) -> bytes:
    """A whole request that stores an answer."""
    return asking(served, "POST", "/api/v1/reviews", "Content-Type: application/json", body=an_answer(served, card))


def queue_of(served: Served, limit: int = 300) -> tuple[int, list[str]]:
    """Where the log of the first learner ends, and the next cards."""
    connection = HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("GET", f"/api/v1/queue?limit={limit}", headers={"Cookie": f"{COOKIE}={served.secret}"})
    answer = connection.getresponse()
    assert answer.status == 200
    found = json.loads(answer.read())
    connection.close()
    return int(found["seq"]), [card["id"] for card in found["cards"]]


async def said(port: int, sent: bytes, *, broken: bool = False) -> bytes:
    """What the server answers; `broken`: the connection is broken off, and nothing is waited for."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    with suppress(OSError):
        await writer.drain()
    if broken:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        writer.transport.abort()
        return b""
    found = b""
    with suppress(OSError, TimeoutError):
        writer.write_eof()
        async with asyncio.timeout(20):
            found = await reader.read()
    writer.transport.abort()
    return found


def again_and_again(work: list[bytes], *, broken: bool = False) -> Bad:
    """Somebody who sends all of these, one after the other, and begins anew."""

    async def send(port: int, until: float) -> None:
        for number in count():
            if time.perf_counter() > until:
                return
            await said(port, work[number % len(work)], broken=broken)

    return send


def test_a_thousand_who_send_a_byte_a_second(served: Served) -> None:
    bad: list[Bad] = [(slow_head, slow_body)[number % 2] for number in range(SLOW)]
    assert refused(beside(served, f"{SLOW:,} clients that send a byte a second", bad)) == {}


def test_those_who_never_read_their_answer(served: Served) -> None:
    assert refused(beside(served, "200 clients that never read", [never_reads] * 200)) == {}


def test_phones_that_open_six_connections_and_sleep(served: Served) -> None:
    async def phone(port: int, until: float) -> None:
        six = [Connection(port) for _ in range(6)]
        asked = asking(served, "GET", "/api/v1/queue?limit=1")
        for one in six:
            await one.ask(asked)
        await asyncio.sleep(max(0.0, until - time.perf_counter()))
        for one in six:  # it wakes up, and each connection is of use still, or is opened anew
            assert (await one.ask(asked)).status == 200
            one.close()

    assert refused(beside(served, f"{PHONES} phones with six connections", [phone] * PHONES)) == {}


@pytest.mark.parametrize("broken", [False, True], ids=["ended", "broken off"])
def test_requests_cut_at_every_point(served: Served, broken: bool) -> None:
    before, cards = queue_of(served)
    whole = answering(served, cards[0])
    in_pieces = asking(
        served, "POST", "/api/v1/reviews", "Content-Type: application/json", "Transfer-Encoding: chunked"
    ) + b"40\r\n" + an_answer(served, cards[1]).ljust(64)[:64]  # fmt: skip
    page = asking(served, "GET", "/")
    cut = [request[:end] for request in (whole, in_pieces) for end in range(len(request))]
    cut += [page[:end] for end in range(len(page))]
    bad = [again_and_again(cut[number::8], broken=broken) for number in range(8)]
    assert refused(beside(served, "requests cut at every point", bad)) == {}
    assert queue_of(served)[0] == before, "a part of an answer was stored"
    assert b" 201 " in asyncio.run(said(served.port, whole)).partition(b"\r\n")[0]


def test_bodies_that_are_not_as_long_as_they_say(served: Served) -> None:
    before, cards = queue_of(served)
    kind = "Content-Type: application/json"
    body = an_answer(served, cards[0])

    def told(size: int) -> bytes:
        return asking(served, "POST", "/api/v1/reviews", kind, body=body, size=size)

    def chunks(text: bytes) -> bytes:
        return asking(served, "POST", "/api/v1/reviews", kind, "Transfer-Encoding: chunked") + text

    short, long = [told(size) for size in range(len(body))], [told(len(body) + more) for more in (1, 7, 5_000, 900_000)]
    sizes = (b"0", b"1", b"%x" % (len(body) - 1), b"%x" % (len(body) + 1), b"ffffffffffffffffff", b"-1", b"7fffffff")
    wrong = [chunks(size + b"\r\n" + body + b"\r\n0\r\n\r\n") for size in sizes]
    bad = [again_and_again(short[number::4]) for number in range(4)]
    bad += [again_and_again([one]) for one in (*long, *wrong)]
    assert refused(beside(served, "bodies declared small and sent large, and the other way", bad)) == {}
    assert queue_of(served)[0] == before, "an answer that was cut was stored"


def smuggled(served: Served, card: str) -> list[bytes]:
    """An answer within a request that one reader sees and another does not."""
    hidden = answering(served, card)

    def head(*lines: str) -> bytes:
        return "\r\n".join(["POST /login HTTP/1.1", f"Host: 127.0.0.1:{served.port}", *lines, "", ""]).encode()

    chunked, none = "Transfer-Encoding: chunked", b"0\r\n\r\n"
    return [
        head("Content-Length: 5", chunked) + none + hidden,
        head(chunked, f"Content-Length: {len(none + hidden)}") + none + hidden,
        head(chunked, "Content-Length: 0") + b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n",
        head("Content-Length: 0", f"Content-Length: {len(hidden)}") + hidden,
        head(f"Content-Length: {len(hidden)}", "Content-Length: 0") + hidden,
        head("Content-Length: 0, 9") + hidden,
        head("Content-Length: +0") + hidden,
        head("Content-Length: 0x0") + hidden,
        head("Content-Length: 0\r\n ,9") + hidden,
        head("X-Folded: a\r\n Content-Length: 9", "Content-Length: 0\r\n 9") + hidden,
        head("Transfer-Encoding: chunked, identity") + none + hidden,
        head("Transfer-Encoding: identity", chunked) + none + hidden,
        head("Transfer-Encoding : chunked") + none + hidden,
        head("Transfer-Encoding:\x0bchunked") + none + hidden,
        head("Transfer-Encoding: xchunked") + none + hidden,
        head(chunked) + b"0;a=\n\r\n\r\n" + hidden,
        head(chunked) + b"0\n\n" + hidden,
        head(chunked) + b"1\r\naX\r\n0\r\n\r\n" + hidden,
        head("Content-Length: 0").replace(b"\r\n", b"\n") + hidden,
        head("X: a\rContent-Length: 9") + hidden,
    ]


def test_smuggled_and_pipelined_requests(served: Served) -> None:
    before, cards = queue_of(served)
    attacks = smuggled(served, cards[0])
    many = asking(served, "GET", "/healthz") * 200
    bad = [again_and_again([attack]) for attack in attacks] + [again_and_again([many])] * 3
    assert refused(beside(served, "pipelined and smuggled requests", bad)) == {}
    assert queue_of(served)[0] == before, "a request within another was answered"


@pytest.mark.parametrize("files", [64, 256])
def test_few_open_files(folder: Path, files: int) -> None:
    """The server answers on; where there are fewer connections than clients, who is idle makes room."""

    async def idle(port: int, until: float) -> None:
        while time.perf_counter() < until:
            connection = Connection(port)
            with suppress(OSError, TimeoutError):
                await connection.ask(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 5)
                await asyncio.sleep(2)
            connection.close()

    with server(folder, HONEST + 1, open_files=files) as served:
        measured = beside(served, f"{files} open files, 300 idle clients", [idle] * 300)
        assert not {what for what in measured.refused if what.startswith("status") and measured.refused[what]}
        assert len(list(Path(f"/proc/{served.pid}/fd").iterdir())) <= files
        before, cards = queue_of(served)
        assert b" 201 " in asyncio.run(said(served.port, answering(served, cards[0]))).partition(b"\r\n")[0]
        assert queue_of(served)[0] == before + 1


class Busy:
    """A client without thought; what it was told, and what it asked without being told anything."""

    def __init__(self, served: Served, cards: list[str]) -> None:
        self._served, self._cards = served, cards
        self.stored: list[str] = []
        self.untold: list[str] = []
        self.said: set[int] = set()
        self._ended = Event()
        self._thread = Thread(target=self._answer)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _answer(self) -> None:
        with closing(HTTPConnection("127.0.0.1", self._served.port, timeout=60)) as connection:
            self._answer_on(connection)

    def _answer_on(self, connection: HTTPConnection) -> None:
        headers = {"Cookie": f"{COOKIE}={self._served.secret}", "Content-Type": "application/json"}
        headers["Origin"] = f"http://127.0.0.1:{self._served.port}"
        for card in cycle(self._cards):
            if self._ended.is_set():
                return
            uid = str(uuid.uuid4())
            try:
                body = json.dumps({"id": uid, "card": card, "grade": 4})
                connection.request("POST", "/api/v1/reviews", body, headers)
                answer = connection.getresponse()
                told = json.loads(answer.read())
            except (OSError, HTTPException):
                self.untold.append(uid)
                return
            self.said.add(answer.status)
            if answer.status == 201:
                assert told["id"] == uid
                self.stored.append(uid)


def test_terminated_under_full_load(folder: Path) -> None:
    """Every answer that was acknowledged is in the log once; one of which nothing was said is not there at all."""
    acknowledged, untold = 0, 0
    for round_ in range(STOPS):
        with server(folder) as served:
            cards = queue_of(served, limit=25 * BUSY)[1]
            clients = [Busy(served, cards[number::BUSY]) for number in range(BUSY)]
            for client in clients:
                client.begin()
            time.sleep(0.5 + 0.13 * round_)
            os.kill(served.pid, signal.SIGTERM)
            for client in clients:
                client.end()
        database = Database.open(configuration(folder).database)
        try:
            log = [uid for (uid,) in database.all("SELECT uid FROM review")]
            assert len(log) == len(set(log))
            for client in clients:
                assert client.said <= {201}, "somebody was refused"
                assert set(client.stored) <= set(log), "an acknowledged answer is lost"
                assert not set(client.untold) & set(log), "an answer was stored, and nobody was told"
            assert DoctorService(database).examine().findings == ()
        finally:
            database.close()
        acknowledged += sum(len(client.stored) for client in clients)
        untold += sum(len(client.untold) for client in clients)
    print(f"\n{STOPS} times terminated: {acknowledged} answers acknowledged, {untold} broken off and not stored")
    assert acknowledged


def test_what_others_feel_until_it_is_terminated_under_full_load(served: Served) -> None:
    cards = queue_of(served, limit=25 * BUSY)[1]
    clients = [Busy(served, cards[number::BUSY]) for number in range(BUSY)]

    async def stop(_port: int, until: float) -> None:
        for client in clients:
            client.begin()
        await asyncio.sleep(until - 0.2 - time.perf_counter())
        os.kill(served.pid, signal.SIGTERM)

    measured = beside(served, f"{BUSY} clients without thought, then SIGTERM", [stop])
    for client in clients:
        client.end()
    # Whose connection ended with the server was not refused: their browser sends it again.
    assert not {what for what in refused(measured) if what.startswith(("status", "an answer"))}
    assert {status for client in clients for status in client.said} == {201}
