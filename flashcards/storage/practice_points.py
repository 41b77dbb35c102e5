"""Rubric points and follow-ups with the cards that teach and answer them: what sync keeps of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from peewee import Case

from flashcards.domain.ids import NoteId
from flashcards.domain.points import point_keys
from flashcards.storage.database import Database
from flashcards.storage.deck_rows import NoteInsert, NoteUpdate, Referring, refs_from_json
from flashcards.storage.models import Card, Deck, FollowUp, Note, RubricPoint
from flashcards.storage.prepared import Among, Listed, Prepared, Query, prepared

Key = tuple[str, str]
"""A note: its deck's id and its own."""


@prepared
def _first_cards(keys: Collection[Key]) -> Query:
    wanted = Listed(keys)
    first = Card.select(Card.id).where(Card.note == Note.id, Card.removed_at.is_null()).order_by(Card.ordinal).limit(1)
    is_deck = (Deck.key == wanted.part(0)) & Deck.removed_at.is_null()
    is_note = (Note.deck == Deck.id) & (Note.key == wanted.part(1)) & Note.removed_at.is_null()
    shown = Case(None, ((Note.draft == 0, first),))
    return Deck.select(Deck.key, Note.key, shown).from_(wanted).join(Deck, on=is_deck).join(Note, on=is_note)


def _cards_of(model: Any, card: Any) -> Prepared[...]:
    """The query of the places of notes (the rows of `model`) with their `card`."""

    def stored(notes: Collection[int]) -> Query:
        return model.select(model.note, model.position, card).where(Among(model.note, notes))

    return prepared(stored)


def _set_card(model: Any, card: Any) -> Prepared[...]:
    """The query that gives a place of a note its card."""

    def change(value: int | None, note: int, position: int) -> Query:
        return model.update({card: value}).where(model.note == note, model.position == position)

    return prepared(change)


_taught, _teach = (made(RubricPoint, RubricPoint.teaches_card) for made in (_cards_of, _set_card))
_answered, _answer = (made(FollowUp, FollowUp.answered_by_card) for made in (_cards_of, _set_card))


class PointRows:
    """The tables `rubric_point` and `follow_up`, for sync; every method within its transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def write(self, new: Iterable[NoteInsert], known: Sequence[NoteUpdate]) -> None:
        """Writes the points and follow-ups of notes, as yet without their cards: see `set_cards`."""
        for table in ("rubric_point", "follow_up"):
            self._db.executemany(f"DELETE FROM {table} WHERE note_id = ?", [(note.id,) for note in known])
        written: list[NoteInsert | NoteUpdate] = [*new, *known]
        self._insert((note.id, note.values.rubric, note.values.rubric_refs, note.values.follow_ups) for note in written)

    def fill(self) -> None:
        """Writes those of all notes, into empty tables."""
        self._insert(self._db.all("SELECT id, rubric, rubric_refs, follow_ups FROM note"))

    def _insert(self, notes: Iterable[tuple[NoteId, str, str, str]]) -> None:
        listed = [note for note in notes if note[1] != "[]" or note[3] != "[]"]
        self._db.executemany(
            "INSERT INTO rubric_point(note_id, point, position, text, level) VALUES (?, ?, ?, ?, ?)",
            [row for note, rubric, refs, _ in listed if rubric != "[]" for row in _points(note, rubric, refs)],
        )
        self._db.executemany(
            "INSERT INTO follow_up(note_id, position, text) VALUES (?, ?, ?)",
            [
                (note, position, text)
                for note, _, _, follow_ups in listed
                for position, text in enumerate(json.loads(follow_ups))
            ],
        )

    def referring(self) -> tuple[Referring, ...]:
        """The notes that stand in a file and whose points or follow-ups name notes."""
        # Not in order: that would be a look at every note.
        rows = self._db.all(
            "SELECT n.id, d.id, d.key, d.path, n.line, n.rubric_refs, n.follow_up_refs FROM note n"
            " JOIN deck d ON d.id = n.deck_id WHERE n.removed_at IS NULL"
            " AND (n.rubric_refs <> '[]' OR n.follow_up_refs <> '[]')"
        )
        return tuple(
            Referring(note, deck, key, path, line, refs_from_json(points), refs_from_json(asked))
            for note, deck, key, path, line, points, asked in rows
        )

    def first_cards(self, keys: Iterable[Key]) -> dict[Key, int | None]:
        """Of those of these notes that stand in a file, the first card; None where learners see none of it."""
        return {(deck, note): card for deck, note, card in _first_cards.all(self._db, list(keys))}

    def set_cards(
        self, points: Mapping[tuple[int, int], int | None], follow_ups: Mapping[tuple[int, int], int | None]
    ) -> None:
        """Stores which card teaches or answers what, by note and position; writes only what has changed."""
        for stored, change, wanted in ((_taught, _teach, points), (_answered, _answer, follow_ups)):
            rows = stored.all(self._db, sorted({note for note, _ in wanted}))
            changed = [
                (card, note, position)
                for note, position, before in rows
                if (card := wanted.get((note, position))) != before
            ]
            change.many(self._db, changed)


def _points(note: NoteId, rubric: str, stored_refs: str) -> Iterator[tuple[NoteId, str, int, str, str | None]]:
    texts: list[str] = json.loads(rubric)
    refs = refs_from_json(stored_refs)
    for position, (text, key) in enumerate(zip(texts, point_keys(texts, refs), strict=True)):
        ref = refs[position] if refs else None
        yield note, key, position, text, ref.level if ref else None
