"""A PostgreSQL server of one's own for tests, from what the system has installed, in a temporary folder.

The server listens on a socket in that folder alone, and does not wait for the disk. As root it runs as another user,
since it refuses to be root.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from flashcards.database_address import ServerAddress

MISSING = "PostgreSQL is not installed here (postgres and initdb are looked for), so nothing was tested on it."
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Listening:
    """Where a server listens besides its socket: an address of this machine, and who may come there without a word."""

    host: str
    port: int
    network: str


_USERS = ("postgres", "nobody")
_IN_MEMORY = "/dev/shm"  # a disk in memory, on Linux


def find_program(name: str) -> Path | None:
    """Where a program of PostgreSQL's is: on the path, or where Debian puts the newest."""
    found = shutil.which(name)
    if found:
        return Path(found).resolve()
    return max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]), default=None)


def is_installed() -> bool:
    """Whether a server can be started here."""
    return all(find_program(name) for name in ("postgres", "initdb", "pg_ctl"))


class Server:
    """`Server(folder)`: a server in an empty folder, started; `listening` to a network as well, where that is given."""

    def __init__(self, folder: Path, settings: tuple[str, ...] = FAST, listening: Listening | None = None) -> None:
        self.folder = folder
        self._listening = listening
        self._data = folder / "data"
        self._user = _other_user()
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
            folder.chmod(0o711)  # for tests in which root is a plain user: they reach the socket
        self._run(
            "initdb", "-D", self._data, "-U", "tests", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync"
        )
        addresses = f"'{listening.host}'\nport = {listening.port}" if listening else "''"
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(
                "\n".join([*settings, f"listen_addresses = {addresses}", f"unix_socket_directories = '{folder}'", ""])
            )
        if listening:
            with (self._data / "pg_hba.conf").open("a") as file:
                file.write(f"host all all {listening.network} trust\n")
        self.start()

    def start(self) -> None:
        """Starts the server, and waits until it answers."""
        self._run("pg_ctl", "-D", self._data, "-l", self.folder / "log", "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stops the server; `immediate` is as if it were killed."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def url(self, database: str) -> str:
        """The address of a database on it."""
        port = f"&port={self._listening.port}" if self._listening else ""
        return f"postgresql://tests@/{database}?host={quote(str(self.folder), safe='')}{port}"

    def network_url(self, database: str) -> str:
        """The address of a database on it, by the network that it listens to."""
        assert self._listening is not None
        return f"postgresql://tests@{self._listening.host}:{self._listening.port}/{database}"

    def new_database(self, settings: str = "") -> ServerAddress:
        """An empty database on it, made with these settings."""
        import psycopg

        name = f"new{next(_numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 {settings}")
        return ServerAddress(self.url(name))

    def _run(self, program: str, *arguments: object) -> None:
        found = find_program(program)
        assert found is not None, MISSING
        subprocess.run(
            [found, *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            preexec_fn=self._become(),
            cwd=self.folder,
        )

    def _become(self) -> Callable[[], None] | None:
        user = self._user
        if user is None:
            return None

        def become() -> None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)

        return become


def _other_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in _USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("A server cannot run as root, and there is no other user here.")


@contextmanager
def running_server(settings: tuple[str, ...] = FAST, listening: Listening | None = None) -> Iterator[Server]:
    """A server for a block."""
    # Its own folder below the system's: the server's user may not enter pytest's, and a socket's path is short.
    folder = Path(tempfile.mkdtemp(prefix="flashcards-pg-", dir=_IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None))
    server = None
    try:
        server = Server(folder, settings, listening)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
