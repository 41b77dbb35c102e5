"""A real SMTP server in the test's own process, which can be made to refuse, to drop connections, or to be away."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
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
