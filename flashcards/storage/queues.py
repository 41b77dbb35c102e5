"""What the day's queue is made of. The reads are of what is due and what is unseen, not of all there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, cast

from peewee import JOIN, OP, SQL, Case, Expression, Select, fn

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.minutes_left import LONGEST_MS, Asked, Sample
from flashcards.domain.prerequisites import Prerequisite as Wanted
from flashcards.domain.queue import PRIME, AnswerToday, DueRow, NewCard, Tie
from flashcards.domain.sm2 import DRILLED_UNTIL
from flashcards.domain.statistics import MATURE
from flashcards.domain.study_day import Day
from flashcards.storage.counters import collection_mark
from flashcards.storage.database import Database
from flashcards.storage.fronts import fronts_of
from flashcards.storage.models import (
    Card,
    Deck,
    Folder,
    LearnerDay,
    LearnerDeck,
    Note,
    NoteTag,
    Prerequisite,
    Review,
    Schedule,
)
from flashcards.storage.prepared import (
    IN_ORDER,
    Among,
    AtMost,
    Contains,
    Elements,
    Indexed,
    Number,
    Query,
    prepared,
)
from flashcards.storage.prerequisites import prerequisites_of
from flashcards.storage.schedules import asked_on, shown_on

ASKED = ("scheduled", "drill", "plan")
"""The kinds of answers to what a day asked."""
_DUE_ROW = ("card", "due_on", "interval", "note", "ordinal", "deck")


def _due_row(schedule: Any) -> tuple[Any, ...]:
    """The columns of a `DueRow`."""
    return tuple(getattr(schedule, name) for name in _DUE_ROW)


@prepared
def _due(learner: LearnerId, today: Day) -> Query:
    schedule = Indexed(Schedule, "schedule_due")
    return schedule.select(*_due_row(schedule)).where(
        schedule.learner == learner, schedule.deck.is_null(False), asked_on(schedule, today)
    )


@prepared
def _due_outside(learner: LearnerId, today: Day, decks: Collection[DeckId]) -> Query:
    schedule = Indexed(Schedule, "schedule_due")
    query = schedule.select(*_due_row(schedule)).where(
        schedule.learner == learner, schedule.deck.is_null(False), asked_on(schedule, today)
    )
    return _in_places(schedule, query, None, decks)


def _in_places(schedule: Any, query: Any, decks: Any, off: Any) -> Any:
    """Of these schedules those in `decks` (None: all) that are not in the decks `off` (None: none are)."""
    if decks is not None:
        query = query.where(Among(schedule.deck, decks))
    return query if off is None else query.where(Among(schedule.deck, off, negate=True))


@prepared
def _count_due(
    learner: LearnerId, today: Day, decks: Collection[DeckId] | None = None, off: Collection[DeckId] | None = None,
    *, notes: bool = False,
) -> Query:  # fmt: skip
    """How many cards, and the last ordinal among them; or how many notes they are of."""
    schedule = Indexed(Schedule, "schedule_due")
    counted = (fn.count(schedule.note.distinct()),) if notes else (fn.count(SQL("*")), fn.max(schedule.ordinal))
    query = schedule.select(*counted).where(
        schedule.learner == learner, schedule.deck.is_null(False), asked_on(schedule, today)
    )
    return _in_places(schedule, query, decks, off)


@prepared
def _due_of(
    learner: LearnerId, today: Day, notes: Collection[NoteId] | None = None, cards: Collection[CardId] | None = None
) -> Query:
    """Due cards of these notes, or those among these cards."""
    schedule = Schedule if notes is None else Indexed(Schedule, "schedule_note")
    chosen = Among(Schedule.card, cards) if notes is None else Among(schedule.note, notes)  # type: ignore[arg-type]
    return schedule.select(*_due_row(schedule)).where(
        chosen, schedule.learner == learner, schedule.deck.is_null(False), asked_on(schedule, today)
    )


def _modulo(number: Any) -> Any:
    """What is left of a number; peewee's own ``%`` is LIKE."""
    return Expression(number, OP.MOD, PRIME)


@prepared
def _most_overdue(
    learner: LearnerId, today: Day, factor: int, shift: int, count: int,
    decks: Collection[DeckId] | None = None, off: Collection[DeckId] | None = None,
) -> Query:  # fmt: skip
    """The order of `domain.queue.most_overdue`, said to the database."""
    schedule = Indexed(Schedule, "schedule_due")
    lies_back = (schedule.due_on - today).cast("DOUBLE PRECISION")
    share = lies_back / Case(None, ((schedule.interval == 0, 1),), schedule.interval)
    tie = _modulo(_modulo(schedule.card) * factor + shift)
    query = schedule.select(*_due_row(schedule)).where(
        schedule.learner == learner, schedule.deck.is_null(False), asked_on(schedule, today)
    )
    return _in_places(schedule, query, decks, off).order_by(share, tie, schedule.card).limit(count)


@prepared
def _ahead(learner: LearnerId, today: Day, decks: Collection[DeckId] | None = None) -> Query:
    schedule = Indexed(Schedule, "schedule_due")
    query = schedule.select(*_due_row(schedule)).where(
        schedule.learner == learner, schedule.due_on > today, schedule.due_on.is_null(False),
        schedule.deck.is_null(False), shown_on(schedule, today),
    )  # fmt: skip
    if decks is not None:
        query = query.where(Among(schedule.deck, decks))
    return query.order_by(schedule.due_on)


def answers_today(log: Any, today: Day) -> Query:
    """The columns of an `AnswerToday`, of the answers to what a day asked, in the order in which they were given."""
    is_asked = Schedule.deck.is_null(False) & Schedule.due_on.is_null(False) & shown_on(Schedule, today)
    return (
        log.select(log.card, log.note, log.kind, log.quality, log.before_due_on.is_null(), Note.deck, is_asked)
        .join(Note, on=(Note.id == log.note))
        .join(Schedule, JOIN.LEFT_OUTER, on=((Schedule.learner == log.learner) & (Schedule.card == log.card)))
        .where(log.study_day == today, log.kind.in_(ASKED), log.undone == 0)
        .order_by(log.at, log.seq)
    )


@prepared
def _answers(learner: LearnerId, today: Day) -> Query:
    log = Indexed(Review, "review_day")
    return answers_today(log, today).where(log.learner == learner)


@prepared
def _studied_ahead(learner: LearnerId, today: Day) -> Query:
    log = Indexed(Review, "review_day")
    return (
        log.select(log.card, Note.deck, log.note)
        .join(Note, on=(Note.id == log.note))
        .where(log.learner == learner, log.study_day == today, log.kind == "ahead", log.undone == 0)
    )


@prepared
def _last_answered(learner: LearnerId) -> Query:
    return (
        Review.select(Review.card)
        .where(Review.learner == learner, Review.undone == 0, Review.quality.is_null(False))
        .order_by(Review.seq.desc())
        .limit(1)
    )


@prepared
def _inactive_decks(learner: LearnerId) -> Query:
    return LearnerDeck.select(LearnerDeck.deck).where(LearnerDeck.learner == learner, LearnerDeck.active == 0)


@prepared
def _decks_at(file: str, first: str, end: str) -> Query:
    below = (Deck.path >= first) & (Deck.path < end)
    return Deck.select(Deck.id).where(Deck.removed_at.is_null(), (Deck.path == file) | below)


@prepared
def _notes_tagged(tag: str) -> Query:
    of_decks = Note.select(Note.id).join(Deck).where(Contains(Deck.tags, tag), Note.removed_at.is_null())
    return NoteTag.select(NoteTag.note).where(NoteTag.tag == tag) | of_decks


def _as_the_learner_has_it(deck: Any, learner: LearnerId) -> Any:
    """What joins a deck with the learner's row for it, if there is one."""
    return (LearnerDeck.learner == learner) & (LearnerDeck.deck == deck)


def _unanswered(deck: Any, learner: LearnerId) -> Any:
    """The schedules in a deck that are new all the same: reset, or suspended or buried before any answer."""
    schedule = Indexed(Schedule, "schedule_new")
    return schedule, (schedule.learner == learner) & (schedule.deck == deck) & schedule.due_on.is_null()


@prepared
def _decks_with_new(learner: LearnerId, only: int | None = None) -> Query:
    """`seen` counts the cards of the deck that the learner has a schedule for: a deck wholly seen is not read."""
    deck = Indexed(Deck, "deck_study") if only is None else Deck
    schedule, is_new = _unanswered(deck.id, learner)
    unseen = deck.cards > fn.coalesce(LearnerDeck.seen, 0)
    query = (
        deck.select(deck.id, LearnerDeck.new_per_day, deck.path)
        .join(LearnerDeck, JOIN.LEFT_OUTER, on=_as_the_learner_has_it(deck.id, learner))
        .where(deck.removed_at.is_null(), unseen | fn.EXISTS(schedule.select(schedule.card).where(is_new)))
        .order_by(deck.position, deck.id)
    )
    return query if only is None else query.where(deck.id == only)


_LEVELS = ("junior", "core", "mid", "senior")


def _level(note: Any) -> Any:
    """A note's place by its level: 0 junior, 1 core, 2 mid and whatever has no level, 3 senior."""
    has = {tag: fn.max(Number(NoteTag.tag == tag)) == 1 for tag in _LEVELS}
    place = Case(None, ((has["core"], 1), (has["junior"], 0), (has["mid"], 2)), 3)
    levels = NoteTag.select(place).where(NoteTag.note == note, NoteTag.tag.in_(_LEVELS)).group_by(NoteTag.note)
    return fn.coalesce(levels, 2)


@prepared
def _core() -> Query:
    """The notes tagged core, and again and again what these require."""
    core = NoteTag.select(NoteTag.note.alias("id")).where(NoteTag.tag == "core").cte("wanted", recursive=True)
    before = Prerequisite.select(Prerequisite.requires).join(core, on=(core.c.id == Prerequisite.note))
    wanted = core.union(before)
    return wanted.select_from(wanted.c.id)


@prepared
def _folders_with_order() -> Query:
    return Folder.select(Folder.path, Folder.order_new).where(Folder.order_new.is_null(False))


@prepared
def _new(learner: LearnerId, deck: DeckId, today: Day, *, by_level: bool = False) -> Query:
    note = Indexed(Note, "note_deck")
    is_new = Schedule.card.is_null() | (Schedule.due_on.is_null() & shown_on(Schedule, today))
    return (
        note.select(Card.id, Card.note, Card.ordinal, note.deck)
        .join(Card, IN_ORDER, on=(Card.note == note.id))
        .join(Schedule, JOIN.LEFT_OUTER, on=((Schedule.learner == learner) & (Schedule.card == Card.id)))
        .where(note.deck == deck, note.removed_at.is_null(), note.draft == 0, Card.removed_at.is_null(), is_new)
        .order_by(*((_level(note.id),) if by_level else ()), note.position, Card.ordinal)
    )


@prepared
def _decks(learner: LearnerId, only: int | None = None) -> Query:
    schedule, is_new = _unanswered(Deck.id, learner)
    new_all_the_same = schedule.select(fn.count(schedule.card)).where(is_new, schedule.suspended == 0)
    errors = Elements(Deck.problems)
    count_of_errors = Select((errors,), (fn.count(SQL("*")),)).where(errors.part(2) == "error")
    query = (
        Deck.select(
            Deck.id, Deck.key, Deck.path, Deck.title, LearnerDeck.new_per_day, Deck.cards,
            Deck.cards - fn.coalesce(LearnerDeck.seen, 0) + new_all_the_same,
            fn.coalesce(LearnerDeck.active, 1) == 1,
            Case(None, ((Deck.problems == "[]", 0),), count_of_errors),
        )
        .join(LearnerDeck, JOIN.LEFT_OUTER, on=_as_the_learner_has_it(Deck.id, learner))
        .where(Deck.removed_at.is_null())
        .order_by(Deck.position, Deck.id)
    )  # fmt: skip
    return query if only is None else query.where(Deck.id == only)


@prepared
def _cards_of_decks() -> Query:
    return Deck.select(Deck.id, Deck.cards).where(Deck.removed_at.is_null())


@prepared
def _seen(learner: LearnerId) -> Query:
    return LearnerDeck.select(LearnerDeck.deck, LearnerDeck.seen).where(
        LearnerDeck.learner == learner, LearnerDeck.seen > 0
    )


@prepared
def _new_all_the_same(learner: LearnerId) -> Query:
    schedule = Indexed(Schedule, "schedule_new")
    return (
        schedule.select(schedule.deck, fn.count(schedule.card))
        .where(
            schedule.learner == learner,
            schedule.deck.is_null(False),
            schedule.due_on.is_null(),
            schedule.suspended == 0,
        )
        .group_by(schedule.deck)
    )


@prepared
def _answers_on(learner: LearnerId, day: Day) -> Query:
    return LearnerDay.select(LearnerDay.answers).where(LearnerDay.learner == learner, LearnerDay.study_day == day)


@prepared
def _days_studied(learner: LearnerId, last: Day) -> Query:
    return (
        LearnerDay.select(LearnerDay.study_day)
        .where(LearnerDay.learner == learner, LearnerDay.study_day <= last, LearnerDay.answers > 0)
        .order_by(LearnerDay.study_day.desc())
    )


def _active(learner: LearnerId, decks: Collection[DeckId] | None) -> tuple[Any, Any]:
    """The schedules of cards that are asked, whenever that is, in active decks among these (None: all)."""
    schedule = Indexed(Schedule, "schedule_due")
    query = (
        schedule.select()
        .join(
            LearnerDeck,
            JOIN.LEFT_OUTER,
            on=((LearnerDeck.learner == schedule.learner) & (LearnerDeck.deck == schedule.deck)),
        )
        .where(
            schedule.learner == learner, schedule.due_on.is_null(False), schedule.suspended == 0,
            schedule.deck.is_null(False), fn.coalesce(LearnerDeck.active, 1) == 1,
        )
    )  # fmt: skip
    return schedule, query if decks is None else query.where(Among(schedule.deck, decks))


@prepared
def _next_due(learner: LearnerId, today: Day) -> Query:
    schedule, active = _active(learner, None)
    return active.select(schedule.due_on).where(schedule.due_on > today).order_by(schedule.due_on).limit(1)


@prepared
def _due_on(learner: LearnerId, day: Day, decks: Collection[DeckId] | None = None) -> Query:
    schedule, active = _active(learner, decks)
    return active.select(schedule.note, schedule.interval).where(schedule.due_on == day)


@prepared
def _buried(learner: LearnerId, today: Day, decks: Collection[DeckId] | None = None) -> Query:
    schedule, active = _active(learner, decks)
    would_be = (schedule.due_on <= today) & (schedule.buried_until > today)
    return active.select(schedule.note, schedule.interval).where(would_be)


@prepared
def _coming(learner: LearnerId, first: Day, last: Day, decks: Collection[DeckId] | None = None) -> Query:
    schedule, active = _active(learner, decks)
    # As each day's rows stand together, counting different notes needs no sorting; a note is as old as its oldest card.
    notes = fn.count(schedule.note.distinct())
    mature = fn.count(Case(None, ((schedule.interval >= MATURE, schedule.note),)).distinct())
    query = active.select(schedule.due_on, notes - mature, mature)
    return query.where(schedule.due_on.between(first, last)).group_by(schedule.due_on)


@prepared
def _paces(learner: LearnerId) -> Query:
    asked = Case(None, ((Review.kind == "drill", "drill"), (Review.before_due_on.is_null(), "new")), "due")
    last = (
        Review.select(asked.alias("asked"), Review.quality, Review.took_ms)
        .where(Review.learner == learner, Review.undone == 0, Review.kind.in_(ASKED))
        .order_by(Review.seq.desc())
        .limit(500)
        .alias("last")
    )
    counted_ms = AtMost(last.c.took_ms, LONGEST_MS)
    return Select(
        (last,),
        (
            last.c.asked, fn.count(SQL("*")), fn.sum(Number(last.c.quality >= DRILLED_UNTIL)),
            fn.count(last.c.took_ms), fn.coalesce(fn.sum(counted_ms), 0),
        ),
    ).group_by(last.c.asked)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeckWithNew:
    """A deck that may have new cards for the learner; `new_per_day` is its own limit.

    `by_level` is whether its new cards come by level; `address` is the deck's.
    """

    id: DeckId
    new_per_day: int | None
    address: str = ""
    by_level: bool = False


class DeckCountsRow(NamedTuple):
    """A deck as a learner has it. `unseen` are its cards in the state new: never answered, or reset."""

    id: DeckId
    key: str
    path: str
    title: str
    new_per_day: int | None
    cards: int
    unseen: int
    active: bool
    errors: int


class Places(NamedTuple):
    """The decks that are meant (None: all), without those that are switched off (None: none is)."""

    decks: Collection[DeckId] | None = None
    off: Collection[DeckId] | None = None


EVERYWHERE = Places()


class QueueRows:
    """Reads for the day's queue, of one learner."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def due(self, learner: LearnerId, today: Day) -> list[DueRow]:
        """Every card that is due, in all decks, in no order that means anything."""
        return cast(list[DueRow], _due.all(self._db, learner, today))

    def due_outside(self, learner: LearnerId, today: Day, decks: Collection[DeckId]) -> list[DueRow]:
        """Every card that is due, in all other decks than these."""
        return cast(list[DueRow], _due_outside.all(self._db, learner, today, decks))

    def count_due(self, learner: LearnerId, today: Day) -> int:
        """How many cards `due` gives."""
        return self._count_due(learner, today, EVERYWHERE)[0]

    def count_due_notes(self, learner: LearnerId, today: Day, places: Places) -> int:
        """Of how many notes the due cards in these places are."""
        cards, last_ordinal = self._count_due(learner, today, places)
        if not last_ordinal:  # each is the only one of its note
            return cards
        row = _count_due.one(self._db, learner, today, *places, notes=True)
        return int(row[0]) if row else 0

    def _count_due(self, learner: LearnerId, today: Day, places: Places) -> tuple[int, int]:
        row = _count_due.one(self._db, learner, today, *places)
        return (int(row[0]), int(row[1] or 0)) if row else (0, 0)

    def due_of_notes(self, learner: LearnerId, today: Day, notes: Collection[NoteId]) -> list[DueRow]:
        """Every due card of these notes."""
        return cast(list[DueRow], _due_of.all(self._db, learner, today, notes)) if notes else []

    def due_among(self, learner: LearnerId, today: Day, cards: Collection[CardId]) -> list[DueRow]:
        """Those of these cards that are due."""
        return cast(list[DueRow], _due_of.all(self._db, learner, today, None, cards)) if cards else []

    def most_overdue(self, learner: LearnerId, today: Day, count: int, places: Places) -> list[DueRow]:
        """The first due cards in these places as `domain.queue.most_overdue` has them, siblings among them."""
        tie = Tie.of(learner, today)
        return cast(list[DueRow], _most_overdue.all(self._db, learner, today, *tie, count, *places))

    def answers(self, learner: LearnerId, today: Day) -> list[AnswerToday]:
        """Today's answers of the kinds scheduled and drill, in the order in which they were given."""
        return list(map(AnswerToday._make, _answers.all(self._db, learner, today)))

    def due_later(self, learner: LearnerId, today: Day, decks: Collection[DeckId] | None) -> Iterator[DueRow]:
        """The cards of these decks (None: all) that are due after today, the soonest first; read bit by bit."""
        return cast(Iterator[DueRow], _ahead.each(self._db, learner, today, decks))

    def studied_ahead(self, learner: LearnerId, today: Day) -> dict[CardId, tuple[DeckId, NoteId]]:
        """The cards that were studied ahead today: card to (deck, note)."""
        rows = _studied_ahead.all(self._db, learner, today)
        return {card: (deck, note) for card, deck, note in rows}

    def last_answered(self, learner: LearnerId) -> CardId | None:
        """The card of the learner's last answer, on whichever device; None where there is none."""
        row = _last_answered.one(self._db, learner)
        return CardId(row[0]) if row else None

    def marks(self, cards: Iterable[CardId]) -> dict[CardId, int]:
        """Of these cards those that others could be confused with, each with what it has in common with them."""
        return fronts_of(self._db, cards)

    def inactive_decks(self, learner: LearnerId) -> set[DeckId]:
        """The decks that the learner has switched off."""
        return {deck for (deck,) in _inactive_decks.all(self._db, learner)}

    def decks_at(self, address: str) -> set[DeckId]:
        """The decks at an address: one deck, or those below a folder; empty where there is none."""
        rows = _decks_at.all(self._db, f"{address}.md", f"{address}/", f"{address}0")  # "0" comes right after "/"
        return {deck for (deck,) in rows}

    def notes_tagged(self, tag: str) -> set[NoteId]:
        """The notes with a tag, their own or their deck's."""
        return {note for (note,) in _notes_tagged.all(self._db, tag)}

    def decks_with_new(self, learner: LearnerId, only: int | None = None) -> list[DeckWithNew]:
        """The decks that may have new cards, in study order; those that are switched off too. Or that `only` one."""
        says: dict[str, str] = dict(_folders_with_order.all(self._db))
        return [
            DeckWithNew(deck, limit, path.removesuffix(".md"), bool(says) and _by_level(path, says))
            for deck, limit, path in _decks_with_new.all(self._db, learner, only)
        ]

    def new_cards(self, learner: LearnerId, decks: Iterable[DeckWithNew], today: Day) -> Iterator[NewCard]:
        """The new cards of these decks, in their order; read bit by bit, as far as they are taken."""
        return chain.from_iterable(self._new_cards(learner, deck, today) for deck in decks)

    def _new_cards(self, learner: LearnerId, deck: DeckWithNew, today: Day) -> Iterator[NewCard]:
        return map(NewCard._make, _new.each(self._db, learner, deck.id, today, by_level=deck.by_level))

    def core(self) -> set[NoteId]:
        """The core notes, and those that must come before them."""
        return {note for (note,) in _core.all(self._db)}

    def prerequisites(self, learner: LearnerId, notes: Iterable[NoteId]) -> dict[NoteId, list[Wanted]]:
        """What these notes ask to be learnt first; notes that ask nothing are left out."""
        return prerequisites_of(self._db, learner, notes)

    def decks(self, learner: LearnerId, only: int | None = None) -> list[DeckCountsRow]:
        """Every deck, in study order, or that `only` one."""
        return list(map(DeckCountsRow._make, _decks.all(self._db, learner, only)))

    def mark(self) -> int:
        """What is another number whenever a sync has changed the collection."""
        return collection_mark(self._db)

    def cards_of_decks(self) -> dict[DeckId, int]:
        """How many cards there are to learn in each deck."""
        return dict(_cards_of_decks.all(self._db))

    def seen(self, learner: LearnerId) -> list[tuple[DeckId, int]]:
        """How many cards of a deck the learner has a schedule for; decks without any are left out."""
        return _seen.all(self._db, learner)

    def new_all_the_same(self, learner: LearnerId) -> list[tuple[DeckId, int]]:
        """How many of those are shown as new all the same, as they were reset; decks without any are left out."""
        return _new_all_the_same.all(self._db, learner)

    def answers_on(self, learner: LearnerId, day: Day) -> int:
        """How many answers the learner gave on a day, of whatever kind."""
        row = _answers_on.one(self._db, learner, day)
        return int(row[0]) if row else 0

    def days_studied(self, learner: LearnerId, last: Day) -> Iterator[Day]:
        """The days until `last` with an answer, the latest first; read bit by bit."""
        return (day for (day,) in _days_studied.each(self._db, learner, last))

    def next_due(self, learner: LearnerId, today: Day) -> Day | None:
        """The first day after today with cards due in active decks."""
        row = _next_due.one(self._db, learner, today)
        return row[0] if row else None

    def due_on(self, learner: LearnerId, day: Day, decks: Collection[DeckId] | None) -> list[tuple[NoteId, int]]:
        """(note, interval) of the cards due on that very day in these decks (None: all), where they are active."""
        return _due_on.all(self._db, learner, day, decks)

    def buried(self, learner: LearnerId, today: Day, decks: Collection[DeckId] | None) -> list[tuple[NoteId, int]]:
        """(note, interval) of the cards that would be asked today if they were not buried, as in `due_on`."""
        return _buried.all(self._db, learner, today, decks)

    def coming(
        self, learner: LearnerId, first: Day, last: Day, decks: Collection[DeckId] | None
    ) -> list[tuple[Day, int, int]]:
        """(day, young, mature) of the notes with cards due on each day from `first` to `last`, as in `due_on`."""
        return _coming.all(self._db, learner, first, last, decks)

    def paces(self, learner: LearnerId) -> dict[Asked, Sample]:
        """What the learner's last answers say of each kind of card: due, new, or in the drill."""
        return {kind: Sample(*figures) for kind, *figures in _paces.all(self._db, learner)}


def _by_level(path: str, says: Mapping[str, str]) -> bool:
    """Whether the nearest folder that says how new cards come says by level."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in says:
            return says[folder] == "level"
    return False
