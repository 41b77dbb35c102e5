"""Where the database is: a file of SQLite's, or a server that speaks PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

SCHEMES = ("postgresql", "postgres")
_HALF_ESCAPED = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A database on a PostgreSQL server; `url` may hold a password, so it is shown by `str` without it."""

    url: str = field(repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in SCHEMES:
            raise ValueError("give an address such as postgresql://user@host/database")
        if parts.netloc.count("@") > 1 or _HALF_ESCAPED.search(parts.netloc + parts.path):
            raise ValueError("in names and passwords write % as %25, @ as %40, / as %2F and : as %3A")
        if not parts.path.strip("/") or "/" in parts.path.strip("/"):
            raise ValueError("name the database: postgresql://user@host/database")
        try:
            parts.port  # noqa: B018  # it is read to be checked
        except ValueError:
            raise ValueError("the port is no number from 0 to 65535") from None

    @property
    def name(self) -> str:
        """The database's name on its server."""
        return unquote(urlsplit(self.url).path.strip("/"))

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        user = parts.username or ""
        host = parts.netloc.rpartition("@")[2]
        shown = SplitResult(parts.scheme, f"{user}@{host}" if user else host, parts.path, "", "")
        return urlunsplit(shown)


DatabaseAddress = Path | ServerAddress
"""A file of SQLite's, or a database on a server."""


def may_be_there(address: DatabaseAddress) -> bool:
    """Whether a database can be at the address: a file that exists, or whatever a server has."""
    return address.is_file() if isinstance(address, Path) else True
