"""Cards by the names that their text gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flashcards.storage.database import Database


class NoteCards:
    """Finds the numbers of cards, and counts what learners did with them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_deck(self, key: str) -> dict[tuple[str, str], int]:
        """The cards of a deck that are there today, by note id and which card."""
        rows = self._db.all(
            "SELECT n.key, c.which, c.id FROM deck d JOIN note n ON n.deck_id = d.id JOIN card c ON c.note_id = n.id"
            " WHERE d.key = ? AND d.removed_at IS NULL AND n.removed_at IS NULL AND c.removed_at IS NULL",
            (key,),
        )
        return {(note, which): card for note, which, card in rows}

    def reviews(self) -> dict[tuple[str, str, str], int]:
        """How many answers the cards have had from all learners, by deck id, note id and which; without zeros."""
        rows = self._db.all(
            "SELECT d.key, n.key, c.which, count(*) FROM review r JOIN card c ON c.id = r.card_id"
            " JOIN note n ON n.id = c.note_id JOIN deck d ON d.id = n.deck_id"
            " WHERE r.undone = 0 AND r.quality IS NOT NULL AND n.removed_at IS NULL GROUP BY c.id"
        )
        return {(deck, note, which): count for deck, note, which, count in rows}

    def answers(self, notes: Iterable[int]) -> dict[tuple[int, str], int]:
        """How many answers the cards of these notes have had from all learners, by note and which; without zeros."""
        rows = self._db.all(
            "SELECT c.note_id, c.which, count(*) FROM card c JOIN review r ON r.card_id = c.id"
            " WHERE c.note_id IN (SELECT value FROM json_each(?)) AND r.undone = 0 AND r.quality IS NOT NULL"
            " GROUP BY c.id",
            (json.dumps(list(notes)),),
        )
        return {(note, which): count for note, which, count in rows}
