"""Moves a whole database to another kind of database, and proves that nothing is different there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flashcards.database_address import DatabaseAddress, may_be_there
from flashcards.errors import Conflict, Unavailable
from flashcards.storage.database import Database, migrate
from flashcards.storage.tables import (
    Proof,
    Proving,
    StoredTable,
    count_rows,
    empty_table,
    find_words,
    lacking,
    number_on,
    proof_of,
    rows_of,
    stored_tables,
)

_MADE_WITH_ROWS = {"fsrs_parameters"}
"""Tables that have a row of ours from the beginning."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a database: its problems (a sentence each), and what its tables hold."""

    problems: tuple[str, ...]
    proofs: tuple[Proof, ...]


def check_database(address: DatabaseAddress) -> Checked:
    """Looks whether the database can be used as it is, and says what it holds; changes nothing.

    Raises Unavailable where it cannot even be opened: not there, newer, older, another program's, another encoding.
    """
    database = Database.open(address, read_only=True)
    try:
        with database.long_read():
            problems = (*lacking(database), *database.damage(), *database.dangling())
            proofs = () if problems else tuple(proof_of(database, table) for table in stored_tables())
        return Checked(problems, proofs)
    finally:
        database.close()


def copy_database(
    source: DatabaseAddress, target: DatabaseAddress, told: Callable[[Proof], None] = lambda _proof: None
) -> tuple[Proof, ...]:
    """Copies everything into the empty database at `target`, in one transaction: all of it, or nothing.

    `told` hears of each table when it is there. At the end each table of the target is counted and hashed, and
    compared with what was read from the source, which is only read; the proofs are returned. Raises Conflict where
    the target is not empty, Unavailable where one of the two cannot be used; then the target holds nothing.
    """
    if _is_same(source, target):
        raise Conflict(f"{target} is the database that is to be copied: name another.")
    if not may_be_there(source):
        raise Unavailable(f"There is no database at {source}.")
    read = Database.open(source, read_only=True)
    try:
        _make(target)
        written = Database.open(target)
        try:
            with read.long_read(), written.room(_CACHE_KIB), written.write():
                _refuse_full(written)
                proofs = tuple(_copied(read, written, table, told) for table in stored_tables())
                number_on(written)
                find_words(written)
                _compare(written, proofs)
            return proofs
        finally:
            written.close()
    finally:
        read.close()


_CACHE_KIB = 64_000


def _is_same(source: DatabaseAddress, target: DatabaseAddress) -> bool:
    if isinstance(source, Path) and isinstance(target, Path):
        return source.resolve() == target.resolve()
    return source == target


def _make(target: DatabaseAddress) -> None:
    """Makes the tables at the target, unless there is anything already."""
    if isinstance(target, Path) and target.is_file() and target.stat().st_size:
        from flashcards.storage.sqlite_upkeep import check_file

        check_file(target)  # a database of another program's gets no tables of ours
    migrate(target, before=lambda _missing: _refuse(target, "it is of an older version of this program"))


def _refuse_full(written: Database) -> None:
    for table in stored_tables():
        rows = count_rows(written, table)
        if rows and table.name not in _MADE_WITH_ROWS:
            _refuse(written.address, f"{table.name} has {rows:,} rows")
        if rows:
            empty_table(written, table)


def _refuse(target: DatabaseAddress, why: str) -> None:
    raise Conflict(f"The database {target} is not empty ({why}): a copy goes into a new one. Nothing was changed.")


def _copied(read: Database, written: Database, table: StoredTable, told: Callable[[Proof], None]) -> Proof:
    with closing(rows_of(read, table)) as stored:
        rows = Proving(table, stored)
        written.load(table.name, table.columns, rows)
    told(rows.proof)
    return rows.proof


def _compare(written: Database, proofs: tuple[Proof, ...]) -> None:
    for table, before in zip(stored_tables(), proofs, strict=True):
        after = proof_of(written, table)
        if after != before:
            raise Unavailable(
                f"The copy is not equal: {table.name} has {before.rows:,} rows in the one and {after.rows:,} in the"
                " other, or other values in them. Nothing was kept of it; run `flashcards doctor`."
            )
