"""Hands mail over to a server, with TLS, once. Loaded only where a mail server is named."""

from __future__ import annotations

import io
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Any

from flashcards.errors import Unavailable
from flashcards.mail_server import MailServer

SECONDS = 15
"""How long each of a server's answers is waited for, all of it: one that comes letter by letter, too."""
_LONGEST_ANSWER = 64 * 1024


class _Answers(io.RawIOBase):
    """What a server says, read from its socket: no answer may take longer than `SECONDS`, nor have no end.

    smtplib itself waits so long for each piece of an answer, and for any number of pieces.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._until, self._left = 0.0, 0
        self.trouble = ""

    def begin(self) -> None:
        """The next answer is waited for from now on."""
        self._until, self._left = time.monotonic() + SECONDS, _LONGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        seconds = self._until - time.monotonic()
        try:
            if self._left <= 0:
                self.trouble = "its answer has no end"
                raise OSError(self.trouble)
            if seconds <= 0:
                raise TimeoutError
            self._sock.settimeout(seconds)
            got = self._sock.recv_into(buffer)
        except TimeoutError:
            self.trouble = f"it did not answer within {SECONDS:g} seconds"
            raise
        self._left -= got
        return got


class _Bounded(smtplib.SMTP):
    """smtplib's client, which waits for each answer no longer than `SECONDS`."""

    _answers: _Answers

    def getreply(self) -> tuple[int, bytes]:
        """The server's next answer. Raises SMTPServerDisconnected with what is wrong, as for a lost connection."""
        if self.file is None and self.sock is not None:
            self._answers = _Answers(self.sock)
            self.file = io.BufferedReader(self._answers)
        self._answers.begin()
        try:
            code, text = super().getreply()
        except smtplib.SMTPServerDisconnected as error:
            raise smtplib.SMTPServerDisconnected(self._answers.trouble or str(error)) from error
        if code == 421 or not 200 <= code < 600:  # it closes the connection, or is no mail server
            self.close()
            reason = f"it answered {_answer(code, text)}" if code > 0 else "it does not answer as a mail server does"
            raise smtplib.SMTPServerDisconnected(reason)
        if self.sock is not None:
            self.sock.settimeout(SECONDS)  # for what is sent next
        return code, text


class _BoundedTLS(_Bounded, smtplib.SMTP_SSL):
    """The same over TLS from the first byte on."""


class MailRefused(Exception):
    """The server will not take mail for this address; `for_good` is whether it said never."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail of plain text. `name` tells it from all others: the same mail sent again would have the same."""

    to: str
    subject: str
    text: str
    name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Mailer:
    """`Mailer(server, sender)`: through this server, from this address."""

    def __init__(self, server: MailServer, sender: str, context: ssl.SSLContext | None = None) -> None:
        """`context` says whose certificates are good; those that the system trusts, where it is left out."""
        self._server = server
        self._sender = sender
        self._context = context

    def send(self, mail: Mail) -> None:
        """Sends one mail now. Raises Unavailable with what the server said."""
        with self.connected() as line:
            try:
                line.send(mail)
            except MailRefused as error:
                raise Unavailable(f"The mail server does not take mail for {mail.to}: {error}") from error

    @contextmanager
    def connected(self) -> Iterator[Line]:
        """A connection for several mails. What goes wrong within is raised as Unavailable."""
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._connect()
            yield Line(smtp, self._sender)
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
        except smtplib.SMTPAuthenticationError as error:
            raise self._trouble("it does not take the user and password of FLASHCARDS_SMTP_URL") from error
        except (OSError, smtplib.SMTPException) as error:  # certificates, too
            raise self._trouble(_reason(error)) from error
        finally:
            if smtp is not None:
                smtp.close()

    def _connect(self) -> smtplib.SMTP:
        server, context = self._server, self._context or ssl.create_default_context()
        if server.tls:
            smtp: _Bounded = _BoundedTLS(server.host, server.port, timeout=SECONDS, context=context)
        else:
            smtp = _Bounded(server.host, server.port, timeout=SECONDS)
        try:
            smtp.ehlo_or_helo_if_needed()
            if not server.tls and smtp.has_extn("starttls"):
                smtp.starttls(context=context)
                smtp.ehlo()
            elif not server.tls and server.user and not server.is_here:
                raise self._trouble("it offers no TLS, and the password is not sent without")
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _trouble(self, reason: str) -> Unavailable:
        return Unavailable(f"The mail server {self._server.host}:{self._server.port} cannot be used: {reason}.")


class Line:
    """A connection to a mail server."""

    def __init__(self, smtp: smtplib.SMTP, sender: str) -> None:
        self._smtp = smtp
        self._sender = sender

    def send(
        self, mail: Mail, claim: Callable[[], None] = lambda: None, release: Callable[[], None] = lambda: None
    ) -> None:
        """Sends a mail, at most once.

        `claim` is called when the server is ready for the text, just before it goes: what cannot be noted is not sent.
        `release` is called where the server then says that it did not take it. Where it says nothing, nobody knows,
        and the claim stands. Raises MailRefused, and what smtplib raises.
        """
        smtp = self._smtp
        self._expect(smtp.mail(self._sender))
        self._expect(smtp.rcpt(mail.to))
        self._expect(smtp.docmd("DATA"), 354)
        claim()
        smtp.send(_as_data(self._message(mail)))
        try:
            self._expect(smtp.getreply())
        except MailRefused:
            release()
            raise

    def _expect(self, reply: tuple[int, bytes], code: int = 250) -> None:
        got, said = reply
        if got == code or (code == 250 and got == 251):
            return
        reason = _answer(got, said)
        with suppress(smtplib.SMTPServerDisconnected):
            self._smtp.rset()
        raise MailRefused(reason, for_good=got >= 500)

    def _message(self, mail: Mail) -> EmailMessage:
        message, domain = EmailMessage(SMTP), self._sender.rpartition("@")[2]
        message["From"] = f"Flashcards <{self._sender}>"
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{mail.name}@{domain}>" if mail.name else make_msgid(domain=domain)
        message["Auto-Submitted"] = "auto-generated"
        for name, value in mail.headers.items():
            message[name] = value
        message.set_content(mail.text, cte="quoted-printable")
        return message


def _as_data(message: EmailMessage) -> bytes:
    """The message as it goes over the line: lines that begin with a dot have another one, a dot alone ends it."""
    # Links in headers stay in one line: some programs that read them know no folding.
    text = re.sub(rb"(?m)^\.", b"..", message.as_bytes(policy=SMTP.clone(max_line_length=500)))
    return text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _answer(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {said[:200]}"


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return f"it did not answer within {SECONDS:g} seconds"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {_answer(error.smtp_code, error.smtp_error)}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
