"""Settings from the environment: read once, checked at once, never read again."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

import platformdirs

from flashcards.database_address import SCHEMES, DatabaseAddress, ServerAddress
from flashcards.errors import Invalid
from flashcards.mail_server import MailServer, mail_address, mail_server

SECRETS = (
    "FLASHCARDS_DATABASE_URL",
    "FLASHCARDS_SMTP_URL",
    "FLASHCARDS_LLM_KEY",
    "FLASHCARDS_ADMIN_PASSWORD",
    "FLASHCARDS_METRICS_TOKEN",
)
"""Settings that may also stand in a file, which `NAME_FILE` names; their values are never repeated in a message."""
Signup = Literal["first", "open", "closed"]
_BASE_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]{1,100}){1,8}")
Log = Literal["text", "json"]
SIGNUPS = ("first", "open", "closed")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Config:
    """Where things are and who may come in.

    `decks` is the folder that is read; `own_decks` is true where the user named it (then nothing is ever copied
    into it). `trusted_hosts` are the names by which browsers may call the server, besides this machine's own;
    empty: any, where the host is not loopback. `trusted_proxies` are the networks whose proxies say truly who is
    asking. `url` is where people reach the server, without a slash at its end; "" where nobody said: then nothing
    is sent that holds a link. `base_path` is the path below which the app lives, such as ``/cards``, or "". `admin`
    and `admin_password` make the first account, where there is none. `llm_url` is where a language model is asked
    to propose ticks in practice; empty: nowhere. `metrics_token` opens `/metrics`, "" for no such page; `log` is
    how the log is written. `backup_hook` is the command that takes each night's backup elsewhere. `mail` is the
    server that reminders go through, from the address `mail_from`. `allowed_networks` are those that learners' own
    addresses may lie in though they are private.
    """

    data: Path
    decks: Path
    own_decks: bool
    database: DatabaseAddress
    host: str = "127.0.0.1"
    port: int = 8000
    signup: Signup = "first"
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    url: str = ""
    base_path: str = ""
    admin: str = ""
    admin_password: str = field(default="", repr=False)
    backup_hook: str = ""
    metrics_token: str = field(default="", repr=False)
    log: Log = "text"
    mail: MailServer | None = None
    mail_from: str = ""
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    llm_url: str = ""
    llm_model: str = "llama3.2"
    llm_key: str = field(default="", repr=False)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server, by itself; a proxy on it may let in others."""
        return _is_this_machine(self.host)

    @property
    def private(self) -> bool:
        """Whether nothing here says that others than people at this machine are to come."""
        return self.loopback and not self.trusted_proxies and all(map(_is_this_machine, self.trusted_hosts))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """Reads the `FLASHCARDS_*` variables.

        Raises Invalid with one line for every bad value, all of them at once.
        """
        settings = _Settings(environ)
        # The usual folder is tried when it is needed: `check` needs none.
        folder = _folder_to_write if settings.text("FLASHCARDS_DATA") else _usual_folder
        data = settings.read("FLASHCARDS_DATA", "", folder)
        values = {**_server(settings), **_addresses(settings), **_first_account(settings), **_upkeep(settings)}
        values |= {**_messages(settings, values["url"]), **_practice_model(settings)}
        values |= _places(settings, data or Path(os.sep))  # where there is no data folder, that is said
        if settings.wrong:
            raise Invalid("\n".join(settings.wrong))
        return cls(data=data, **values)


class _Settings:
    """Reads settings one by one, and keeps what is `wrong` with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.wrong: list[str] = []

    def text(self, name: str) -> str:
        """A setting as it is given, "" where it is not."""
        return self._environ.get(name, "").strip()

    def read(self, name: str, default: str, parse: Callable[[str], Value]) -> Value:
        """A setting as `parse` reads it; None where that raises ValueError."""
        text = self.text(name)
        try:
            if name in SECRETS:
                text = _secret(text, self.text(f"{name}_FILE"))
            return parse(text := text or default)
        except ValueError as error:
            self.wrong.append(f"{name}: {error}" if name in SECRETS else f"{name}={text}: {error}")
            return cast(Value, None)


def _server(settings: _Settings) -> dict[str, Any]:
    return {
        "host": settings.read("FLASHCARDS_HOST", "127.0.0.1", parse_host),
        "port": settings.read("FLASHCARDS_PORT", "8000", parse_port),
        "signup": settings.read("FLASHCARDS_SIGNUP", "first", _signup),
        "trusted_hosts": settings.read("FLASHCARDS_TRUSTED_HOSTS", "", _hosts),
        "trusted_proxies": settings.read("FLASHCARDS_TRUSTED_PROXIES", "", _networks),
    }


def _addresses(settings: _Settings) -> dict[str, Any]:
    """Where people reach the server: both say the same path."""
    url = settings.read("FLASHCARDS_URL", "", _own_url)
    base_path = settings.read("FLASHCARDS_BASE_PATH", urlsplit(url or "").path, _base_path)
    if url and base_path is not None and urlsplit(url).path != base_path:
        settings.wrong.append(f"FLASHCARDS_BASE_PATH={base_path}: FLASHCARDS_URL={url} ends otherwise; let both agree")
    return {"url": url, "base_path": base_path}


def _first_account(settings: _Settings) -> dict[str, Any]:
    admin = settings.read("FLASHCARDS_ADMIN", "", str)
    password = settings.read("FLASHCARDS_ADMIN_PASSWORD", "", str)
    if bool(admin) != bool(password):
        settings.wrong.append(
            "FLASHCARDS_ADMIN: give the name of the first account and its FLASHCARDS_ADMIN_PASSWORD, too"
        )
    return {"admin": admin, "admin_password": password}


def _upkeep(settings: _Settings) -> dict[str, Any]:
    return {
        "backup_hook": settings.read("FLASHCARDS_BACKUP_HOOK", "", _command),
        "metrics_token": settings.read("FLASHCARDS_METRICS_TOKEN", "", _metrics_token),
        "log": settings.read("FLASHCARDS_LOG", "text", _log),
    }


def _messages(settings: _Settings, url: str | None) -> dict[str, Any]:
    """What messages go through; mail holds links, so there must be a `url`."""
    mail = settings.read("FLASHCARDS_SMTP_URL", "", mail_server)
    usual_sender = f"flashcards@{urlsplit(url).hostname}" if url else ""
    mail_from = settings.read("FLASHCARDS_MAIL_FROM", usual_sender if mail else "", _sender)
    if mail and not url:
        settings.wrong.append("FLASHCARDS_SMTP_URL: mail holds links, so set FLASHCARDS_URL, too")
    allowed_networks = settings.read("FLASHCARDS_ALLOWED_NETWORKS", "", _allowed_networks)
    return {"mail": mail, "mail_from": mail_from, "allowed_networks": allowed_networks}


def _practice_model(settings: _Settings) -> dict[str, Any]:
    return {
        "llm_url": settings.read("FLASHCARDS_LLM_URL", "", _model_url),
        "llm_model": settings.read("FLASHCARDS_LLM_MODEL", "llama3.2", str),
        "llm_key": settings.read("FLASHCARDS_LLM_KEY", "", str),
    }


def _places(settings: _Settings, data: Path) -> dict[str, Any]:
    """Where decks and the database are: usually in the folder `data`."""
    usual = f"sqlite:///{data / 'flashcards.sqlite3'}"
    return {
        "own_decks": bool(settings.text("FLASHCARDS_DECKS")),
        "decks": settings.read("FLASHCARDS_DECKS", str(data / "decks"), _folder),
        "database": settings.read("FLASHCARDS_DATABASE_URL", usual, _database),
    }


def database_address(text: str) -> DatabaseAddress:
    """Where a database is that somebody names, as a URL. Raises Invalid, saying how to write it."""
    try:
        return _database(text)
    except ValueError as error:
        raise Invalid(f"The address of the database: {error}.") from error  # it may hold a password


def _is_this_machine(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _usual_folder(_text: str) -> Path:
    """The platform's folder for a user's data; raises ValueError where this user has none."""
    try:
        usual = platformdirs.user_data_dir("flashcards", appauthor=False)
    except RuntimeError as error:  # a user without a home, such as one that systemd makes for a while
        raise ValueError("this user has no home; name a folder") from error
    return _folder(usual)


def _folder(text: str) -> Path:
    try:
        path = Path(text).expanduser()
        if _is_there(path) and not path.is_dir():
            raise ValueError("this is a file; name a folder")
        return path.absolute()
    except OSError as error:
        raise ValueError(f"{error.strerror}; name a folder that you can read") from error
    except RuntimeError as error:  # ~nobody/data
        raise ValueError("there is no such home folder; name a folder") from error


def _is_there(path: Path) -> bool:
    """Whether there is such a path; raises OSError where that cannot be known, which `exists` of Python 3.14 hides."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _folder_to_write(text: str) -> Path:
    """A folder that is there and can be written, or that can be made."""
    path = _folder(text)
    try:
        nearest = next(folder for folder in (path, *path.parents) if _is_there(folder))
        if nearest != path:
            # Asking for rights is not enough: some file systems refuse all the same.
            Path(tempfile.mkdtemp(prefix=".flashcards-", dir=nearest)).rmdir()
    except OSError as error:
        raise ValueError(f"the folder cannot be made ({error.strerror}); name another") from error
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ValueError("the folder cannot be written; name another, or change who may write there")
    return path


def parse_host(text: str) -> str:
    """A host name or address; raises ValueError with what to do. Whether it exists shows when it is used."""
    if any(character.isspace() or character in "/@" for character in text) or _is_broken_address(text):
        raise ValueError("give a host name or an address such as 127.0.0.1, without a port")
    return text


def _is_broken_address(text: str) -> bool:
    """Whether it is written like an address, but is none: 999.1.1.1, ::g, localhost:8000."""
    if ":" not in text and text.replace(".", "").strip("0123456789"):
        return False
    try:
        ip_address(text.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return True
    return False


def _hosts(text: str) -> tuple[str, ...]:
    """Names separated by spaces or commas."""
    names = tuple(parse_host(name) for name in text.replace(",", " ").split())
    if any("*" in name for name in names):
        raise ValueError("a star stands for no name here; write each name out")
    return names


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks of proxies, separated by spaces or commas."""
    return _all_networks(text, "those of your proxies", "anybody could say who they are; name your proxies")


def _allowed_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks, separated by spaces or commas, that learners may have messages sent to."""
    return _all_networks(text, "those that messages may go to", "nothing would be refused; name the networks")


def _all_networks(text: str, which: str, why_not_all: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(_network(it, which, why_not_all) for it in text.replace(",", " ").split())


def _network(text: str, which: str, why_not_all: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text} is no address; give {which}, or their networks, such as 10.0.0.0/8") from None
    if network.prefixlen == 0:
        raise ValueError(f"{text} is every address: {why_not_all}")
    return network


def _own_url(text: str) -> str:
    """The address of the server as people see it; empty where nobody said."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        good = good and not (parts.query or parts.fragment or parts.username) and text.isascii() and text.isprintable()
    except ValueError:
        good = False
    if text and (not good or " " in text):
        raise ValueError("give the address under which people reach the server, such as https://cards.example.org")
    return text.rstrip("/")


def _command(text: str) -> str:
    """A command with its arguments, as a shell would split it; "" for none."""
    words = shlex.split(text)
    if text and not words:
        raise ValueError("give a command, such as /usr/local/bin/keep-elsewhere --to backups")
    if words and shutil.which(words[0]) is None:
        raise ValueError("there is no such program; give its whole path, and make it executable")
    return text


def _metrics_token(text: str) -> str:
    """A secret of 16 characters or more, "" for none; what counts requests must be there."""
    if text and (len(text) < 16 or not text.isascii() or not text.isprintable() or " " in text):
        raise ValueError("give at least 16 letters and digits, such as `openssl rand -hex 16` prints")
    if text and find_spec("prometheus_client") is None:
        raise ValueError("figures need a library more: pip install 'flashcards-in-git[metrics]'")
    return text


def _log(text: str) -> str:
    if text not in {"text", "json"}:
        raise ValueError("give one of text, json")
    return text


def _base_path(text: str) -> str:
    """A path such as /cards, without a slash at its end; "" for the whole host."""
    path = text.rstrip("/")
    if path and not _BASE_PATH.fullmatch(path):
        raise ValueError("give a path such as /cards, of letters, digits, dashes and dots")
    return path


def _sender(text: str) -> str:
    return mail_address(text) if text else ""


def _model_url(text: str) -> str:
    """The address below which a server speaks the chat format of OpenAI; empty for none."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname and not parts.query and parts.port != 0
    except ValueError:
        good = False
    if text and not good:
        raise ValueError("give an address such as http://localhost:11434/v1")
    return text


def _secret(text: str, path: str) -> str:
    """The setting itself, or what stands in the file that is named instead; raises ValueError."""
    if text and path:
        raise ValueError("it is given twice: by itself, or by a file with _FILE at the name's end")
    if not path:
        return text
    try:
        secret = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"the file {path} cannot be read; name one that holds the secret alone") from None
    if not secret:
        raise ValueError(f"the file {path} is empty; write the secret into it, or do not name it")
    return secret


def parse_port(text: str) -> int:
    """A TCP port, 1 to 65535; raises ValueError with what to do."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ValueError("give a port from 1 to 65535")
    return int(text)


def _signup(text: str) -> str:
    if text not in SIGNUPS:
        raise ValueError("give one of first, open, closed")
    return text


def _database(url: str) -> DatabaseAddress:
    scheme, separator, rest = url.partition("://")
    if separator and scheme in SCHEMES:
        return ServerAddress(url)
    if not separator or scheme != "sqlite":
        raise ValueError("write sqlite:///relative/path, sqlite:////absolute/path or postgresql://user@host/database")
    path = Path(rest.removeprefix("/")).expanduser()
    if not rest.startswith("/") or not path.name:
        raise ValueError("write sqlite:///relative/path or sqlite:////absolute/path")
    if path.name == ":memory:":
        raise ValueError("a database in memory would lose every answer; name a file")
    try:
        if _is_there(path) and path.is_dir():
            raise ValueError("this is a folder; name a file")
    except OSError as error:
        raise ValueError(f"{error.strerror}; name a file that you can read") from error
    return path.absolute()
