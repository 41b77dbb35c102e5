"""The mail server that reminders go through, as the environment names it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?", re.ASCII
)
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. `tls` is whether the connection begins with TLS; else it is asked for (STARTTLS)."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine: nobody can listen in between."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False


def mail_server(text: str) -> MailServer | None:
    """The server at ``smtp://user:password@host:port`` or ``smtps://…``, None for ""; raises ValueError.

    What is special in an address is written with percent signs in the user and the password.
    """
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    good = parts.scheme in _PORTS and parts.hostname and port != 0 and parts.path in {"", "/"}
    if not good or parts.query or parts.fragment or not text.isprintable() or " " in text:
        raise ValueError("give smtp://user:password@host:port or smtps://user:password@host:port")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(
        parts.hostname or "", port or _PORTS[parts.scheme], user, password, parts.scheme == "smtps"
    )  # fmt: skip


def mail_address(text: str) -> str:
    """A mail address, without a name; raises ValueError."""
    text = text.strip()
    if len(text) > 254 or not _ADDRESS.fullmatch(text) or ".." in text:
        raise ValueError("give one mail address such as ada@example.org")
    return text
