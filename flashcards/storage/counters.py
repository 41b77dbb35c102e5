"""The counts that make daily pages independent of how much was ever learned, and who keeps them.

Whoever adds to the log, takes back or moves schedules calls one of these in the same transaction; `doctor` counts
anew. Nothing here commits.

Besides there are two counts of changes, of each learner's and of the collection's: what was computed for a learner
holds for as long as their `mark_of` is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from peewee import EXCLUDED, Select, fn

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.statistics import MATURE, SCHEDULED, DayCounts
from flashcards.domain.study_day import Day
from flashcards.storage.by_hand import ByHand
from flashcards.storage.database import Database
from flashcards.storage.models import Card, CardAnswers, LearnerDay, LearnerDeck, LearnerState, Service
from flashcards.storage.prepared import Prepared, Query, prepared
from flashcards.storage.schedules import PLACE_BY_HAND


class Mark(NamedTuple):
    """So many changes there were so far: see `mark_of`."""

    learner: int
    collection: int


def _adding(*counts: Any, key: tuple[Any, ...]) -> Prepared[...]:
    """The query that adds to counts of the row with a key, and makes it where there is none: `key`, then `counts`."""
    columns = (*key, *counts)

    def add(*values: Any) -> Query:
        query = key[0].model.insert_many([values], fields=columns)
        more = {count: count + getattr(EXCLUDED, count.name) for count in counts}
        return query.on_conflict(conflict_target=list(key), update=more)

    return Prepared(add, arity=len(columns))


_DAY = (LearnerDay.learner, LearnerDay.study_day)
_DECK = (LearnerDeck.learner, LearnerDeck.deck)
_CARD = (CardAnswers.learner, CardAnswers.card)
_add_answers = _adding(*(getattr(LearnerDay, count) for count in DayCounts._fields), key=_DAY)
_add_answers_of_card = _adding(CardAnswers.answers, key=_CARD)
_add_seen = _adding(LearnerDeck.seen, key=_DECK)
_add_changes = _adding(LearnerState.changes, key=(LearnerState.learner,))
_add_to_service = _adding(Service.value, key=(Service.key,))
_COLLECTION = "collection"


@prepared
def _store_log_end(learner: LearnerId, seq: int) -> Query:
    """The log's end is the most frequent change, so it counts as one by the way."""
    row = {LearnerState.learner: learner, LearnerState.last_seq: seq, LearnerState.changes: 1}
    moved = {LearnerState.last_seq: EXCLUDED.last_seq, LearnerState.changes: LearnerState.changes + 1}
    return LearnerState.insert(row).on_conflict(conflict_target=[LearnerState.learner], update=moved)


@prepared
def _collection_mark() -> Query:
    return Service.select(Service.value).where(Service.key == _COLLECTION)


@prepared
def _mark_of(learner: LearnerId) -> Query:
    own = LearnerState.select(LearnerState.changes).where(LearnerState.learner == learner)
    return Select(columns=(fn.coalesce(own, 0), fn.coalesce(_collection_mark.query(), 0)))


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
_DUE = f"before_interval >= 1 AND kind IN ({', '.join(repr(kind) for kind in sorted(SCHEDULED))})"
_RIGHT, _OLD = f"{_DUE} AND quality >= {REMEMBERED}", f"before_interval >= {MATURE}"
DAY_COUNTS = ", ".join(DayCounts._fields)
DAYS_COUNTED = (
    "SELECT learner_id, study_day, count(*) AS answers, "
    + ", ".join(
        f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END) AS {name}"
        for name, condition in zip(
            DayCounts._fields[1:], (_DUE, f"{_DUE} AND {_OLD}", _RIGHT, f"{_RIGHT} AND {_OLD}"), strict=True
        )
    )
    + " FROM review WHERE quality IS NOT NULL AND undone = 0 GROUP BY learner_id, study_day"
)
"""The rows of `learner_day` as the log has them."""
# By hand, like those above: rare, set-based, one INSERT ... SELECT ... ON CONFLICT after the other.
_RECOUNTED = (
    "UPDATE learner_deck SET seen = 0",
    "INSERT INTO learner_deck(learner_id, deck_id, seen)"
    " SELECT learner_id, deck_id, count(*) FROM schedule WHERE deck_id IS NOT NULL GROUP BY learner_id, deck_id"
    " ON CONFLICT(learner_id, deck_id) DO UPDATE SET seen = excluded.seen",
    "DELETE FROM learner_day",
    f"INSERT INTO learner_day(learner_id, study_day, {DAY_COUNTS}) {DAYS_COUNTED}",
    "DELETE FROM card_answers",
    "INSERT INTO card_answers(learner_id, card_id, answers) SELECT learner_id, card_id, count(*) FROM review"
    " WHERE quality IS NOT NULL AND undone = 0 GROUP BY learner_id, card_id",
    "INSERT INTO learner_state(learner_id, last_seq, changes)"
    " SELECT id, coalesce((SELECT max(seq) FROM review WHERE learner_id = learner.id), 0), 1 FROM learner WHERE true"
    " ON CONFLICT(learner_id) DO UPDATE SET last_seq = excluded.last_seq, changes = learner_state.changes + 1",
    "UPDATE card SET answered = 1 WHERE answered = 0"
    " AND id IN (SELECT card_id FROM review UNION SELECT card_id FROM schedule)",
)


def count_answers(
    database: Database, learner: LearnerId, days: Mapping[Day, DayCounts], cards: Mapping[CardId, int]
) -> None:
    """Adds to the number of graded answers of the learner's days and cards; a negative number takes away."""
    for day, counts in days.items():
        _add_answers.tell(database, learner, day, *counts)
    _add_answers_of_card.many(database, ((learner, card, answers) for card, answers in cards.items()))


def count_seen(database: Database, learner: LearnerId, decks: Mapping[DeckId, int]) -> None:
    """Adds to the number of visible cards in decks that the learner has schedules of; a negative one takes away."""
    for deck, cards in decks.items():
        _add_seen.tell(database, learner, deck, cards)


def keep_log_end(database: Database, learner: LearnerId, seq: int) -> None:
    """Says that the learner's log ends with the row `seq`, which has just come: their mark moves."""
    _store_log_end.tell(database, learner, seq)


def mark_change(database: Database, learner: LearnerId) -> None:
    """Says that something of the learner's is another without a new row in the log: schedules, memories, settings."""
    _add_changes.tell(database, learner, 1)


def mark_collection(database: Database) -> None:
    """Says that decks, notes or cards are others than they were, or stand elsewhere: every learner's mark moves."""
    _add_to_service.tell(database, _COLLECTION, 1)


def collection_mark(database: Database) -> int:
    """The part of `mark_of` that all learners share."""
    row = _collection_mark.one(database)
    return int(row[0]) if row else 0


def mark_of(database: Database, learner: LearnerId) -> Mark:
    """What is another number whenever anything of the learner's, or of the collection, has changed.

    Settings of the account and the calendar are no part of it, nor are plans, flags and sets.
    """
    row = _mark_of.one(database, learner)
    return Mark(*row) if row else Mark(0, 0)


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
    mark_collection(database)
