"""The child process that talks to learners' addresses through Apprise, so that nothing of it is in the server's.

On standard input comes a line of JSON that says how (`_Setup`), then one for each thing to do; for each a line with
what came of it goes out, as soon as it is known. Each is done in a process of its own, bounded in time and memory, so
that an endpoint that never ends harms no other.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import selectors
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import requests
import urllib3
from cryptography.fernet import Fernet, InvalidToken

from flashcards.services.reminders import kinds
from flashcards.services.reminders.guard import Guard, Refused

_MEMORY = 256 * 2**20
"""So much more than at its beginning a process may take."""
_TAIL = 3


@dataclass(frozen=True, slots=True)
class _Running:
    id: Any
    pid: int
    until: float


class _Said:
    """What the endpoint said: the last status, or what went wrong; `unknown` is whether it may have the message."""

    def __init__(self) -> None:
        self.why = ""
        self.unknown = False


def main() -> None:
    """Reads the setup and works until there is nothing more to do."""
    lines = _Lines()
    setup = json.loads(lines.first())
    kinds.load()
    guard = Guard([ip_network(it) for it in setup["networks"]])
    _Work(guard, Fernet(base64.urlsafe_b64encode(bytes.fromhex(setup["key"]))), float(setup["seconds"])).all(lines)


class _Lines:
    """Standard input, line by line, without waiting for more than there is."""

    def __init__(self) -> None:
        self._rest = b""

    def first(self) -> bytes:
        while b"\n" not in self._rest:
            piece = os.read(0, 65536)
            if not piece:
                raise SystemExit(0)
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def take(self) -> list[bytes] | None:
        """The lines that have come; None at the end."""
        piece = os.read(0, 65536)
        return self.cut(piece) if piece else None

    def cut(self, piece: bytes = b"") -> list[bytes]:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return lines


class _Work:
    def __init__(self, guard: Guard, seal: Fernet, seconds: float) -> None:
        self._guard = guard
        self._seal = seal
        self._seconds = seconds
        self._running: dict[int, _Running] = {}
        self._selector = selectors.DefaultSelector()

    def all(self, lines: _Lines) -> None:
        """Everything that comes, until nothing more does."""
        self._selector.register(0, selectors.EVENT_READ)
        for line in lines.cut():
            self._begin(json.loads(line))
        is_open = True
        while is_open or self._running:
            for key, _ in self._selector.select(self._patience()):
                if key.fd == 0:
                    found = lines.take()
                    if found is None:
                        is_open = False
                        self._selector.unregister(0)
                    for line in found or ():
                        self._begin(json.loads(line))
                else:
                    self._end(key.fd)
            for fd in [fd for fd, it in self._running.items() if it.until <= time.monotonic()]:
                self._end(fd, late=True)

    def _patience(self) -> float | None:
        ends = [it.until for it in self._running.values()]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _begin(self, task: dict[str, Any]) -> None:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _alone(writing, lambda: self._done(task))
        os.close(writing)
        self._selector.register(reading, selectors.EVENT_READ)
        # Apprise may ask an endpoint more than once, each time so long at most.
        self._running[reading] = _Running(task["id"], pid, time.monotonic() + 2 * self._seconds)

    def _end(self, fd: int, *, late: bool = False) -> None:
        it = self._running.pop(fd)
        self._selector.unregister(fd)
        if late:
            os.kill(it.pid, signal.SIGKILL)
            result = {"ok": False, "unknown": True, "why": f"it did not answer within {2 * self._seconds:g} seconds"}
        else:
            with os.fdopen(os.dup(fd), "rb") as pipe:
                data = pipe.read()
            result = json.loads(data) if data else {"ok": False, "unknown": True, "why": "its answer was too much"}
        os.close(fd)
        os.waitpid(it.pid, 0)
        _write(1, {"id": it.id, **result})

    # --- what is done, in a process of its own

    def _done(self, task: dict[str, Any]) -> dict[str, Any]:
        self._guard.install()
        return self._looked(task["url"]) if task["do"] == "look" else self._sent(task)

    def _looked(self, url: str) -> dict[str, Any]:
        """What an address is, sealed; or why it is none."""
        try:
            found = kinds.plugin(url)
            self._guard.plain = not kinds.is_encrypted(found)
            if server := kinds.server(found):
                self._guard.check_host(server)
        except Refused as error:
            return {"ok": False, "why": f"Messages do not go there: {error}."}
        except ValueError as error:
            return {"ok": False, "why": str(error)}
        shown = f"{kinds.kind(found)} at {server}" if server else kinds.kind(found)
        sealed = self._seal.encrypt(url.encode()).decode()
        return {"ok": True, "kind": kinds.kind(found), "shown": f"{shown}, …{url[-_TAIL:]}", "sealed": sealed}

    def _sent(self, task: dict[str, Any]) -> dict[str, Any]:
        try:
            found = kinds.plugin(self._seal.decrypt(task["sealed"].encode()).decode())
        except InvalidToken:
            return _failed("the server has another key now: give the address again")
        except ValueError as error:
            return _failed(str(error).rstrip("."))
        said = _Said()
        requests.Session.send = _bounded(requests.Session.send, self._guard, said, self._seconds)  # type: ignore[method-assign]
        ok = bool(found.notify(title=task["title"], body=task["body"]))
        if ok:
            return {"ok": True}
        return _failed(said.why or "it did not take the message", unknown=said.unknown)


def _failed(why: str, *, unknown: bool = False) -> dict[str, Any]:
    return {"ok": False, "unknown": unknown, "why": why[:200]}


def _bounded(
    send: Callable[..., requests.Response], guard: Guard, said: _Said, seconds: float
) -> Callable[..., requests.Response]:
    """How every request of every service goes: no redirect, in bounded time, and what came of it is kept."""

    def bounded(session: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        session.trust_env = False
        guard.plain, guard.reason = not (request.url or "").startswith("https:"), ""
        more |= {"allow_redirects": False, "timeout": seconds, "verify": more.get("verify") or True, "proxies": {}}
        try:
            response = send(session, request, **more)
        except requests.RequestException as error:
            said.why, said.unknown = _trouble(error, guard, seconds)
            raise
        said.unknown = False
        if response.is_redirect:
            said.why = "it leads elsewhere (a redirect), and that is not followed"
        elif not response.ok:
            said.why = f"it answered with the status {response.status_code}"
        return response

    return bounded


def _trouble(error: requests.RequestException, guard: Guard, seconds: float) -> tuple[str, bool]:
    """What went wrong, for people, and whether the message may have arrived all the same."""
    if guard.reason:
        return guard.reason, False
    if isinstance(error, requests.ConnectTimeout):
        return f"it could not be reached within {seconds:g} seconds", False
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not good", False
    if isinstance(error, requests.ReadTimeout):
        return f"it did not answer within {seconds:g} seconds", True
    if isinstance(error, requests.ConnectionError):
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, urllib3.exceptions.NewConnectionError):
            return "it cannot be reached", False
        return "it broke off the connection", True
    return "it did not answer as it should", True


def _alone(writing: int, work: Callable[[], dict[str, Any]]) -> None:
    """The work in a process that was made for it; never returns."""
    try:
        _bound()
        _write(writing, work())
    except BaseException:  # noqa: BLE001 - MemoryError, what a service raises: of this address alone
        with suppress(OSError):
            _write(writing, _failed("it could not be done", unknown=True))
    finally:
        os._exit(0)


def _bound() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    limits = [(resource.RLIMIT_CPU, 20), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)]
    with suppress(OSError, ValueError):  # where the system says how much there is
        taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
        limits.append((resource.RLIMIT_AS, taken + _MEMORY))
    for what, most in limits:
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def _write(fd: int, what: dict[str, Any]) -> None:
    data = json.dumps(what).encode() + b"\n"
    while data:
        data = data[os.write(fd, data) :]
