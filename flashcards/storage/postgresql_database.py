"""PostgreSQL: a connection for each thread, made anew when the server was gone.

Three rules that make concurrent writers as safe as SQLite's one:

- Every write begins with a lock. Who writes for one learner holds the lock of all writers together with others, and
  that of the learner alone; all others (a sync, an import, an account) hold the first one alone.
- READ COMMITTED, since the lock is what keeps writers apart; `read()` is REPEATABLE READ, so that every statement
  within sees the same state.
- What an answer was acknowledged with is on the disk: `synchronous_commit` is on, whatever the server's default.
"""

from __future__ import annotations

import itertools
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from flashcards.database_address import ServerAddress
from flashcards.domain.ids import LearnerId
from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.errors import Conflict, Unavailable
from flashcards.storage.database import (
    HURRIED_SECONDS,
    KEPT_STATEMENTS,
    UPGRADED_BY,
    Database,
    Row,
    TellAfter,
    Values,
    our_migrations,
)
from flashcards.storage.dialects import POSTGRESQL
from flashcards.storage.postgresql_driver import ADAPTERS, translated, translated_rows
from flashcards.storage.postgresql_dump import dump, load_dump
from flashcards.storage.postgresql_errors import translate, translating, unreachable
from flashcards.storage.postgresql_lease import ServerLease
from flashcards.storage.postgresql_migrations import bring_up_to_date
from flashcards.storage.postgresql_schema import statements

OLDEST = 15
"""The oldest major version of the server that is tested."""
_CONNECT_SECONDS = 5
_PATIENT_SECONDS = 60
"""How long whoever is not hurried waits for a lock: no writer takes longer, and a deadlock would be told of."""
_GONE_SECONDS = 25
"""After how long without a sign of the other side both hold it to be gone: whoever vanishes in the middle of a write
holds a lock that all other writers wait for. Servers and systems come with two hours."""
_ASKED_AFTER, _ASKED_EVERY, _ASKED_TIMES = 10, 5, 3
_STANDS_STILL_SECONDS = 300
"""After how long within a write, or a read, that says nothing its process is held to stand still."""
_SETTINGS = (
    "SET synchronous_commit = on; SET jit = off; SET lock_timeout = {}; "
    f"SET tcp_keepalives_idle = {_ASKED_AFTER}; SET tcp_keepalives_interval = {_ASKED_EVERY}; "
    f"SET tcp_keepalives_count = {_ASKED_TIMES}; SET tcp_user_timeout = {_GONE_SECONDS * 1000}; "
    f"SET idle_in_transaction_session_timeout = {_STANDS_STILL_SECONDS * 1000}"
)
_SIGNS_OF_LIFE = {  # the same from this side; who says otherwise in the address is heard
    "keepalives_idle": _ASKED_AFTER,
    "keepalives_interval": _ASKED_EVERY,
    "keepalives_count": _ASKED_TIMES,
    "tcp_user_timeout": _GONE_SECONDS * 1000,
}
_ALL_WRITERS = zlib.crc32(b"flashcards: all writers")
"""The number of the advisory lock that a write takes; shared by those that lock their learner as well."""
_LEARNERS = zlib.crc32(b"flashcards: learners") >> 1
"""The first number of the advisory lock of a learner, which has two."""
_LOCKS = {  # by whether it waits, and whether it is a learner's; always in this order, so that nobody waits in a circle
    (True, False): f"SELECT pg_advisory_xact_lock({_ALL_WRITERS})",
    (True, True): f"SELECT pg_advisory_xact_lock_shared({_ALL_WRITERS})::text ||"
    f" pg_advisory_xact_lock({_LEARNERS}, %s::int)::text",
    (False, False): f"SELECT pg_try_advisory_xact_lock({_ALL_WRITERS})",
    (False, True): f"SELECT CASE WHEN pg_try_advisory_xact_lock_shared({_ALL_WRITERS})"
    f" THEN pg_try_advisory_xact_lock({_LEARNERS}, %s::int) ELSE false END",
}
_FOREIGN_KEYS = """
    SELECT k.conrelid::regclass::text, quote_ident(a.attname), k.confrelid::regclass::text, quote_ident(b.attname)
    FROM pg_constraint k
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
    WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace ORDER BY 1, 2
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    AND (application_name = 'flashcards' OR application_name LIKE 'flashcards:lease %')
"""
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_unsure = itertools.count()


class PostgresqlDatabase(Database):
    """A database on a server, opened."""

    dialect = POSTGRESQL

    def __init__(self, address: ServerAddress) -> None:
        self.address = self._address = address
        self._local = threading.local()
        self._all: set[Any] = set()
        self._all_lock = threading.Lock()
        self._known: set[str] | None = None
        """Our migrations when it was opened: the program's files may be newer ones by now."""

    @classmethod
    def open_server(cls, address: ServerAddress, *, older: bool = False) -> PostgresqlDatabase:
        """Opens the database that `migrate` made.

        Raises Unavailable where the server cannot be reached, and where the database is of another version than ours,
        of another program, or cannot hold our texts; with `older` not where it is older.
        """
        database = cls(address)
        try:
            missing, unknown = database.versions()
            if unknown:
                raise Unavailable(_newer(address, unknown))
            if missing and not older:
                raise Unavailable(f"The database {address} is older than this program: {UPGRADED_BY}.")
            database._known = our_migrations()
        except BaseException:
            database.close()
            raise
        return database

    # --- connections

    def connection(self) -> Any:
        """This thread's connection of the driver; made at its first use, and anew where it was lost."""
        connection = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            if self.is_in_transaction:  # what it has written is gone; the rest of it must not be stored alone
                raise unreachable(self._address, ConnectionError("the connection was lost"))
            self._drop()
            connection = self._local.connection = self._connect()
        return connection

    def _connect(self) -> Any:
        seconds = HURRIED_SECONDS if getattr(self._local, "hurried", False) else _PATIENT_SECONDS
        try:
            said = conninfo_to_dict(self._address.url)
            info = make_conninfo(
                self._address.url,
                **{name: value for name, value in _SIGNS_OF_LIFE.items() if name not in said},
                connect_timeout=_CONNECT_SECONDS,
                application_name="flashcards",
                client_encoding="UTF8",
            )
            connection = psycopg.connect(info, autocommit=True, context=ADAPTERS)
        except psycopg.Error as error:
            raise unreachable(self._address, error) from error
        try:
            connection.prepared_max = KEPT_STATEMENTS
            self._check_server(connection)
            with translating(self._address):
                self._check_version(connection)
                connection.execute(_SETTINGS.format(round(seconds * 1000)))
        except BaseException:
            connection.close()
            raise
        with self._all_lock:
            self._all.add(connection)
        return connection

    def _check_server(self, connection: Any) -> None:
        version = connection.info.server_version // 10_000
        if version < OLDEST:
            raise Unavailable(f"The server of {self._address} is PostgreSQL {version}: {OLDEST} or later is needed.")
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise Unavailable(
                f"The database {self._address} has the encoding {encoding}, which cannot hold every text: make one with"
                " ENCODING 'UTF8'."
            )

    def _check_version(self, connection: Any) -> None:
        """Raises Unavailable where a newer program has brought the database up to date while this one used it."""
        if self._known is not None:
            applied = {name for (name,) in connection.execute("SELECT name FROM schema_migration")}
            if unknown := applied - self._known:
                raise Unavailable(_newer(self._address, unknown))

    def _drop(self) -> None:
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            with self._all_lock:
                self._all.discard(connection)
            connection.close()

    def hurry_thread(self, give_way: Callable[[], None], tell_after: TellAfter | None = None) -> None:
        """From now on this thread, which answers web requests, gives up early where it would wait to write."""
        give_way()  # most of its time it will wait for the server
        if getattr(self._local, "hurried", False):
            return
        self._local.hurried = True
        if getattr(self._local, "connection", None) is not None:
            self._run(f"SET lock_timeout = {round(HURRIED_SECONDS * 1000)}")

    def close_thread(self) -> None:
        """Closes this thread's connection, if it has one."""
        self._drop()

    def close(self) -> None:
        """Closes every connection. Other threads must have finished."""
        self._local = threading.local()
        with self._all_lock:
            while self._all:
                self._all.pop().close()

    # --- statements

    def execute(self, sql: str, params: Values = ()) -> Any:
        """Runs one statement and returns the driver's cursor; rows are tuples."""
        return self._run(*translated(sql, params))

    def tell(self, sql: str, params: Values = ()) -> None:
        """Runs one statement by the next one, or by the commit."""
        self._tell(*translated(sql, params))

    def _tell(self, sql: str, params: Any) -> None:
        if self.is_in_transaction:
            self._local.untold.append((sql, params))
        else:
            self._run(sql, params)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Runs one statement for each of `rows`."""
        said, values = translated_rows(sql, rows)
        values = iter(values)
        first = list(itertools.islice(values, 2))
        if len(first) == 1:  # the driver would make much ado of it
            self._tell(said, first[0])
        elif first:
            with translating(self._address):
                connection = self._told()
                with self._pipeline(connection):
                    connection.cursor().executemany(said, itertools.chain(first, values))

    def all(self, sql: str, params: Values = ()) -> list[Row]:
        """The rows of a query."""
        with translating(self._address):
            rows: list[Row] = self._run(*translated(sql, params)).fetchall()
        return rows

    def one(self, sql: str, params: Values = ()) -> Row | None:
        """The first row of a query, or None."""
        with translating(self._address):
            row: Row | None = self._run(*translated(sql, params)).fetchone()
        return row

    def each(self, sql: str, params: Values = ()) -> Iterator[Row]:
        """The rows of a query one by one, as far as they are taken: within one transaction."""
        with self.read(), translating(self._address):
            cursor = self._told().cursor(self._cursor_name())
            try:
                # `yield from` would close the cursor itself, and raise where nobody hears it.
                for row in cursor.execute(*translated(sql, params)):  # noqa: UP028
                    yield row
            finally:
                try:
                    cursor.close()
                except psycopg.OperationalError:
                    # The connection is lost, as the next statement will say: whoever takes no more rows is not told.
                    cursor.close()

    def _cursor_name(self) -> str:
        self._local.cursors = getattr(self._local, "cursors", 0) + 1
        return f"rows_{self._local.cursors}"

    def _run(self, sql: str, params: Any = None) -> Any:
        connection = self.connection()
        try:
            if self.is_in_transaction and self._local.untold:
                return self._run_together(connection, (sql, params))
            return connection.execute(sql, params)
        except psycopg.OperationalError as error:
            if not self._may_be_repeated(connection, sql):
                raise translate(error, self._address) from error
        except psycopg.Error as error:
            raise translate(error, self._address) from error
        with translating(self._address):
            return self.connection().execute(sql, params)

    def _run_together(self, connection: Any, *last: tuple[str, Any]) -> Any:
        """What was to be told, and `last`, in one way there and back; the cursor of the last one."""
        statements = [*self._local.untold, *last]
        self._local.untold.clear()
        with self._pipeline(connection):
            for statement in statements:
                cursor = connection.execute(*statement)
        return cursor

    @contextmanager
    def _pipeline(self, connection: Any) -> Iterator[None]:
        """psycopg's pipeline.

        psycopg counts a statement of it as prepared before the server has said so. Where an earlier one fails, the
        server has never heard of it: so then all that is prepared is forgotten, by the next ROLLBACK.
        """
        try:
            with connection.pipeline():
                yield
        except BaseException:
            self._local.is_unsure = True
            if not self.is_in_transaction:
                self._end(connection)
            raise

    def _told(self) -> Any:
        """This thread's connection, for what is no single statement: whatever was to be told has been."""
        connection = self.connection()
        if self.is_in_transaction and self._local.untold:
            self._run_together(connection)
        return connection

    def _may_be_repeated(self, connection: Any, sql: str) -> bool:
        """Whether a statement that failed because its connection was lost has done nothing, and never can have."""
        return connection.closed and not self.is_in_transaction and sql.lstrip().startswith(("SELECT", "BEGIN", "SET"))

    # --- transactions

    @property
    def is_in_transaction(self) -> bool:
        """Whether this thread is within a read or a write."""
        return getattr(self._local, "in_transaction", False)

    @contextmanager
    def write(self, *, wait: bool = True, learner: LearnerId | None = None, told_later: bool = False) -> Iterator[None]:
        """One transaction, alone among all writers, or among those of the learner: committed durably, or not at all."""
        if self.is_in_transaction:
            raise RuntimeError("A write begins a transaction of its own: it cannot begin within another.")
        yield from self._transaction("BEGIN", lambda: self._lock(wait, learner))

    def _lock(self, wait: bool, learner: LearnerId | None) -> None:
        of_learner = learner is not None
        (taken,) = self._run(_LOCKS[wait, of_learner], (learner,) if of_learner else None).fetchone()
        if taken == 0:
            raise translate(psycopg.errors.LockNotAvailable("another writes"), self._address)

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Adds very many rows to a table, within `write()`, by COPY."""
        names = ", ".join(f'"{column}"' for column in columns)
        with translating(self._address), self._told().cursor().copy(f"COPY {table}({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def number_on(self, table: str, column: str) -> None:
        """Sets the sequence of the column, which knows nothing of numbers that it has not given."""
        self._run(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}"
            f" HAVING max({column}) IS NOT NULL"
        )

    @contextmanager
    def read(self) -> Iterator[None]:
        """A consistent read: every statement within sees the same state. Within `write()` it adds nothing."""
        if self.is_in_transaction:
            yield
        else:
            yield from self._transaction(_READ, lambda: None)

    def long_read(self) -> AbstractContextManager[None]:
        """`read()`: the server itself sorts in files what is large."""
        return self.read()

    def room(self, kib: int) -> AbstractContextManager[None]:
        """The server keeps what it has room for."""
        return nullcontext()

    def waiting_once(self) -> AbstractContextManager[None]:
        """Each write waits for the server's disk by itself."""
        return nullcontext()

    def _transaction(self, begin: str, lock: Callable[[], None]) -> Iterator[None]:
        self._run(begin)
        connection = self._local.connection
        self._local.in_transaction, self._local.untold = True, []
        try:
            lock()
            yield
            self._run("COMMIT")
        finally:
            if getattr(self._local, "connection", None) is connection:  # not where another thread closes our iterator
                self._local.in_transaction, self._local.untold = False, []
            self._end(connection)

    def _end(self, connection: Any) -> None:
        """Rolls back what an error has left open; a connection on which that fails is no use any more."""
        is_unsure, self._local.is_unsure = getattr(self._local, "is_unsure", False), False
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE and not is_unsure:
            return
        try:
            # psycopg forgets what it has prepared where a ROLLBACK goes through that it has not prepared itself.
            connection.execute(f"ROLLBACK -- {next(_unsure)}" if is_unsure else "ROLLBACK")
        except psycopg.Error:
            self._drop()

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Waits until nobody else is within the turn of this name, on whichever host, and keeps others out of it."""
        number = zlib.crc32(f"flashcards: {name}".encode())
        connection = self.connection()
        with translating(self._address):
            connection.execute("SET lock_timeout = 0")
            try:
                connection.execute(f"SELECT pg_advisory_lock({number})")
            finally:
                seconds = HURRIED_SECONDS if getattr(self._local, "hurried", False) else _PATIENT_SECONDS
                connection.execute(f"SET lock_timeout = {round(seconds * 1000)}")
        try:
            yield
        finally:
            if not connection.closed:  # with its connection a lock is gone
                with translating(self._address):
                    connection.execute(f"SELECT pg_advisory_unlock({number})")

    def lease(self, name: str) -> ServerLease:
        """The lease of this name among all hosts."""
        return ServerLease(self._address, name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps all writers out; at its end whoever else of ours is connected has to connect anew.

        An older program that waited to write, or has looked which version the database has, so looks again.
        """
        connection = self.connection()
        with translating(self._address):
            connection.execute(f"SELECT pg_advisory_lock({_ALL_WRITERS})")
        try:
            yield
        finally:
            if not connection.closed:
                with translating(self._address):
                    connection.execute(_END_OTHERS)
                    connection.execute(f"SELECT pg_advisory_unlock({_ALL_WRITERS})")

    # --- the database as a whole

    def versions(self) -> tuple[set[str], set[str]]:
        """The migrations that the database lacks, and those in it that this program does not know.

        Raises Unavailable where it is another program's.
        """
        ours = our_migrations()
        row = self.one("SELECT to_regclass('schema_migration') IS NOT NULL, count(*) FROM pg_tables"
                       " WHERE schemaname = current_schema()")  # fmt: skip
        has_history, tables = row or (0, 0)
        applied = {name for (name,) in self.all("SELECT name FROM schema_migration")} if has_history else set()
        if tables and not applied & ours:
            raise Unavailable(
                f"The database {self._address} holds tables of another program: make one for this program alone."
            )
        return ours - applied, applied - ours

    def damage(self) -> Iterator[str]:
        """Indexes that are not whole, and pages whose checksum the server found wrong (where it keeps checksums)."""
        for (index,) in self.all(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready)"
        ):
            yield f"the index {index} is not whole: REINDEX it"
        row = self.one("SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()")
        if row and row[0]:
            yield f"{row[0]:,} pages of the database failed their checksums: see the server's log"

    def dangling(self) -> Iterator[str]:
        """Rows that refer to rows that are not there: as after a load with the foreign keys switched off."""
        for child, column, parent, key in self.all(_FOREIGN_KEYS):
            row = self.one(
                f"SELECT count(*) FROM {child} c WHERE c.{column} IS NOT NULL"
                f" AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.{key} = c.{column})"
            )
            if row and row[0]:
                yield f"{child}, {row[0]:,} rows: what each refers to in {parent} is not there"

    def size(self) -> int:
        """How much room the database takes on its server."""
        row = self.one("SELECT pg_database_size(current_database())")
        return int(row[0]) if row else 0

    def backup(self, target: Path, told: Path) -> None:
        """Copies a consistent state into the new file `target` by `pg_dump`, under load as well."""
        try:
            dump(self._address, target)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(told)) from error

    def refuse_tables(self) -> None:
        """Raises Conflict where the database has tables."""
        (tables,) = self.one("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()") or (0,)
        if tables:
            raise Conflict(
                f"The database {self._address} has tables already: a backup comes back into a new one (createdb)."
                " Nothing was changed."
            )

    def make(self) -> None:
        """Makes all tables in the empty database, within a transaction."""
        for statement in statements():
            self.execute(statement)
        self.execute("INSERT INTO fsrs_parameters(name, numbers) VALUES (?, ?)", (DEFAULTS.name, DEFAULTS.canonical))
        self.executemany(
            "INSERT INTO schema_migration(name) VALUES (?)", [(name,) for name in sorted(our_migrations())]
        )


def migrate_server(address: ServerAddress, before: Callable[[set[str]], None]) -> list[str]:
    """Makes the tables or brings them up to date; returns the names of the migrations that it ran.

    As `database.migrate` says; processes take turns by a lock in the database.
    """
    database = PostgresqlDatabase(address)
    try:
        with database.turn("migrating"):
            missing, unknown = database.versions()
            if unknown:
                raise Unavailable(_newer(address, unknown))
            if missing == our_migrations():
                with database.write():
                    database.make()
            elif missing:
                before(missing)
                with database.alone():
                    bring_up_to_date(database, missing)
            return sorted(missing)
    finally:
        database.close()


def restore_dump(file: Path, address: ServerAddress) -> None:
    """Brings what `PostgresqlDatabase.backup` made into a database that has no tables, in one transaction.

    Whoever would make tables there waits. Raises Conflict where there are tables, and Unavailable.
    """
    database = PostgresqlDatabase(address)
    try:
        with database.turn("migrating"):
            database.refuse_tables()
            load_dump(file, address)
            database.execute("ANALYZE")
    finally:
        database.close()


def count_accounts_on_server(address: ServerAddress) -> int:
    """How many accounts the database holds; 0 where there are no tables yet."""
    database = PostgresqlDatabase(address)
    try:
        if not (database.one("SELECT to_regclass('learner')") or (None,))[0]:
            return 0
        row = database.one("SELECT count(*) FROM learner")
        return int(row[0]) if row else 0
    finally:
        database.close()


def _newer(address: ServerAddress, unknown: Iterable[str]) -> str:
    return (
        f"The database {address} was made by a newer version of this program (it has {', '.join(sorted(unknown))}):"
        " install that version, or restore a backup that is older. Nothing was changed."
    )
