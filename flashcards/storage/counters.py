"""The counts that make daily pages independent of how much was ever learned, and who keeps them.

Whoever adds to the log, takes back or moves schedules calls one of these in the same transaction; `doctor` counts
anew. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from peewee import EXCLUDED

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.study_day import Day
from flashcards.storage.by_hand import ByHand
from flashcards.storage.database import Database
from flashcards.storage.models import Card, CardAnswers, LearnerDay, LearnerDeck, LearnerState
from flashcards.storage.prepared import Prepared, Query, prepared, storing
from flashcards.storage.schedules import PLACE_BY_HAND


def _adding(count: Any, *columns: Any, key: tuple[Any, ...]) -> Prepared[...]:
    """The query that adds to a count, in the last of `columns`, and makes the row where there is none."""

    def add(*values: Any) -> Query:
        query = count.model.insert_many([values], fields=columns)
        return query.on_conflict(conflict_target=list(key), update={count: count + getattr(EXCLUDED, count.name)})

    return Prepared(add, arity=len(columns))


_DAY = (LearnerDay.learner, LearnerDay.study_day)
_DECK = (LearnerDeck.learner, LearnerDeck.deck)
_CARD = (CardAnswers.learner, CardAnswers.card)
_add_answers = _adding(LearnerDay.answers, *_DAY, LearnerDay.answers, key=_DAY)
_add_answers_of_card = _adding(CardAnswers.answers, *_CARD, CardAnswers.answers, key=_CARD)
_add_seen = _adding(LearnerDeck.seen, *_DECK, LearnerDeck.seen, key=_DECK)
_store_log_end = storing(LearnerState, LearnerState.learner, LearnerState.last_seq, key=(LearnerState.learner,))


@prepared
def _mark_answered(card: CardId) -> Query:
    return Card.update({Card.answered: 1}).where(Card.id == card)


# By hand: one pass over what moves that counts it twice (a materialized CTE within INSERT ... SELECT ... ON CONFLICT),
# and an UPDATE of an alias FROM a query: peewee has both, and nobody would read what it takes.
# What moves, before it moves: so many cards of a learner leave a deck, so many come to one.
_SEEN_BY_MOVES = ByHand(f"""
    INSERT INTO learner_deck(learner_id, deck_id, seen)
    WITH moves AS MATERIALIZED (
        SELECT s.learner_id AS learner, s.deck_id AS was, {PLACE_BY_HAND} AS now
        FROM schedule s{{by schedule_note}} JOIN card c ON c.id = s.card_id JOIN note n ON n.id = c.note_id
        WHERE s.note_id {{among ?1}} AND s.deck_id {{differs}} {PLACE_BY_HAND}
    )
    SELECT learner, deck, sum(cards) FROM (
        SELECT learner, was AS deck, -1 AS cards FROM moves UNION ALL SELECT learner, now, 1 FROM moves
    ) AS counted WHERE deck IS NOT NULL GROUP BY learner, deck
    ON CONFLICT(learner_id, deck_id) DO UPDATE SET seen = learner_deck.seen + excluded.seen
""")
_MOVES = ByHand(f"""
    UPDATE schedule AS s SET deck_id = place.deck
    FROM (SELECT c.id AS card, {PLACE_BY_HAND} AS deck FROM card c JOIN note n ON n.id = c.note_id) AS place
    WHERE s.note_id {{among ?1}} AND s.card_id = place.card AND s.deck_id {{differs}} place.deck
""")
# By hand, like those above: rare, set-based, one INSERT ... SELECT ... ON CONFLICT after the other.
_RECOUNTED = (
    "UPDATE learner_deck SET seen = 0",
    "INSERT INTO learner_deck(learner_id, deck_id, seen)"
    " SELECT learner_id, deck_id, count(*) FROM schedule WHERE deck_id IS NOT NULL GROUP BY learner_id, deck_id"
    " ON CONFLICT(learner_id, deck_id) DO UPDATE SET seen = excluded.seen",
    "DELETE FROM learner_day",
    "INSERT INTO learner_day(learner_id, study_day, answers) SELECT learner_id, study_day, count(*) FROM review"
    " WHERE quality IS NOT NULL AND undone = 0 GROUP BY learner_id, study_day",
    "DELETE FROM card_answers",
    "INSERT INTO card_answers(learner_id, card_id, answers) SELECT learner_id, card_id, count(*) FROM review"
    " WHERE quality IS NOT NULL AND undone = 0 GROUP BY learner_id, card_id",
    "INSERT INTO learner_state(learner_id, last_seq)"
    " SELECT id, coalesce((SELECT max(seq) FROM review WHERE learner_id = learner.id), 0) FROM learner WHERE true"
    " ON CONFLICT(learner_id) DO UPDATE SET last_seq = excluded.last_seq",
    "UPDATE card SET answered = 1 WHERE answered = 0"
    " AND id IN (SELECT card_id FROM review UNION SELECT card_id FROM schedule)",
)


def count_answers(database: Database, learner: LearnerId, days: Mapping[Day, int], cards: Mapping[CardId, int]) -> None:
    """Adds to the number of graded answers of the learner's days and cards; a negative number takes away."""
    for day, answers in days.items():
        _add_answers.run(database, learner, day, answers)
    _add_answers_of_card.many(database, ((learner, card, answers) for card, answers in cards.items()))


def count_seen(database: Database, learner: LearnerId, decks: Mapping[DeckId, int]) -> None:
    """Adds to the number of visible cards in decks that the learner has schedules of; a negative one takes away."""
    for deck, cards in decks.items():
        _add_seen.run(database, learner, deck, cards)


def keep_log_end(database: Database, learner: LearnerId, seq: int) -> None:
    """Says that the learner's log ends with the row `seq`."""
    _store_log_end.run(database, learner, seq)


def mark_answered(database: Database, cards: Iterable[CardId]) -> None:
    """Says of cards that somebody has answered them or set them aside; never taken back."""
    _mark_answered.many(database, ((card,) for card in cards))


def follow_moves(database: Database, notes: Iterable[NoteId]) -> None:
    """Tells every learner's schedules of these notes where their cards are now, and the counts with them.

    Costs as many rows as move, whoever has none of the cards costs nothing.
    """
    listed = list(notes)
    _SEEN_BY_MOVES.run(database, listed)
    _MOVES.run(database, listed)


def count_anew(database: Database) -> None:
    """Counts everything from the log and the schedules, as after whole tables came in."""
    for statement in _RECOUNTED:
        database.execute(statement)
