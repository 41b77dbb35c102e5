"""Whole tables, out and in: for moving everything to another server."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager

from peewee import JOIN, fn

from flashcards.domain.ids import DeckId, LearnerId
from flashcards.storage import counters, fronts
from flashcards.storage.by_hand import ByHand
from flashcards.storage.database import Database, IntegrityError, Row
from flashcards.storage.memory import DEFAULT_NAME, MemoryRows
from flashcards.storage.models import Card, Deck, Note, NoteTag
from flashcards.storage.practice_points import PointRows
from flashcards.storage.prepared import Among, Elements, Query, prepared
from flashcards.storage.schedules import PLACE_BY_HAND
from flashcards.storage.tables import number_on
from flashcards.storage.words import keep_words

_DECKS = "{among :decks}"  # see `by_hand`
_NOTES = f"note_id IN (SELECT id FROM note WHERE deck_id {_DECKS})"
_CARDS = f"card_id IN (SELECT c.id FROM card c JOIN note n ON n.id = c.note_id WHERE n.deck_id {_DECKS})"
_OF_DECKS = {
    "deck": f"id {_DECKS}",
    "note": f"deck_id {_DECKS}",
    "revision": _NOTES,
    "card": _NOTES,
    "learner_deck": f"deck_id {_DECKS}",
    "schedule": _CARDS,
    "review": _CARDS,
    "imported_review": f"(learner_id, seq) IN (SELECT learner_id, seq FROM review WHERE {_CARDS})",
    "anki_export": _NOTES,
    "card_flag": _CARDS,
    "practice_round": f"(learner_id, id) IN (SELECT learner_id, round_id FROM round_answer WHERE {_CARDS})",
    "round_answer": _CARDS,
    "round_mark": _CARDS,
    "proposal": _NOTES,
}
_OF_LEARNER = {
    "learner": "id = :learner",
    "learner_deck": "learner_id = :learner",
    "schedule": "learner_id = :learner",
    "review": "learner_id = :learner",
    "imported_review": "learner_id = :learner",
    "plan": "learner_id = :learner",
    "learner_break": "learner_id = :learner",
    "anki_export": "learner_id = :learner",
    "learner_fit": "learner_id = :learner",
    "learner_scheduler": "learner_id = :learner",
    "card_flag": "learner_id = :learner",
    "saved_search": "learner_id = :learner",
    "study_set": "learner_id = :learner",
    "practice_round": "learner_id = :learner",
    "round_answer": "learner_id = :learner",
    "round_mark": "learner_id = :learner",
    "proposal": "learner_id = :learner",
}
_ORDER = {
    "folder": "path",
    "deck": "id",
    "note": "id",
    "revision": "note_id, number",
    "card": "id",
    "learner": "id",
    "learner_deck": "learner_id, deck_id",
    "schedule": "learner_id, card_id",
    "review": "learner_id, seq",
    "imported_review": "learner_id, seq",
    "plan": "learner_id, id",
    "learner_break": "learner_id, first_day",
    "anki_export": "coalesce(learner_id, 0), guid",
    "fsrs_parameters": "name",
    "learner_fit": "learner_id, number",
    "learner_scheduler": "learner_id, folder",
    "card_flag": "learner_id, card_id",
    "saved_search": "learner_id, position, id",
    "study_set": "learner_id, made_at, id",
    "practice_round": "learner_id, started_at, id",
    "round_answer": "learner_id, round_id, position, at, id",
    "round_mark": "learner_id, round_id, position, who, point",
    "proposal": "learner_id, at, id",
}
# A row that only the counter of seen cards made says nothing of its own.
_ONLY = {
    "learner_deck": "(active = 0 OR new_per_day IS NOT NULL)",
    "fsrs_parameters": f"name <> '{DEFAULT_NAME}'",  # every database has them
}

# What follows from other tables, and so is not in an export.
_DERIVED = {
    "learner": ("name_key", "password_hash"),
    "schedule": ("note_id", "ordinal", "deck_id"),
    "review": ("note_id",),
}
_LOOKED_UP = {
    "card_flag": "",  # only that the card is there
    "schedule": f"c.note_id, c.ordinal, {PLACE_BY_HAND}",
    "review": "c.note_id",
}


@prepared
def _files(decks: Collection[int] | None = None) -> Query:
    query = Deck.select(Deck.path, Deck.media).where(Deck.removed_at.is_null())
    return query if decks is None else query.where(Among(Deck.id, decks))


@prepared
def _tag_notes() -> Query:
    tag = Elements(Note.tags)
    tags = Note.select(tag.text, Note.id).join(tag, JOIN.CROSS)
    return NoteTag.insert_from(tags, [NoteTag.tag, NoteTag.note]).on_conflict_ignore()


@prepared
def _texts() -> Query:
    return Note.select(Note.id, Note.key, Note.question, Note.answer)


@prepared
def _count_cards() -> Query:
    shown = (Note.deck == Deck.id, Note.removed_at.is_null(), Note.draft == 0, Card.removed_at.is_null())
    cards = Note.select(fn.count(Card.id)).join(Card).where(*shown)
    return Deck.update({Deck.cards: cards}).where(Deck.removed_at.is_null())


Unusable = IntegrityError
"""Raised by `insert` where rows contradict each other, or refer to what is not there."""


class TransferStore:
    """Reads and writes whole tables by the names of their columns, which callers take from constants."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def read(self) -> AbstractContextManager[None]:
        """A consistent read of however much."""
        return self._db.long_read()

    def write(self) -> AbstractContextManager[None]:
        """The one transaction of an import."""
        return self._db.write()

    def rows(
        self, table: str, columns: Sequence[str], decks: Sequence[DeckId] | None, learner: LearnerId | None
    ) -> Iterator[Row]:
        """The rows of a table, in a fixed order: of these decks (None: all), of this learner (None: all)."""
        where = [_ONLY[table]] if table in _ONLY else []
        if decks is not None and table in _OF_DECKS:
            where.append(_OF_DECKS[table])
        if learner is not None and table in _OF_LEARNER:
            where.append(_OF_LEARNER[table])
        condition = f" WHERE {' AND '.join(where)}" if where else ""
        sql = ByHand(f"SELECT {', '.join(columns)} FROM {table}{condition} ORDER BY {_ORDER[table]}")
        dialect = self._db.dialect
        yield from self._db.each(sql.text(dialect), {"decks": dialect.encode_list(decks or ()), "learner": learner})

    def file_paths(self, decks: Sequence[DeckId] | None) -> tuple[str, ...]:
        """The files, relative to the decks folder, that these decks (None: all) were read from, media too."""
        paths: list[str] = []
        for path, media in _files.all(self._db, decks):
            paths += [path, *(name for name, _, _ in json.loads(media))]
        return tuple(paths)

    def count(self, table: str) -> int:
        """How many rows a table has."""
        row = self._db.one(f"SELECT count(*) FROM {table}")
        return int(row[0]) if row else 0

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
        """Adds rows to an empty table, within `write()`, and returns their number.

        What follows from other tables is looked up; learners come with two more values, in the order of
        `name_key, password_hash`. Raises `Unusable`.
        """
        names = ", ".join([*columns, *_DERIVED.get(table, ())])
        given = len(columns) + (len(_DERIVED.get(table, ())) if table not in _LOOKED_UP else 0)
        values = ", ".join(f"?{number}" for number in range(1, given + 1))
        count, before = 0, self.count(table)

        def counted() -> Iterator[Row]:
            nonlocal count
            for row in rows:
                count += 1
                yield row

        if table in _LOOKED_UP:
            card = columns.index("card_id") + 1
            chosen = ", ".join(filter(None, [values, _LOOKED_UP[table]]))
            source = f"SELECT {chosen} FROM card c JOIN note n ON n.id = c.note_id WHERE c.id = ?{card}"
        else:
            source = f"VALUES ({values})"
        self._db.executemany(f"INSERT INTO {table}({names}) {source}", counted())
        if self.count(table) != before + count:
            raise Unusable("a card is named that is not there")
        return count

    def complete(self) -> None:
        """Fills what follows from the rest: tags, words and fronts of notes, what is counted, and the next numbers.

        What learners remember follows from their logs, and is computed when it is asked for, or by a job.
        """
        _tag_notes.run(self._db)
        keep_words(self._db, _texts.all(self._db))
        fronts.fill(self._db)
        PointRows(self._db).fill()
        MemoryRows(self._db).mark_all()
        _count_cards.run(self._db)
        counters.count_anew(self._db)
        number_on(self._db)
