"""SQLite in a file: in WAL mode, durable at each commit, one connection per thread and one for all that is written.

Five rules that the measurements behind this file made:

- Every write begins IMMEDIATE. A transaction that reads first and writes later fails at once with "database
  is locked" when another wrote in between.
- Threads of one process queue at a lock of ours before they queue at SQLite's, whose back-off starves them
  for seconds. Web requests do not queue for long: while eight wait, nobody answers those who read.
- Who waits for the disk holds that lock no more: all who have committed meanwhile wait for it together.
- All of them write over one connection, and read over their own. What a connection has read of the file is worth
  nothing to it once another has written: eight that wrote in turn read fifty pages anew for each answer.
- Nothing in this process may open the file with another copy of SQLite (the standard library's ``sqlite3``
  included): POSIX file locks of one process know nothing of each other, and the file is corrupted. The
  driver here is the one that peewee picked, for backups too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import peewee

from flashcards.domain.ids import LearnerId
from flashcards.errors import Unavailable
from flashcards.storage import locks
from flashcards.storage.database import (
    HURRIED_SECONDS,
    UPGRADED_BY,
    Database,
    Row,
    TellAfter,
    Values,
    our_migrations,
)
from flashcards.storage.dialects import SQLITE
from flashcards.storage.fair_lock import MOMENT_SECONDS, FairLock, Place
from flashcards.storage.group_sync import GroupSync
from flashcards.storage.sqlite_driver import BUSY_SECONDS, Connections, connections_of, driver
from flashcards.storage.sqlite_errors import busy, translate, translated
from flashcards.storage.sqlite_files import identity_of, log_paths, open_lock, size_of
from flashcards.storage.sqlite_versions import APPLIED, newer, versions

_BEGIN_WRITE = "BEGIN IMMEDIATE"
_COMMIT_SOON = "PRAGMA synchronous = NORMAL"
"""Whoever commits waits for the disk outside of SQLite: see `group_sync`."""
BRIEF_SECONDS = 0.5
SHORT_SECONDS = 3.0
MOST_WAITING = 4
"""How many web requests may wait for a writer who has been at it for longer than briefly, and at all for longer than
that short time: the other threads of the server are left to whoever reads."""
_WRITER_KIB = 4000
"""What the connection of all writes keeps of the file in memory."""
_LOG_PAGES = 4000
"""From so many pages on, 16 MB, SQLite folds its log into the file, and the writer waits twice for the disk meanwhile:
four times as many as it would choose itself, since an answer is a dozen pages, mostly the same ones again."""


class _Thread(threading.local):
    """What a thread has of a database: its connection, and what it is in the middle of."""

    connection: Any = None
    """Its own, over which it reads."""
    within: Any = None
    """The connection of the transaction that it is in: its own, or that of all writes."""
    room: int | None = None
    """How many KiB of the file its writes may keep in memory, where it is another number than usual."""
    give_way: Callable[[], None] | None = None
    """Of a thread that answers web requests, which is in a hurry: what it calls before it waits."""
    tell_after: TellAfter | None = None
    """Of such a thread: what it asks whether it has to wait itself."""
    unwaited: int | None = None
    """Within `waiting_once` the last commit of which nobody knows yet whether it is on the disk."""


class SqliteDatabase(Database):
    """A database file, opened. Reads see a committed state; writes are made within `write()`."""

    dialect = SQLITE

    def __init__(self, peewee_database: Connections, path: Path, lock: int | None) -> None:
        self.address = self.path = path
        self._name = os.fspath(path)
        self._file = identity_of(self._name)
        self._peewee = peewee_database
        self._open_lock = lock
        self._write_lock = FairLock()
        self._writer: Any = None
        """Belongs to whoever holds the lock."""
        self._writer_waits = -1.0
        self._group = GroupSync(log_paths(path)[0])
        self._patient = threading.BoundedSemaphore(MOST_WAITING)
        self._local = _Thread()
        self._known: set[str] | None = None
        """Our migrations when it was opened: the program's files may be newer ones by now."""
        self._seen_schema: int | None = None
        """SQLite's own number of the schema that was last found to be ours."""

    @classmethod
    def open_file(cls, path: Path, *, read_only: bool = False, older: bool = False) -> SqliteDatabase:
        """Opens the file that `migrate` made.

        While it is open, a shared lock on ``<path>.lock`` tells `restore` to keep off. Raises Unavailable
        where the file is missing, is no database, cannot be written, or is of another version than ours; with
        `older` only where it is newer.
        """
        if not path.is_file():
            raise Unavailable(f"There is no database at {path}.")
        database = cls(connections_of(path, read_only=read_only), path, open_lock(path, read_only=read_only))
        try:
            missing, unknown = versions(database)
            if unknown:
                raise Unavailable(newer(path, unknown))
            if missing and not older:
                raise Unavailable(f"The database {path} is older than this program: {UPGRADED_BY}.")
            database._known = our_migrations()
        except BaseException:
            database.close()
            raise
        return database

    def connection(self) -> Any:
        """The driver's connection that this thread's statements run on now; its own is made at its first use.

        A commit on it waits for no disk: that is for `write`, `read` and the methods that run statements.
        """
        connection = self._local.within or self._local.connection
        if connection is None:
            with translated(self.path):
                connection = self._local.connection = self._peewee.connection()  # type: ignore[no-untyped-call]
                connection.execute(_COMMIT_SOON)
            self._wait_at_lock(connection, self._patience())
        return connection

    def _connection_to_write(self, *, wait: bool) -> Any:
        """The one connection of all writes, for whoever has the turn; made at its first use."""
        with translated(self.path):
            if self._writer is None:
                self._writer, self._writer_waits = self._peewee.another(), -1.0
                self._writer.execute(_COMMIT_SOON)
                self._writer.execute(f"PRAGMA cache_size = {-_WRITER_KIB}")
                self._writer.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
            seconds = self._patience() if wait else 0.0
            if seconds != self._writer_waits:
                self._wait_at_lock(self._writer, seconds)
                self._writer_waits = seconds
        return self._writer

    def hurry_thread(self, give_way: Callable[[], None], tell_after: TellAfter | None = None) -> None:
        """From now on this thread, which answers web requests, gives up early where it would wait to write."""
        if not self._is_hurried() and self._local.connection is not None:
            self._wait_at_lock(self._local.connection, HURRIED_SECONDS)
        self._local.give_way, self._local.tell_after = give_way, tell_after

    def _is_hurried(self) -> bool:
        return self._local.give_way is not None

    def _give_way(self) -> None:
        if self._local.give_way is not None:
            self._local.give_way()

    def _patience(self) -> float:
        return HURRIED_SECONDS if self._is_hurried() else BUSY_SECONDS

    def _wait_at_lock(self, connection: Any, seconds: float) -> None:
        """How long a connection waits for the lock of another process."""
        with translated(self.path):
            connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def execute(self, sql: str, params: Values = ()) -> Any:
        """Runs one statement and returns the driver's cursor; rows are tuples.

        Raises Unavailable where the disk or a lock stops it, and `IntegrityError` as the driver does.
        """
        try:
            if self._local.within is not None:
                return self._local.within.execute(sql, params)
            with self._alone() as connection:
                return connection.execute(sql, params)
        except driver.DatabaseError as error:
            raise translate(error, self.path) from error

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs one statement for each of `rows`."""
        try:
            if self._local.within is not None:
                self._local.within.executemany(sql, rows)
                return
            with self._alone() as connection:
                connection.executemany(sql, rows)
        except driver.DatabaseError as error:
            raise translate(error, self.path) from error

    @contextmanager
    def _alone(self) -> Iterator[Any]:
        """This thread's connection, for what is no part of a `write()`: if it changes anything, the disk is waited for.

        SQLite itself does not: see the module `group_sync`.
        """
        connection = self.connection()
        before = connection.total_changes
        yield connection
        if connection.total_changes != before:
            self._wait_for_disk(self._group.committed())

    def all(self, sql: str, params: Values = ()) -> list[Row]:
        """The rows of a query."""
        try:
            rows: list[Row] = self.connection().execute(sql, params).fetchall()
        except driver.DatabaseError as error:
            raise translate(error, self.path) from error
        return rows

    def one(self, sql: str, params: Values = ()) -> Row | None:
        """The first row of a query, or None."""
        try:
            row: Row | None = self.connection().execute(sql, params).fetchone()
        except driver.DatabaseError as error:
            raise translate(error, self.path) from error
        return row

    def each(self, sql: str, params: Values = ()) -> Iterator[Row]:
        """The rows of a query one by one, as far as they are taken: within one transaction."""
        with translated(self.path):
            cursor = self.connection().execute(sql, params)
            try:
                yield from cursor
            finally:
                cursor.close()

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Adds very many rows to a table, within `write()`."""
        names, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        self.executemany(f"INSERT INTO {table}({names}) VALUES ({places})", rows)

    def number_on(self, table: str, column: str) -> None:
        """Nothing: SQLite looks for the largest number itself."""

    @contextmanager
    def write(self, *, wait: bool = True, learner: LearnerId | None = None, told_later: bool = False) -> Iterator[None]:
        """One IMMEDIATE transaction, alone in this process: committed durably at the end, or not at all.

        A file has one writer at a time, whoever the `learner` is. With `wait` false it is made now or never. Raises
        Unavailable where the disk is full, read-only or busy, and where a newer program has upgraded the file while
        this one used it; then nothing of it is stored.
        """
        if self._depth():
            raise RuntimeError("A write begins a transaction of its own: it cannot begin within another.")
        if not self._take_turn(wait):
            raise busy(self.path)
        try:
            self._check_place()
            self._check_disk()
            with self._room_to_write(self._connection_to_write(wait=wait)) as connection:
                yield from self._transaction(connection, _BEGIN_WRITE)
            number = self._group.committed()
        finally:
            self._write_lock.taken.release()
            self._write_lock.call_next()
        self._wait_for_disk(number, told_later=told_later)

    def _check_place(self) -> None:
        """What is written to a file that was moved or replaced is missing at the next start."""
        if identity_of(self._name) != self._file:
            raise Unavailable(
                f"The database {self.path} was moved or replaced while it was open. Nothing was stored: put it back, or"
                " start the server again."
            )

    def _check_disk(self) -> None:
        try:
            self._group.check()
        except OSError as error:
            raise self._disk_failed(error) from error

    def _wait_for_disk(self, number: int, *, told_later: bool = False) -> None:
        """Returns when the commit with that number is on the disk; at once within `waiting_once`.

        With `told_later` also where somebody else waits for it instead, before anything is told.
        """
        if self._local.unwaited is not None:
            self._local.unwaited = number
            return
        tell_after = self._local.tell_after
        if told_later and tell_after is not None and tell_after(partial(self._reach_disk, number)):
            return
        self._give_way()
        self._reach_disk(number)

    def _reach_disk(self, number: int) -> None:
        try:
            self._group.wait(number)
        except OSError as error:
            raise self._disk_failed(error) from error

    def _disk_failed(self, error: OSError) -> Unavailable:
        return Unavailable(
            f"The disk of {self.path} failed ({error.strerror}). Look after it, and start the server again."
        )

    def _take_turn(self, wait: bool) -> bool:
        """Takes the lock of this process's writers; false where that would take too long."""
        if self._write_lock.acquire():
            return True
        if not wait:
            return False
        place = self._write_lock.place()
        try:
            return self._wait_in_line(place) if self._is_hurried() else place.wait()
        finally:
            place.leave()

    def _wait_in_line(self, place: Place) -> bool:
        # Who waits no longer than a moment need not let others compute meanwhile: they would be too many soon.
        if place.wait(MOMENT_SECONDS):
            return True
        self._give_way()
        if not self._patient.acquire(blocking=False):
            # So many wait already: behind a writer who has been at it for long, one more would be too many.
            return place.wait(SHORT_SECONDS, unmoved_seconds=BRIEF_SECONDS)
        try:
            return place.wait(HURRIED_SECONDS)
        finally:
            self._patient.release()

    @contextmanager
    def _room_to_write(self, connection: Any) -> Iterator[Any]:
        """The connection, which keeps as much of the file in memory as this thread has asked for."""
        room = self._local.room
        if room is None:
            yield connection
            return
        connection.execute(f"PRAGMA cache_size = {-room}")
        try:
            yield connection
        finally:
            connection.execute(f"PRAGMA cache_size = {-_WRITER_KIB}")

    @contextmanager
    def read(self) -> Iterator[None]:
        """A consistent read: every statement within sees the same state. Within `write()` it adds nothing.

        Whatever writes in it all the same waits for the disk at the end.
        """
        if self._depth():
            yield
            return
        with self._alone() as connection:
            yield from self._transaction(connection, "BEGIN DEFERRED")

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Waits until no other process or thread is within the turn of this name, and keeps others out of it."""
        with locks.held(self.path.with_name(f"{self.path.name}.{name}")):
            yield

    def damage(self) -> Iterator[str]:
        """What SQLite's own examination finds wrong with the file."""
        for (line,) in self.each("PRAGMA integrity_check"):
            if line != "ok":
                yield line

    def dangling(self) -> Iterator[str]:
        """Rows that refer to rows that are not there."""
        for table, row, parent, _ in self.each("PRAGMA foreign_key_check"):
            yield f"{table}, row {row}: what it refers to in {parent} is not there"

    def size(self) -> int:
        """How much room the file and its log take."""
        return sum(map(size_of, (self.path, *log_paths(self.path))))

    @contextmanager
    def long_read(self) -> Iterator[None]:
        """`read()` for what goes through whole tables: what is sorted lies in files meanwhile, and not in memory.

        Within a transaction it adds nothing.
        """
        if self._depth():
            yield
            return
        self.execute("PRAGMA temp_store = file")
        try:
            with self.read():
                yield
        finally:
            self.execute("PRAGMA temp_store = memory")

    @contextmanager
    def room(self, kib: int) -> Iterator[None]:
        """Lets what this thread writes keep so much of the file in memory."""
        self._local.room = kib
        try:
            yield
        finally:
            self._local.room = None

    @contextmanager
    def waiting_once(self) -> Iterator[None]:
        """Writes within are transactions as ever, but the disk is waited for at the end, once for all of them.

        Nobody may be told of any of them before. Not within a transaction, and not within itself.
        """
        self._local.unwaited = 0
        try:
            yield
        finally:
            number, self._local.unwaited = self._local.unwaited, None
            if number:
                self._wait_for_disk(number)

    def backup(self, target: Path, told: Path) -> None:
        """Copies a consistent state into the new file `target`, in one step, under load as well.

        Raises Unavailable, in which the file is called `told`: a temporary name says nothing to anybody.
        """
        with translated(told):
            copy = driver.connect(str(target))
            try:
                self.connection().backup(copy)
            finally:
                copy.close()

    def close_thread(self) -> None:
        """Closes this thread's connection, if it has one."""
        if self._local.connection is not None:
            self._local.connection = None
            self._peewee.close()

    def close(self) -> None:
        """Closes every connection and gives the lock back. Other threads must have finished."""
        self._local, self._writer = _Thread(), None
        self._peewee.close_all()
        self._group.close()
        if self._open_lock is not None:
            locks.release(self._open_lock)
            self._open_lock = None

    @property
    def is_in_transaction(self) -> bool:
        """Whether this thread is within a read or a write."""
        return self._depth()

    def _depth(self) -> bool:
        return self._local.within is not None

    def _transaction(self, connection: Any, begin: str) -> Iterator[None]:
        local = self._local
        try:
            connection.execute(begin)
            local.within = connection
            try:
                if begin == _BEGIN_WRITE:
                    self._check_version(connection)
                yield
                connection.execute("COMMIT")
            finally:
                local.within = None
                if connection.in_transaction:  # an error; SQLite itself has rolled back after a full disk
                    connection.execute("ROLLBACK")
        except (driver.DatabaseError, peewee.DatabaseError) as error:
            raise translate(error, self.path) from error

    def _check_version(self, connection: Any) -> None:
        """Raises Unavailable where a newer program has upgraded the file; looks closer only where the schema changed.

        Within a write, and there alone: nobody can upgrade it meanwhile, and who only reads harms nothing.
        """
        (schema,) = connection.execute("PRAGMA schema_version").fetchone()
        if self._known is None or schema == self._seen_schema:
            return
        applied = {name for (name,) in connection.execute(APPLIED)}
        if unknown := applied - self._known:
            raise Unavailable(newer(self.path, unknown))
        self._seen_schema = schema
