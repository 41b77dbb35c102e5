"""Sets of cards to study: what was frozen when they were made, and what happened since."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, SQL, fn

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.minutes_left import LONGEST_MS
from flashcards.domain.study_day import Day
from flashcards.domain.study_set import GivenAnswer, SetCard
from flashcards.storage.cards import Asked, CardFilter, conditions, having_words, with_schedule
from flashcards.storage.database import Database
from flashcards.storage.models import Card, Deck, Note, Review, Schedule, StudySet
from flashcards.storage.prepared import IN_ORDER, Among, AtMost, Indexed, Listed, Number, Query, inserting, prepared
from flashcards.storage.schedules import shown_on

_CAN_BE_ASKED = Card.removed_at.is_null() & Note.removed_at.is_null() & (Note.draft == 0)


def _shown(today: Day) -> Any:
    return Schedule.card.is_null() | shown_on(Schedule, today)


def _set_columns(today: Day) -> tuple[Any, ...]:
    """The columns of a `SetCard`."""
    return Card.id, Note.id, Card.ordinal, Note.deck, Schedule.due_on, ~_shown(today)


def _found_cards(
    learner: LearnerId, today: Day, due: Collection[int] | None, decks: Collection[DeckId] | None, match: str | None,
    values: Sequence[Any], asked: Asked,
) -> Any:  # fmt: skip
    """What a search finds of the cards that can be asked."""
    query = with_schedule(Card.select().join(Note).join(Deck), learner)
    return having_words(query.where(_CAN_BE_ASKED, *conditions(asked, learner, today, due, decks, values)), match)


@prepared
def _found(
    learner: LearnerId, today: Day, due: Collection[int] | None = None, decks: Collection[DeckId] | None = None,
    match: str | None = None, *values: Any, asked: Asked,
) -> Query:  # fmt: skip
    query = _found_cards(learner, today, due, decks, match, values, asked)
    return query.select(*_set_columns(today)).order_by(Deck.position, Deck.id, Note.position, Card.ordinal)


@prepared
def _tally(
    learner: LearnerId, drill: Collection[CardId], today: Day, due: Collection[int] | None = None,
    decks: Collection[DeckId] | None = None, match: str | None = None, *values: Any, asked: Asked,
) -> Query:  # fmt: skip
    is_due = Schedule.due_on.is_null(False) & (Schedule.due_on <= today) & _shown(today)
    is_new = Schedule.due_on.is_null() & _shown(today)
    is_drilled = (Schedule.due_on > today) & Among(Card.id, drill)
    return _found_cards(learner, today, due, decks, match, values, asked).select(
        fn.count(SQL("*")), *(fn.coalesce(fn.sum(Number(it)), 0) for it in (is_due, is_new, is_drilled))
    )


@prepared
def _cards(learner: LearnerId, today: Day, cards: Sequence[CardId]) -> Query:
    wanted = Listed(cards)
    return (
        Card.select(*_set_columns(today))
        .from_(wanted)
        .join(Card, IN_ORDER, on=(Card.id == wanted.value))
        .join(Note, IN_ORDER, on=(Note.id == Card.note))
        .join(Schedule, JOIN.LEFT_OUTER, on=((Schedule.learner == learner) & (Schedule.card == Card.id)))
        .where(_CAN_BE_ASKED)
        .order_by(wanted.place)
    )


_MADE = (
    StudySet.id, StudySet.query, StudySet.cards, StudySet.mode, StudySet.study_day, StudySet.made_at, StudySet.seq,
    StudySet.title,
)  # fmt: skip
_insert = inserting(StudySet, StudySet.learner, *_MADE)


@prepared
def _made(learner: LearnerId, id_: str) -> Query:
    return StudySet.select(*_MADE).where(StudySet.learner == learner, StudySet.id == id_)


@prepared
def _begun(learner: LearnerId, day: Day) -> Query:
    own = (StudySet.learner == learner) & (StudySet.study_day >= day)
    return StudySet.select(*_MADE).where(own).order_by(StudySet.made_at.desc(), StudySet.seq.desc(), StudySet.id)


@prepared
def _delete(learner: LearnerId, id_: str) -> Query:
    return StudySet.delete().where(StudySet.learner == learner, StudySet.id == id_)


@prepared
def _forget_older(learner: LearnerId, day: Day) -> Query:
    return StudySet.delete().where(StudySet.learner == learner, StudySet.study_day < day)


@prepared
def _since(learner: LearnerId, seq: int) -> Query:
    later = (Review.learner == learner) & (Review.seq > seq) & (Review.undone == 0) & (Review.kind != "imported")
    return (
        Review.select(Review.seq, Review.card, Review.quality, Review.verb).where(later).order_by(Review.at, Review.seq)
    )


@prepared
def _answers_since(learner: LearnerId, seq: int) -> Query:
    later = (Review.learner == learner) & (Review.seq > seq) & (Review.undone == 0) & (Review.kind != "imported")
    return (
        Review.select(Review.card, Review.quality, AtMost(fn.coalesce(Review.took_ms, 0), LONGEST_MS))
        .where(later, Review.quality.is_null(False))
        .order_by(Review.at, Review.seq)
    )


@prepared
def _crammed(learner: LearnerId, day: Day) -> Query:
    log = Indexed(Review, "review_day")
    return (
        log.select(log.card, log.quality, log.verb)
        .where(log.learner == learner, log.study_day == day, log.undone == 0, log.kind.in_(("cram", "manual")))
        .order_by(log.at, log.seq)
    )


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A set as it was made. `seq` is the end of the learner's log then; `title` names it where no search does."""

    id: str
    query: str
    cards: tuple[CardId, ...]
    mode: str
    study_day: Day
    made_at: int
    seq: int
    title: str = ""


class SetRows:
    """Reads and writes of sets, and of what a search finds as far as a set needs it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, learner: LearnerId, id_: str) -> StoredSet | None:
        """The set with that id; None where the learner has none."""
        row = _made.one(self._db, learner, id_)
        return _stored_set(row) if row else None

    def begun(self, learner: LearnerId, day: Day) -> list[StoredSet]:
        """The learner's sets that were made on `day` or later, the newest first."""
        return list(map(_stored_set, _begun.all(self._db, learner, day)))

    def delete(self, learner: LearnerId, id_: str) -> None:
        """Drops a set; what was answered in it stays."""
        _delete.run(self._db, learner, id_)

    def add(self, learner: LearnerId, made: StoredSet) -> None:
        """Stores a new set."""
        cards = json.dumps(made.cards, separators=(",", ":"))
        _insert.run(
            self._db, learner, made.id, made.query, cards, made.mode, made.study_day, made.made_at, made.seq, made.title
        )  # fmt: skip

    def forget_older(self, learner: LearnerId, day: Day) -> None:
        """Drops the learner's sets of days before `day`."""
        _forget_older.run(self._db, learner, day)

    def since(self, learner: LearnerId, seq: int) -> list[GivenAnswer]:
        """What the log holds after the row `seq`, in the order in which it was given."""
        return [given for _, given in self.since_with_seq(learner, seq)]

    def since_with_seq(self, learner: LearnerId, seq: int) -> list[tuple[int, GivenAnswer]]:
        """The same, each with its place in the log."""
        return [(row[0], GivenAnswer(*row[1:])) for row in _since.all(self._db, learner, seq)]

    def answers_since(self, learner: LearnerId, seq: int) -> list[tuple[CardId, int, int]]:
        """(card, quality, milliseconds counted) of every answer after the row `seq`, in the order as given."""
        return [(card, quality, took) for card, quality, took in _answers_since.all(self._db, learner, seq)]

    def crammed(self, learner: LearnerId, day: Day) -> list[GivenAnswer]:
        """What was crammed or put away on a day, in the order in which it was given."""
        return list(map(GivenAnswer._make, _crammed.all(self._db, learner, day)))

    def found(self, learner: LearnerId, wanted: CardFilter) -> list[SetCard]:
        """The cards that a search finds and that can be asked, in the order of decks and files."""
        rows = _found.all(self._db, learner, *_values(wanted), asked=wanted.asked)
        return [_set_card(row) for row in rows]

    def tally(self, learner: LearnerId, wanted: CardFilter, drill: Collection[CardId]) -> tuple[int, int, int, int]:
        """How many cards `found` would give, and how many of them the day asks: due ones, new ones, and those that only
        the drill asks, which are of `drill`."""
        row = _tally.one(self._db, learner, drill, *_values(wanted), asked=wanted.asked)
        return (row[0], row[1], row[2], row[3]) if row else (0, 0, 0, 0)

    def cards(self, learner: LearnerId, cards: Sequence[CardId], today: Day) -> list[SetCard]:
        """Those of these cards that can be asked, in the order of `cards`."""
        return [_set_card(row) for row in _cards.all(self._db, learner, today, cards)]


def _values(wanted: CardFilter) -> tuple[Any, ...]:
    """What a search gives `_found` and `_tally`."""
    return wanted.today, wanted.due, wanted.decks, wanted.match or None, *wanted.values


def _stored_set(row: tuple[Any, ...]) -> StoredSet:
    return StoredSet(row[0], row[1], tuple(json.loads(row[2])), *row[3:])


def _set_card(row: tuple[CardId, NoteId, int, DeckId, Day | None, int]) -> SetCard:
    return SetCard(row[0], row[1], row[2], row[3], row[4], bool(row[5]))
