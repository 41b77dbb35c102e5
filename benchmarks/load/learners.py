"""A learner as the review page's script behaves: one answer at a time after some thought, more cards in good time,
a page now and then. And those who only hold a connection, and those who send or read as slowly as they can."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from benchmarks.load.http_client import Connection, Reply

REFILL_BELOW = 8
ANSWERS_A_PAGE = 25
PAGES = ("/", "/decks", "/decks/deck-001", "/stats", "/review")
COOKIE = "flashcards_session"
STORED = re.compile(rb'"status": ?20[01]')
"""200 where it had been stored and the connection was lost before it was said."""
SESSION = re.compile(rb'id="session"[^>]*>(.*?)</script>', re.DOTALL)


@dataclass
class Measured:
    """Of everything that was answered within the time that counts, how many milliseconds it took and the second of
    that time in which it was asked; what went wrong, by its name."""

    answers: list[tuple[float, float]] = field(default_factory=list)
    pages: list[tuple[float, float]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    counts_from: float = 0.0
    counts_until: float = 0.0

    def note(self, times: list[tuple[float, float]], began: float) -> None:
        """One request that began at `began`."""
        if self.counts_from <= began < self.counts_until:
            times.append(((time.perf_counter() - began) * 1000, began - self.counts_from))


class Learner:
    """One browser with one learner before it."""

    def __init__(self, port: int, secret: str, think: tuple[float, float], seed: int, measured: Measured) -> None:
        self._connection = Connection(port)
        self._think = think
        self._chance = random.Random(seed)
        self._measured = measured
        self._cards: list[str] = []
        self._answered = self._chance.randrange(ANSWERS_A_PAGE)
        self._headers = (
            f"Host: 127.0.0.1:{port}\r\nCookie: {COOKIE}={secret}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            "Sec-Fetch-Site: same-origin\r\nAccept-Encoding: gzip\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
        )

    async def study(self, within: float, until: float) -> None:
        """Comes at some time `within` so many seconds, and learns until that time (of `time.perf_counter`)."""
        await asyncio.sleep(self._chance.uniform(0, within))
        while time.perf_counter() < until:
            if not self._cards:
                await self._page("/review")
                # Not all at the same point of their hour.
                del self._cards[self._chance.randrange(max(1, len(self._cards) - REFILL_BELOW)) :]
            await asyncio.sleep(self._chance.uniform(*self._think))
            if self._cards:
                await self._answer(self._cards.pop(0))
            if len(self._cards) < REFILL_BELOW:
                await self._refill()
            if self._answered % ANSWERS_A_PAGE == ANSWERS_A_PAGE - 1:
                await self._page(self._chance.choice(PAGES))
        self._connection.close()

    async def _answer(self, card: str) -> None:
        item = {"id": str(uuid.uuid4()), "card": card, "grade": 4, "took_ms": 4000, "mode": "review"}
        self._answered += 1
        reply = await self._timed("POST", "/api/v1/reviews/batch", self._measured.answers, {"items": [item]})
        if reply and not STORED.search(reply.body()):
            said = reply.body()[:200].decode("utf-8", "replace")
            self._measured.refused[f"an answer that was not stored: {said}"] += 1

    async def _refill(self) -> None:
        exclude = ",".join(self._cards)
        reply = await self._timed("GET", f"/api/v1/queue?limit=20&exclude={exclude}", self._measured.pages)
        if reply:
            self._cards += [card["id"] for card in json.loads(reply.body())["cards"]]

    async def _page(self, path: str) -> None:
        reply = await self._timed("GET", path, self._measured.pages)
        if reply and path == "/review" and (found := SESSION.search(reply.body())):
            self._cards = [card["id"] for card in json.loads(found[1])["queue"]["cards"]]

    async def _timed(
        self, method: str, path: str, times: list[tuple[float, float]], sent: object = None
    ) -> Reply | None:
        body = b"" if sent is None else json.dumps(sent).encode()
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        request = f"{method} {path} HTTP/1.1\r\n{self._headers}{length}\r\n".encode() + body
        began = time.perf_counter()
        try:
            reply = await self._connection.ask(request)
        except (OSError, TimeoutError) as error:
            self._measured.refused[f"{type(error).__name__}"] += 1
            self._connection.close()
            return None
        self._measured.note(times, began)
        if reply.status not in {200, 303}:
            self._measured.refused[f"status {reply.status}"] += 1
            return None
        return reply


async def idle(port: int, until: float, measured: Measured) -> None:
    """A browser whose page was closed: it asks once, and then keeps its connection, opened anew where it is closed."""
    connection = Connection(port)
    request = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    while time.perf_counter() < until:
        try:
            await connection.ask(request)
        except (OSError, TimeoutError) as error:
            measured.refused[f"idle: {type(error).__name__}"] += 1
        await asyncio.sleep(min(110.0, max(0.0, until - time.perf_counter())))
    connection.close()


async def _slowly(port: int, until: float, text: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for byte in text:
            if time.perf_counter() > until:
                return
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)
        await reader.read(1)
    finally:
        writer.transport.abort()


async def slow_head(port: int, until: float) -> None:
    """Sends the headers of a request, one byte a second."""
    await _slowly(port, until, b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 4000)


async def slow_body(port: int, until: float) -> None:
    """Says that a form of 5,000 bytes comes, and sends it one byte a second."""
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head + kind)
    del reader
    try:
        while time.perf_counter() < until:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(1)
    finally:
        writer.transport.abort()


async def never_reads(port: int, until: float) -> None:
    """Asks for much, and reads nothing of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    request = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 40
    del reader
    try:
        writer.write(request)
        await asyncio.sleep(max(0.0, until - time.perf_counter()))
    finally:
        writer.transport.abort()


SLOW: tuple[Callable[[int, float], Awaitable[None]], ...] = (slow_head, slow_body, never_reads)


async def slow(port: int, until: float, number: int) -> None:
    """A slow client of one of the kinds; where the server ends it, it comes again."""
    while time.perf_counter() < until:
        with contextlib.suppress(OSError):
            await SLOW[number % len(SLOW)](port, until)
        await asyncio.sleep(1)
