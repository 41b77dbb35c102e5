"""Messages to learners' addresses: handed to a child process that speaks Apprise (`courier_child.py`).

Loaded where the extra `notify` is installed; the child is started when there is something to send, and ends with it.
"""

from __future__ import annotations

import hmac
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import IO, Any

import flashcards
from flashcards import apart
from flashcards.errors import Invalid, Unavailable

SECONDS = 10.0
"""How long an endpoint may take for one answer."""
AT_ONCE = 8
"""So many are talked to at the same time."""
_START = 20.0
"""Seconds that a child may need until it works."""
_KEPT = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_PROGRAM = """\
import sys
sys.path.insert(0, sys.argv.pop(1))
from flashcards.services.reminders.courier_child import main
main()
"""


@dataclass(frozen=True, slots=True)
class Address:
    """A learner's address as it is stored: what may be said of it, and itself sealed."""

    kind: str
    shown: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message to one address."""

    sealed: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; `unknown`: it may have arrived. `why` is for people, without a full stop."""

    ok: bool
    unknown: bool = False
    why: str = ""


class Courier:
    """`Courier(key, networks)`: the server's key seals addresses; `networks` may be private."""

    def __init__(
        self, key: bytes, networks: Sequence[IPv4Network | IPv6Network], *, seconds: float | None = None
    ) -> None:
        """`seconds` is how long an endpoint may take for one answer; `SECONDS`, where it is left out."""
        self._seconds = SECONDS if seconds is None else seconds
        self._setup = {
            "key": hmac.digest(key, b"addresses of learners", "sha256").hex(),
            "networks": [str(it) for it in networks],
            "seconds": self._seconds,
        }

    def look(self, url: str) -> Address:
        """The address that a learner gives, as Apprise reads it. Raises Invalid, and Unavailable."""
        with self._child() as child:
            child.ask({"id": 0, "do": "look", "url": url})
            found = child.next()
        if found is None:
            raise Unavailable("The address could not be looked at; try again in a minute.", retry_after=60)
        if not found["ok"]:
            raise Invalid(str(found["why"]), field="url")
        return Address(found["kind"], found["shown"], found["sealed"])

    def send(self, parcel: Parcel) -> Outcome:
        """Sends one message now."""
        outcomes: list[Outcome] = []
        self.carry([lambda: parcel], lambda _, outcome: outcomes.append(outcome))
        return outcomes[0]

    def carry(
        self, parcels: Iterable[Callable[[], Parcel | None]], done: Callable[[int, Outcome], None], until: float = 0.0
    ) -> None:
        """Sends messages, a few at a time.

        Each of `parcels` is called just before its message goes, and gives None where it should not after all. `done`
        is told what came of the one with that place. After `until` (of the monotonic clock; 0: never) none begins.
        """
        waiting, under_way = enumerate(parcels), set[int]()
        with self._child() as child:
            more = True
            while more or under_way:
                more = more and (not until or time.monotonic() < until)
                while more and len(under_way) < AT_ONCE:
                    more = self._begin(child, waiting, under_way)
                if not under_way:
                    return
                found = child.next()
                if found is None:  # it died: nobody knows
                    for place in under_way:
                        done(place, Outcome(False, True, "the server was interrupted while it sent"))
                    return
                under_way.discard(found["id"])
                done(found["id"], Outcome(found["ok"], bool(found.get("unknown")), str(found.get("why", ""))))

    @staticmethod
    def _begin(child: _Child, waiting: Iterator[tuple[int, Callable[[], Parcel | None]]], under_way: set[int]) -> bool:
        """Hands over the next message; whether there was one."""
        for place, parcel in waiting:
            it = parcel()
            if it is not None:
                child.ask({"id": place, "do": "send", "sealed": it.sealed, "title": it.title, "body": it.body})
                under_way.add(place)
                return True
        return False

    @contextmanager
    def _child(self) -> Iterator[_Child]:
        root = str(Path(flashcards.__file__).resolve().parent.parent)
        try:
            process = apart.start(
                [sys.executable, "-P", "-c", _PROGRAM, root], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=_environment(), cwd="/",
            )  # fmt: skip
        except OSError as error:
            raise Unavailable(f"Messages cannot be sent now ({error.strerror}).", retry_after=300) from error
        child = _Child(process, _START + 3 * self._seconds)
        try:
            child.ask(self._setup)
            yield child
        finally:
            child.end()


class _Child:
    """The process, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[bytes], patience: float) -> None:
        self._process = process
        self._patience = patience
        self._rest = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe(process.stdout), selectors.EVENT_READ)

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe

    def ask(self, what: dict[str, Any]) -> None:
        """Hands over a line; that the child has died shows when it is listened to."""
        with suppress(OSError):
            stdin = self._pipe(self._process.stdin)
            stdin.write(json.dumps(what).encode() + b"\n")
            stdin.flush()

    def next(self) -> dict[str, Any] | None:
        """What it says next; None where it says nothing any more."""
        while b"\n" not in self._rest:
            piece = b""
            if self._selector.select(self._patience):
                piece = os.read(self._pipe(self._process.stdout).fileno(), 65536)
            if not piece:
                return None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        """Lets it go; what it still does ends with it."""
        with suppress(OSError):
            self._pipe(self._process.stdin).close()
        apart.end(self._process)
        self._process.wait()
        self._selector.close()
        self._pipe(self._process.stdout).close()


def _environment() -> dict[str, str]:
    """Nothing of the server's settings, no proxy, no passwords of a home folder; the certificates that it trusts."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    if "SSL_CERT_FILE" in kept:
        kept.setdefault("REQUESTS_CA_BUNDLE", kept["SSL_CERT_FILE"])
    return kept | {"HOME": "/nonexistent", "NETRC": os.devnull}
