"""Rubric points and follow-ups with the cards that teach and answer them: what sync keeps of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from flashcards.domain.ids import NoteId
from flashcards.domain.points import point_keys
from flashcards.storage.database import Database
from flashcards.storage.deck_rows import NoteInsert, NoteUpdate, Referring, refs_from_json, to_json

_LISTED = "IN (SELECT value FROM json_each(?))"

Key = tuple[str, str]
"""A note: its deck's id and its own."""


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
        rows = self._db.all(
            "SELECT d.key, n.key, iif(n.draft, NULL, (SELECT c.id FROM card c WHERE c.note_id = n.id"
            " AND c.removed_at IS NULL ORDER BY c.ordinal LIMIT 1))"
            " FROM json_each(?) k JOIN deck d ON d.key = k.value ->> 0 AND d.removed_at IS NULL"
            " JOIN note n ON n.deck_id = d.id AND n.key = k.value ->> 1 AND n.removed_at IS NULL",
            (to_json(list(keys)),),
        )
        return {(deck, note): card for deck, note, card in rows}

    def set_cards(
        self, points: Mapping[tuple[int, int], int | None], follow_ups: Mapping[tuple[int, int], int | None]
    ) -> None:
        """Stores which card teaches or answers what, by note and position; writes only what has changed."""
        for table, column, wanted in (
            ("rubric_point", "teaches_card", points),
            ("follow_up", "answered_by_card", follow_ups),
        ):
            notes = to_json(sorted({note for note, _ in wanted}))
            rows = self._db.all(f"SELECT note_id, position, {column} FROM {table} WHERE note_id {_LISTED}", (notes,))
            changed = [
                (card, note, position)
                for note, position, stored in rows
                if (card := wanted.get((note, position))) != stored
            ]
            self._db.executemany(f"UPDATE {table} SET {column} = ? WHERE note_id = ? AND position = ?", changed)


def _points(note: NoteId, rubric: str, stored_refs: str) -> Iterator[tuple[NoteId, str, int, str, str | None]]:
    texts: list[str] = json.loads(rubric)
    refs = refs_from_json(stored_refs)
    for position, (text, key) in enumerate(zip(texts, point_keys(texts, refs), strict=True)):
        ref = refs[position] if refs else None
        yield note, key, position, text, ref.level if ref else None
