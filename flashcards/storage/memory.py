"""How well cards are remembered, and by which numbers: what is stored, and the log that it follows from.

Every method runs within the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from peewee import JOIN, fn

from flashcards.domain.ids import CardId, DeckId, LearnerId
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.calibration import Calibration
from flashcards.domain.memory.evidence import (
    FORGOTTEN_IN_ANKI,
    Beginning,
    Evidence,
    Remembered,
    is_evidence,
    is_forgotten,
)
from flashcards.domain.memory.fit import AS_IT_IS, Fit
from flashcards.domain.memory.fsrs import DEFAULTS, Memory, Parameters
from flashcards.domain.memory.walk import Logged
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.study_day import Day
from flashcards.storage import models
from flashcards.storage.card_ranges import CardRange
from flashcards.storage.counters import mark_change
from flashcards.storage.database import Database, Row
from flashcards.storage.models import (
    Card,
    Deck,
    FsrsParameters,
    ImportedReview,
    Learner,
    LearnerDeck,
    LearnerFit,
    Note,
    Review,
)
from flashcards.storage.prepared import Among, Indexed, Query, inserting, prepared, storing

NOT_YET = ""
"""The parameters of a row whose numbers are still to be computed."""
MILLION = 1_000_000
_KEY = (models.Memory.learner, models.Memory.card)
_REMEMBERED = (
    models.Memory.stability, models.Memory.difficulty, models.Memory.last_on, models.Memory.last_at,
    models.Memory.answers, models.Memory.parameters,
)  # fmt: skip
MEMORY_COLUMNS = (models.Memory.card, *_REMEMBERED)
"""The columns of a `CardMemory`."""
FIT_COLUMNS = (FsrsParameters.name, FsrsParameters.numbers, LearnerFit.intercept, LearnerFit.slope)
"""The columns of what is in force: see `in_force_of`."""
_FOUND = (LearnerFit.number, LearnerFit.at, LearnerFit.answers, LearnerFit.tried, LearnerFit.figures, LearnerFit.taken)

_save = storing(models.Memory, *_KEY, *_REMEMBERED, key=_KEY)
_keep_parameters = inserting(FsrsParameters, FsrsParameters.name, FsrsParameters.numbers, ignore=True)
_add_fit = inserting(
    LearnerFit, LearnerFit.learner, LearnerFit.number, LearnerFit.at, LearnerFit.answers, LearnerFit.parameters,
    LearnerFit.slope, LearnerFit.intercept, LearnerFit.tried, LearnerFit.figures, LearnerFit.taken,
)  # fmt: skip


def is_memory(learner: Any, card: Any) -> Any:
    """The condition that a memory is the learner's of a card."""
    return (models.Memory.learner == learner) & (models.Memory.card == card)


@prepared
def _force(learner: LearnerId) -> Query:
    return (
        LearnerFit.select(*FIT_COLUMNS)
        .join(FsrsParameters, on=(FsrsParameters.name == LearnerFit.parameters))
        .where(LearnerFit.learner == learner, LearnerFit.taken == 1)
        .order_by(LearnerFit.number.desc())
        .limit(1)
    )


@prepared
def _parameters() -> Query:
    return FsrsParameters.select(FsrsParameters.name, FsrsParameters.numbers).order_by(FsrsParameters.name)


@prepared
def _last_fit(learner: LearnerId, *, taken: bool) -> Query:
    fits = LearnerFit.select(*_FOUND).where(LearnerFit.learner == learner).order_by(LearnerFit.number.desc()).limit(1)
    return fits.where(LearnerFit.taken == 1) if taken else fits


@prepared
def _of_card(learner: LearnerId, card: CardId) -> Query:
    return models.Memory.select(*MEMORY_COLUMNS).where(is_memory(learner, card))


@prepared
def _of_cards(learner: LearnerId, cards: Collection[CardId] | None = None) -> Query:
    query = models.Memory.select(*MEMORY_COLUMNS).where(models.Memory.learner == learner).order_by(models.Memory.card)
    return query if cards is None else query.where(Among(models.Memory.card, cards))


@prepared
def _of_range(learner: LearnerId, above: int, upto: int) -> Query:
    return _of_cards.query(learner).where(models.Memory.card > above, models.Memory.card <= upto)


@prepared
def _of_decks(learner: LearnerId, decks: Collection[DeckId]) -> Query:
    is_there = Card.removed_at.is_null() & Note.removed_at.is_null() & (Note.draft == 0)
    return (
        models.Memory.select(Note.deck, *MEMORY_COLUMNS)
        .join(Card, on=(Card.id == models.Memory.card))
        .join(Note, on=(Note.id == Card.note))
        .where(models.Memory.learner == learner, is_there, Among(Note.deck, decks))
        .order_by(Note.deck, models.Memory.card)
    )


@prepared
def _cards_of_active_decks(learner: LearnerId) -> Query:
    has_it = (LearnerDeck.learner == learner) & (LearnerDeck.deck == Deck.id)
    return (
        Deck.select(Deck.id, Deck.cards)
        .join(LearnerDeck, JOIN.LEFT_OUTER, on=has_it)
        .where(Deck.removed_at.is_null(), fn.coalesce(LearnerDeck.active, 1) == 1)
        .order_by(Deck.position)
    )


@prepared
def _stale(learner: LearnerId, name: str, limit: int | None = None) -> Query:
    """Two looks into the index, below the name and above it."""
    cards = models.Memory.select(models.Memory.card).where(models.Memory.learner == learner)
    others = cards.where(models.Memory.parameters < name) + cards.where(models.Memory.parameters > name)
    return others if limit is None else others.limit(limit)


@prepared
def _learners() -> Query:
    return models.Memory.select(models.Memory.learner).distinct().order_by(models.Memory.learner)


@prepared
def _all_learners() -> Query:
    return Learner.select(Learner.id).order_by(Learner.id)


@prepared
def _move(
    stability: int, difficulty: int, last_on: Day, last_at: int, answers: int, learner: LearnerId, card: CardId,
) -> Query:  # fmt: skip
    """What nearly every answer does; the index over the parameters is left alone."""
    moved = dict(zip(_REMEMBERED[:5], (stability, difficulty, last_on, last_at, answers), strict=True))
    return models.Memory.update(moved).where(is_memory(learner, card))


@prepared
def _forget(learner: LearnerId, card: CardId) -> Query:
    return models.Memory.delete().where(is_memory(learner, card))


@prepared
def _mark_all(not_yet: str) -> Query:
    everybodys = Review.select(Review.learner, Review.card, 0, 0, 0, 0, 0, not_yet).where(Review.undone == 0).distinct()
    return models.Memory.insert_from(everybodys, [*_KEY, *_REMEMBERED])


def _log(log: Any, learner: LearnerId) -> Any:
    """What of the learner's log says something of the memory, and what Anki knew of it."""
    says_what_was_known = log.stability.is_null(False) & log.verb.in_(("import", "sync"))
    anki = ImportedReview
    kind, factor = FORGOTTEN_IN_ANKI
    forgets = (log.verb == "reset") | ((anki.type == kind) & (anki.factor == factor))
    says_something = log.quality.is_null(False) | forgets | says_what_was_known
    return (
        log.select(
            log.card, log.study_day, log.at, log.seq, log.quality, log.verb, log.stability, log.difficulty,
            log.parameters, log.after_due_on - log.after_interval, log.before_interval, anki.type, anki.factor,
        )
        .join(anki, JOIN.LEFT_OUTER, on=((anki.learner == log.learner) & (anki.seq == log.seq)))
        .where(log.learner == learner, log.undone == 0, says_something)
    )  # fmt: skip


@prepared
def _log_of_card(learner: LearnerId, card: CardId) -> Query:
    log = Indexed(Review, "review_card")
    return _log(log, learner).where(log.card == card)


@prepared
def _logs(learner: LearnerId, cards: Collection[CardId] | None = None) -> Query:
    log = Review if cards is None else Indexed(Review, "review_card")
    rows = _log(log, learner).order_by(log.card, log.seq)
    return rows if cards is None else rows.where(Among(log.card, cards))


@prepared
def _logs_of_range(learner: LearnerId, above: int, upto: int) -> Query:
    log = Indexed(Review, None)  # sorted, not looked up: see `checks`
    return _log(log, learner).where(log.card > above, log.card <= upto).order_by(log.card, log.seq)


@prepared
def _whole_log(learner: LearnerId) -> Query:
    return _log(Review, learner).order_by(Review.study_day, Review.at, Review.seq)


@prepared
def _answers_on(learner: LearnerId, day: Day) -> Query:
    log = Indexed(Review, "review_day")
    says_something = (log.learner == learner) & (log.study_day == day) & log.quality.is_null(False) & (log.undone == 0)
    return log.select(log.card, log.quality).where(says_something).order_by(log.at, log.seq)


class InForce(NamedTuple):
    """What predicts a learner's answers, and the name of its parameters."""

    fit: Fit
    name: str


class StoredFit(NamedTuple):
    """A fitting that was made: `tried` are the losses of each way, `figures` say how well the log was predicted."""

    number: int
    at: int
    answers: int
    tried: dict[str, float]
    figures: dict[str, Any]
    taken: bool


class LogLine(NamedTuple):
    """A row of the log that says something of the memory, and what it says was remembered after it, if it does."""

    says: Evidence | Beginning
    memory: Memory | None
    parameters: str | None


class CardMemory(NamedTuple):
    """What is remembered of a card, in the order in which it is stored: see the table `memory`."""

    card: CardId
    stability: int
    difficulty: int
    last_on: Day
    last_at: int
    answers: int
    parameters: str

    @property
    def remembered(self) -> Remembered:
        """The same as a value of the domain."""
        return Remembered(Memory(self.stability, self.difficulty), self.last_on, self.last_at, self.answers)


DEFAULT_NAME = DEFAULTS.name
_AS_IT_COMES = InForce(AS_IT_IS, DEFAULT_NAME)


class MemoryRows:
    """Reads and writes of memories, fits and the logs behind them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def in_force(self, learner: LearnerId) -> InForce:
        """What predicts the learner's answers now: the model as it comes, until a fit was taken."""
        row = _force.one(self._db, learner)
        return in_force_of(*row) if row else _AS_IT_COMES

    def parameters(self) -> dict[str, Parameters]:
        """Every stored set, by name."""
        return {name: parameters_of(numbers) for name, numbers in _parameters.all(self._db)}

    def keep_parameters(self, chosen: Parameters) -> str:
        """Stores a set, unless it is there, and gives its name."""
        name = chosen.name
        _keep_parameters.run(self._db, name, chosen.canonical)
        return name

    def last_fit(self, learner: LearnerId, *, taken: bool = False) -> StoredFit | None:
        """The learner's newest fit, or the newest that was taken."""
        row = _last_fit.one(self._db, learner, taken=taken)
        if row is None:
            return None
        number, at, answers, tried, figures, was_taken = row
        return StoredFit(number, at, answers, json.loads(tried), json.loads(figures), bool(was_taken))

    def add_fit(self, learner: LearnerId, it: StoredFit, fit: Fit) -> None:
        """Stores what came of a fitting; `fit` is in force from now on."""
        _add_fit.run(
            self._db, learner, it.number, it.at, it.answers, self.keep_parameters(fit.parameters),
            round(fit.calibration.slope * MILLION), round(fit.calibration.intercept * MILLION),
            json.dumps(it.tried, sort_keys=True), json.dumps(it.figures, sort_keys=True), int(it.taken),
        )  # fmt: skip
        mark_change(self._db, learner)

    # --- what is remembered ---------------------------------------------------------------------------

    def of_card(self, learner: LearnerId, card: CardId) -> CardMemory | None:
        """What is stored of a card; its parameters may not be those in force."""
        row = _of_card.one(self._db, learner, card)
        return CardMemory(*row) if row else None

    def of_cards(self, learner: LearnerId, cards: Collection[CardId] | None = None) -> list[CardMemory]:
        """What is stored of these cards, or of all, by card."""
        rows = _of_cards.all(self._db, learner, None if cards is None else list(cards))
        return [CardMemory(*row) for row in rows]

    def of_range(self, learner: LearnerId, cards: CardRange) -> Iterator[CardMemory]:
        """As `of_cards` of a range of cards, in their order, read bit by bit: within one transaction."""
        return map(CardMemory._make, _of_range.each(self._db, learner, *cards))

    def of_decks(self, learner: LearnerId, decks: Collection[DeckId]) -> list[tuple[DeckId, CardMemory]]:
        """(deck, what is stored of it) of every card in these decks that is there and was answered."""
        rows = _of_decks.all(self._db, learner, decks)
        return [(row[0], CardMemory(*row[1:])) for row in rows]

    def forgotten_on(self, learner: LearnerId, day: Day) -> set[CardId]:
        """The cards whose last answer on a study day was wrong."""
        last: dict[CardId, int] = dict(_answers_on.all(self._db, learner, day))
        return {card for card, quality in last.items() if quality < REMEMBERED}

    def cards_of_active_decks(self, learner: LearnerId) -> dict[DeckId, int]:
        """How many cards each deck holds that the learner has not switched off, in study order."""
        return dict(_cards_of_active_decks.all(self._db, learner))

    def stale(self, learner: LearnerId, name: str, limit: int | None = None) -> list[CardId]:
        """Up to `limit` cards whose memory was computed with other parameters than `name`, or not yet."""
        return [card for (card,) in _stale.all(self._db, learner, name, limit)]

    def learners(self) -> list[LearnerId]:
        """The learners with anything to remember."""
        return [learner for (learner,) in _learners.all(self._db)]

    def all_learners(self) -> list[LearnerId]:
        """Every learner."""
        return [learner for (learner,) in _all_learners.all(self._db)]

    def save(self, learner: LearnerId, card: CardId, it: Remembered | None, name: str) -> None:
        """Stores what is remembered of a card by the parameters `name`; None where it is nothing.

        As part of an answer or an undo, which move the learner's mark.
        """
        if it is None:
            _forget.tell(self._db, learner, card)
        else:
            _save.tell(self._db, *_values(learner, card, it, name))

    def move(self, learner: LearnerId, card: CardId, it: Remembered) -> None:
        """Stores what is remembered of a card of which something is stored, by the same parameters."""
        memory = it.memory
        _move.tell(self._db, memory.stability, memory.difficulty, it.last_on, it.last_at, it.answers, learner, card)

    def save_many(self, learner: LearnerId, found: Iterable[tuple[CardId, Remembered | None]], name: str) -> None:
        """As `save`, for (card, what is remembered); by itself, whatever the log does."""
        mark_change(self._db, learner)
        pairs = list(found)
        gone = [(learner, card) for card, it in pairs if it is None]
        if gone:
            _forget.many(self._db, gone)
        _save.many(self._db, (_values(learner, card, it, name) for card, it in pairs if it is not None))

    def mark(self, learner: LearnerId, cards: Iterable[CardId]) -> None:
        """Says of cards that their log has changed: what is remembered of them is to be computed."""
        mark_change(self._db, learner)
        _save.many(self._db, ((learner, card, 0, 0, 0, 0, 0, NOT_YET) for card in cards))

    def mark_all(self) -> None:
        """The same of every card that was ever answered: the logs came from elsewhere."""
        _mark_all.run(self._db, NOT_YET)

    # --- the log --------------------------------------------------------------------------------------

    def log_of_card(self, learner: LearnerId, card: CardId) -> list[Evidence | Beginning]:
        """What the log says of the memory of a card, in no order."""
        rows = _log_of_card.all(self._db, learner, card)
        return [it.says for row in rows if (it := _line(row)) is not None]

    def logs(self, learner: LearnerId, cards: Collection[CardId] | None) -> Iterator[tuple[CardId, list[LogLine]]]:
        """(card, what the log says of its memory, by `seq`) of these cards, or of all that are in the log."""
        return _by_card(_logs.all(self._db, learner, None if cards is None else list(cards)))

    def logs_of_range(self, learner: LearnerId, cards: CardRange) -> Iterator[tuple[CardId, list[LogLine]]]:
        """As `logs` of a range of cards, in their order, read bit by bit: within one transaction."""
        return _by_card(_logs_of_range.each(self._db, learner, *cards))

    def whole_log(self, learner: LearnerId) -> list[Logged]:
        """All evidence in its order, for looking back. A card that was reset is another card from there on."""
        rows = _whole_log.each(self._db, learner)
        lives: dict[CardId, int] = {}
        found: list[Logged] = []
        for card, day, at, seq, quality, verb, _, _, _, _, interval, type_, factor in rows:
            came = None if type_ is None else (type_, factor)
            if verb == "reset" or is_forgotten(quality, came):
                lives[card] = seq
            elif is_evidence(quality, anki=came):
                found.append(Logged(day, at, seq, CardId(-lives[card]) if card in lives else card, quality, interval))
        return found


def _by_card(rows: Iterable[Row]) -> Iterator[tuple[CardId, list[LogLine]]]:
    for card, group in groupby(rows, key=itemgetter(0)):
        yield card, [it for row in group if (it := _line(row)) is not None]


def in_force_of(name: str | None, numbers: str, intercept: int, slope: int) -> InForce:
    """What is in force by these `FIT_COLUMNS`: the model as it comes where they are empty."""
    return _AS_IT_COMES if name is None else _in_force(name, numbers, intercept, slope)


@lru_cache(maxsize=1024)
def _in_force(name: str, numbers: str, intercept: int, slope: int) -> InForce:
    return InForce(Fit(parameters_of(numbers), Calibration(intercept / MILLION, slope / MILLION)), name)


def _values(learner: LearnerId, card: CardId, it: Remembered, name: str) -> Row:
    memory = it.memory
    return learner, card, memory.stability, memory.difficulty, it.last_on, it.last_at, it.answers, name


def _line(row: Row) -> LogLine | None:
    _, day, at, seq, quality, _, stability, difficulty, parameters, began, _, type_, factor = row
    memory = None if stability is None else Memory(stability, difficulty)
    if quality is None:
        known = None if memory is None else Remembered(memory, min(day, day if began is None else began), 0, 0)
        return LogLine(Beginning(day, at, seq, known), None, None)
    if type_ is not None and not is_evidence(quality, anki=(type_, factor)):
        return None
    return LogLine(Evidence(day, at, seq, quality), memory, parameters)


@lru_cache(maxsize=256)
def parameters_of(numbers: str) -> Parameters:
    """The set that a row of `fsrs_parameters` holds."""
    return fsrs.parameters(json.loads(numbers))
