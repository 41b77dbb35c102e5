"""Every learner's answers, by card: one pass over the whole log, whatever it holds."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flashcards.domain.ids import CardId, DeckId
from flashcards.domain.item_analysis import ASKED, LEARNER_SHIFT, LONGEST_MS, MS_SHIFT, WRONG
from flashcards.domain.sm2 import REMEMBERED
from flashcards.storage.database import Database

_MS = f"min(ifnull(took_ms, 0), {LONGEST_MS}) << {MS_SHIFT}"
# Each learner's in the order of their log, which is that of the table: no index, no sorting.
_ANSWERS = f"""
    SELECT card_id, learner_id << {LEARNER_SHIFT} | (quality < {REMEMBERED}) * {WRONG} | CASE kind
        WHEN 'scheduled' THEN {_MS} | (before_due_on IS NOT NULL) * {ASKED}
        WHEN 'drill' THEN {_MS} WHEN 'extra' THEN {_MS} ELSE 0 END
    FROM review NOT INDEXED WHERE quality IS NOT NULL AND undone = 0 {{among}} ORDER BY learner_id, seq
"""
_OF_DECKS = """
    AND card_id IN (SELECT c.id FROM card c JOIN note n ON n.id = c.note_id
                    WHERE n.deck_id IN (SELECT value FROM json_each(?)))
"""
_PLACES = """
    SELECT c.id, c.which, n.key, n.title, n.line, d.key, d.path, d.title
    FROM card c JOIN note n ON n.id = c.note_id JOIN deck d ON d.id = n.deck_id
    WHERE c.id IN (SELECT value FROM json_each(?))
"""
_IN_ORDER = """
    SELECT c.id FROM card c JOIN note n ON n.id = c.note_id JOIN deck d ON d.id = n.deck_id
    WHERE c.removed_at IS NULL AND n.removed_at IS NULL AND n.draft = 0
    ORDER BY d.position, d.id, n.position, c.ordinal
"""


@dataclass(frozen=True, slots=True)
class CardPlace:
    """Where a card is written."""

    id: CardId
    which: str
    note_key: str
    title: str
    line: int
    deck_key: str
    path: str
    deck_title: str


class AnalysisRows:
    """Reads for the analysis of cards, over all learners."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def answers(self, decks: Collection[DeckId] | None) -> dict[CardId, array[int]]:
        """Each card's answers, packed as `item_analysis` has them, in the order of the log; of hidden cards too."""
        sql = _ANSWERS.format(among="" if decks is None else _OF_DECKS)
        found: dict[CardId, array[int]] = {}
        for card, answer in self._db.each(sql, () if decks is None else (json.dumps(sorted(decks)),)):
            if (answers := found.get(card)) is None:
                found[card] = array("q", (answer,))
            else:
                answers.append(answer)
        return found

    def places(self, cards: Iterable[CardId]) -> dict[CardId, CardPlace]:
        """Where these cards are written."""
        return {row[0]: CardPlace(*row) for row in self._db.all(_PLACES, (json.dumps(list(cards)),))}

    def in_order(self) -> list[CardId]:
        """All cards in the order of study, but for those that are hidden (removed, or drafts)."""
        return [card for (card,) in self._db.all(_IN_ORDER)]
