"""The one road to the database, whichever it is: SQLite in a file, or PostgreSQL on a server.

Everything that is stored is read and written through `Database`. What a kind of database needs besides stands in its
module, `sqlite_database` and `postgresql_database`; who uses a database sees no difference.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import peewee

from flashcards.database_address import DatabaseAddress
from flashcards.domain.ids import LearnerId
from flashcards.storage.dialects import Dialect

IntegrityError: type[Exception] = vars(peewee)["sqlite3"].IntegrityError
"""A rule of a table was broken: the driver of SQLite says so itself, and PostgreSQL's are translated into it."""
Row = tuple[Any, ...]
Values = Sequence[Any] | dict[str, Any]
"""Of a statement with the placeholders ``?`` (or ``?1``), or with names such as ``:deck``."""
TellAfter = Callable[[Callable[[], None]], bool]
"""Whether whoever asked for a write is told of it only once what is given has returned, which waits for the disk (and
raises Unavailable where that fails): then who has written need not wait.
"""

MIGRATIONS = Path(__file__).parent / "migrations"
KEPT_STATEMENTS = 500
"""So many statements are kept compiled on each connection: more than one executes again and again.

SQLite's driver keeps 128 unless it is told, and of them those that were used most: what came late, as an answer does
after pages, was compiled anew each time, for as long as the connection lived.
"""
HURRIED_SECONDS = 4.0
"""How long a web request waits for its turn to write, and then for another process's lock."""
RETRY_AFTER = 5
UPGRADED_BY = "it needs a migration, which `flashcards sync` or a start of the server makes, after a backup"


class Lease(Protocol):
    """A turn that one process keeps for as long as it lives."""

    def acquire(self) -> bool:
        """Whether this process has the turn now; asking again while it has it is harmless. Raises Unavailable."""

    def holds(self) -> bool:
        """Whether this process still has the turn."""

    def release(self) -> None:
        """Lets another process have the turn."""


class Database(ABC):
    """A database, opened. Reads see a committed state; writes are made within `write()`."""

    dialect: Dialect
    """For which prepared queries are built."""
    address: DatabaseAddress

    @staticmethod
    def open(address: DatabaseAddress, *, read_only: bool = False, older: bool = False) -> Database:
        """Opens what `migrate` made.

        Raises Unavailable where there is no database, or one that cannot be used or is of another version than ours;
        with `older` only where it is newer.
        """
        if isinstance(address, Path):
            from flashcards.storage.sqlite_database import SqliteDatabase

            return SqliteDatabase.open_file(address, read_only=read_only, older=older)
        from flashcards.storage.postgresql_database import PostgresqlDatabase

        return PostgresqlDatabase.open_server(address, older=older)

    @abstractmethod
    def hurry_thread(self, give_way: Callable[[], None], tell_after: TellAfter | None = None) -> None:
        """From now on this thread, which answers web requests, gives up early where it would wait to write.

        It calls `give_way` before it waits for the disk, for its turn or for a server: others may compute meanwhile.
        After a write that may be told later, it asks `tell_after` whether it need not wait for the disk at all.
        """

    @abstractmethod
    def execute(self, sql: str, params: Values = ()) -> Any:
        """Runs one statement and returns the driver's cursor; rows are tuples.

        Raises Unavailable where the machine or a lock stops it, and `IntegrityError` where a table's rule does.
        """

    def tell(self, sql: str, params: Values = ()) -> None:
        """Runs one statement that changes something, of which the caller wants to hear nothing.

        A server is told of it, within `write()`, together with what is said next, or with the commit: so one way there
        and back does for many statements. What is wrong with it is raised then.
        """
        self.execute(sql, params)

    @abstractmethod
    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs one statement that changes something for each of `rows`; one of a single row as `tell` does."""

    @abstractmethod
    def all(self, sql: str, params: Values = ()) -> list[Row]:
        """The rows of a query."""

    @abstractmethod
    def one(self, sql: str, params: Values = ()) -> Row | None:
        """The first row of a query, or None."""

    @abstractmethod
    def each(self, sql: str, params: Values = ()) -> Iterator[Row]:
        """The rows of a query one by one, as far as they are taken: within one transaction."""

    @abstractmethod
    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Adds very many rows to a table, within `write()`; names come from constants."""

    @abstractmethod
    def number_on(self, table: str, column: str) -> None:
        """Lets the numbers that the database itself gives go on behind those that are in the column."""

    @abstractmethod
    def write(
        self, *, wait: bool = True, learner: LearnerId | None = None, told_later: bool = False
    ) -> AbstractContextManager[None]:
        """One transaction: committed durably at the end, or not at all.

        Writers take turns. Who gives a `learner` changes nothing but what is this learner's, and at most one card of
        everybody's: where the database can, such writers wait for those of the same learner alone, and for those who
        give none. With `wait` false it is made now or never. Raises Unavailable where the disk is full, read-only or
        busy; then nothing of it is stored.

        With `told_later` it may return before the disk has it, in a thread that answers web requests, whose answer is
        then held back until it has: nobody else may be told, and nothing else be done with it. See `hurry_thread`.
        """

    @abstractmethod
    def read(self) -> AbstractContextManager[None]:
        """A consistent read: every statement within sees the same state. Within `write()` it adds nothing."""

    @abstractmethod
    def long_read(self) -> AbstractContextManager[None]:
        """`read()` for what goes through whole tables: what is sorted lies in files meanwhile, and not in memory.

        Within a transaction it adds nothing.
        """

    @abstractmethod
    def room(self, kib: int) -> AbstractContextManager[None]:
        """Lets this thread keep so much of the database in memory, for a write of very many rows."""

    @abstractmethod
    def waiting_once(self) -> AbstractContextManager[None]:
        """Writes within are transactions as ever, but the disk is waited for at the end, once for all of them.

        Nobody may be told of any of them before. Not within a transaction, and not within itself.
        """

    @abstractmethod
    def turn(self, name: str) -> AbstractContextManager[None]:
        """Waits until no other process or thread is within the turn of this name, and keeps others out of it."""

    def lease(self, name: str) -> Lease | None:
        """The lease of this name among all hosts; None where the database is a file, and so of one host."""
        return None

    @abstractmethod
    def damage(self) -> Iterator[str]:
        """What the database itself finds wrong with its files: a sentence each."""

    @abstractmethod
    def dangling(self) -> Iterator[str]:
        """Rows that refer to rows that are not there, though a foreign key holds them to it: a sentence each."""

    @abstractmethod
    def size(self) -> int:
        """How much room the database takes, in bytes; 0 where that cannot be said."""

    @abstractmethod
    def backup(self, target: Path, told: Path) -> None:
        """Copies a consistent state into the new file `target`, in one step, under load as well.

        Raises Unavailable, in which the file is called `told`: a temporary name says nothing to anybody.
        """

    @abstractmethod
    def close_thread(self) -> None:
        """Closes this thread's connection, if it has one."""

    @abstractmethod
    def close(self) -> None:
        """Closes every connection. Other threads must have finished."""

    @property
    @abstractmethod
    def is_in_transaction(self) -> bool:
        """Whether this thread is within a read or a write."""


def migrate(address: DatabaseAddress, before: Callable[[set[str]], None] = lambda _missing: None) -> list[str]:
    """Makes the database or brings it up to date; returns the names of the migrations that it ran.

    To be called once, before anything opens it. Processes that start together take turns. `before` is called with the
    names of the migrations that a database of an older version lacks, before any of them runs; what it raises stops
    them. Raises Unavailable where the database is newer than this program, or cannot be written.
    """
    if isinstance(address, Path):
        from flashcards.storage.sqlite_upkeep import migrate_file

        return migrate_file(address, before)
    from flashcards.storage.postgresql_database import migrate_server

    return migrate_server(address, before)


def count_accounts(address: DatabaseAddress) -> int:
    """How many accounts the database holds; 0 where there is none, or nothing in it. Raises Unavailable."""
    if isinstance(address, Path):
        from flashcards.storage.sqlite_upkeep import count_accounts_in_file

        return count_accounts_in_file(address)
    from flashcards.storage.postgresql_database import count_accounts_on_server

    return count_accounts_on_server(address)


def migrations_folder() -> Path:
    """Where the migrations are."""
    return MIGRATIONS


def our_migrations() -> set[str]:
    """The names of all migrations that this program has."""
    return {file.stem for file in MIGRATIONS.glob("[0-9]*.py")}
