"""The words of notes, for searching: SQLite's FTS5, or on PostgreSQL a `tsvector`, over what `search_text` makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import peewee

from flashcards.storage.database import Database
from flashcards.storage.models import NoteText
from flashcards.storage.prepared import Param, Query, prepared
from flashcards.storage.search_text import search_text


class _Words(peewee.ColumnBase):
    """A text as its table holds it."""

    def __init__(self, text: Any) -> None:
        self._text: Param = text

    def __sql__(self, ctx: Any) -> Any:
        return ctx.slot(self._text.index, ctx.dialect.encode_words).literal(ctx.dialect.as_words)


class HasWords(peewee.ColumnBase):
    """The condition that a row of `NoteText` has the words of an expression that `search_text.match_words` made."""

    def __init__(self, match: Any) -> None:
        self._match: Param = match

    def __sql__(self, ctx: Any) -> Any:
        dialect = ctx.dialect
        searched = NoteText.text if dialect.searches_column else NoteText._meta.entity
        return ctx.sql(searched).literal(dialect.has_words).slot(self._match.index, dialect.encode_match)


@prepared
def _insert(note: int, text: str) -> Query:
    return NoteText.insert_many([(note, _Words(text))], fields=[NoteText.rowid, NoteText.text])


@prepared
def _delete(note: int) -> Query:
    return NoteText.delete().where(NoteText.rowid == note)


def keep_words(database: Database, notes: Iterable[tuple[int, str, str, str]]) -> None:
    """Stores the words of notes that have none yet: (note, key, question, answer)."""
    _insert.many(database, ((note, search_text(*texts)) for note, *texts in notes))


def forget_words(database: Database, notes: Iterable[int]) -> None:
    """Takes away the words of notes."""
    _delete.many(database, ((note,) for note in notes))
