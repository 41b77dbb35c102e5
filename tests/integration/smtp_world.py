"""A real SMTP server in the test's own process, which can be made to refuse, to drop connections, or to be away."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class Mailbox:
    """What the server took; `says` is its answer to the text of a mail, by recipient or for all of them ("")."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.says: dict[str, str] = {}
        self.refuses: dict[str, str] = {}
        self.encrypted: list[bool] = []
        self.drops_after_text = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        says = self.says.get(envelope.rcpt_tos[0]) or self.says.get("")
        if says:
            return says
        self.mails.append(cast(EmailMessage, message_from_bytes(envelope.content, policy=default)))
        self.encrypted.append(session.ssl is not None)
        if self.drops_after_text:
            server.transport.abort()  # it has the mail, and nobody hears of it
        return "250 Taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def smtp_server(
    box: Mailbox, port: int, *, context: ssl.SSLContext | None = None, password: str = "", smtps: bool = False
) -> Iterator[None]:
    """The server, at 127.0.0.1; with a `context` it speaks TLS, with a `password` it wants ada's."""

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.login == b"ada" and data.password == password.encode(), handled=False)

    more: dict[str, Any] = {}
    if password:
        more = {"authenticator": check, "auth_required": True, "auth_require_tls": context is not None}
    if smtps:
        controller = Controller(box, hostname="127.0.0.1", port=port, ssl_context=context, **more)
    else:
        controller = Controller(box, hostname="127.0.0.1", port=port, tls_context=context, **more)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


class _BadHandler(socketserver.BaseRequestHandler):
    """Behaves as its server's `manner` says, at the word `at` of a conversation ("" is the greeting)."""

    server: _BadServer

    def handle(self) -> None:
        word = ""
        with suppress(OSError), self.request.makefile("rb") as lines:
            while True:
                if word == self.server.at:
                    return self._misbehave()
                self.request.sendall(
                    b"354 Go on\r\n" if word == "DATA" else b"250 OK\r\n" if word else b"220 Hello\r\n"
                )
                if word == "DATA":
                    while (line := lines.readline()) not in {b".\r\n", b""}:
                        pass
                    self.server.taken += 1
                    word = "."
                else:
                    line = lines.readline()
                    word = line.decode("ascii", "replace").strip()[:4].upper()
                if not line:
                    return None

    def _misbehave(self) -> None:
        over, send = self.server.over, self.request.sendall
        match self.server.manner:
            case "silent":
                over.wait(60)
            case "drips":
                while not over.wait(0.05):
                    send(b"2")
            case "drips lines":
                while not over.wait(0.05):
                    send(b"250-and\r\n")
            case "endless":
                while not over.is_set():
                    send(b"250-and so on\r\n" * 4096)
            case "drops":
                pass
            case "busy":
                send(b"421 Come again\r\n")
            case "nonsense":
                send(b"\xff\x00 SSH-2.0\r\n")


class _BadServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, manner: str, at: str) -> None:
        super().__init__(("127.0.0.1", port), _BadHandler)
        self.manner, self.at, self.taken = manner, at, 0
        self.over = threading.Event()


@contextmanager
def bad_smtp_server(port: int, manner: str, at: str = "") -> Iterator[_BadServer]:
    """A server that is slow, hostile or lies, from a word of the conversation on ("" when somebody comes, "EHLO",
    "RCPT", "DATA", or "." when it has the whole text); `taken` counts the texts that it was sent.
    """
    with _BadServer(port, manner, at) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
