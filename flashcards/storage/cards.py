"""Cards with a learner's schedule of them, the log as it is read, and what a day was like."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from typing import Any, NamedTuple

from peewee import JOIN, Case, fn

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.leech import FIRST_LEECH
from flashcards.domain.minutes_left import LONGEST_MS
from flashcards.domain.schedule import Schedule
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.sm2 import SCHEDULER as SM2
from flashcards.domain.study_day import Day
from flashcards.storage import models
from flashcards.storage.counters import mark_change
from flashcards.storage.database import Database, Row
from flashcards.storage.deck_rows import extra_from_json, tags_from_json
from flashcards.storage.models import (
    Card,
    CardAnswers,
    CardFlag,
    Deck,
    LearnerDay,
    LearnerDeck,
    Memory,
    Note,
    NoteTag,
    NoteText,
    Rendering,
    Review,
)
from flashcards.storage.prepared import IN_ORDER, Among, AtMost, Contains, Indexed, Query, prepared, storing
from flashcards.storage.schedules import asked_on, schedule_of
from flashcards.storage.schedules import columns as schedule_columns
from flashcards.storage.words import HasWords

_LIVE = Card.removed_at.is_null() & Note.removed_at.is_null()
_GONE = Card.removed_at.is_null(False) | Note.removed_at.is_null(False)
_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
_FADED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The lower the recall, the longer the time."""


def with_schedule(query: Any, learner: LearnerId) -> Any:
    """Joins a query of notes and cards with the learner's schedules and flags; both may be missing."""
    schedule, flag = models.Schedule, CardFlag
    return query.join(schedule, JOIN.LEFT_OUTER, on=((schedule.learner == learner) & (schedule.card == Card.id))).join(
        flag, JOIN.LEFT_OUTER, on=((flag.learner == learner) & (flag.card == Card.id))
    )


def _answers(learner: LearnerId) -> tuple[Any, Any]:
    """The learner's log by cards, and the condition of a grade in it that counts, of the card at hand."""
    log = Indexed(Review, "review_card")
    return log, (log.card == Card.id) & (log.learner == learner) & log.quality.is_null(False) & (log.undone == 0)


def _count_of_answers(learner: LearnerId) -> Any:
    """How many answers the card at hand has: counted when they came."""
    counted = (CardAnswers.learner == learner) & (CardAnswers.card == Card.id)
    return fn.coalesce(CardAnswers.select(CardAnswers.answers).where(counted), 0)


def _moved_on(learner: LearnerId) -> Any:
    """The day of the last answer that moved the card's date."""
    log = Indexed(Review, "review_card")
    moves = (log.card == Card.id) & (log.learner == learner) & (log.undone == 0)
    return log.select(fn.max(log.study_day)).where(moves, log.kind.in_(("scheduled", "drill")))


def _records(query: Any, learner: LearnerId) -> Any:
    """The columns of a `CardRecord`, from a query of notes and cards."""
    schedule, of_card, of_note = models.Schedule, Rendering.alias(), Rendering.alias()
    columns = (
        Card.id, Card.note, Card.which, _GONE, Note.draft, Deck.key, Deck.path, Deck.title, Deck.language, Deck.tags,
        Note.key, Note.title, Note.line, Note.section, Note.typed, Note.tags,
        fn.coalesce(of_card.question_html, ""), fn.coalesce(of_card.answer_html, ""),
        fn.coalesce(of_card.extra, "{}"), fn.coalesce(of_note.extra, "{}"),
        _count_of_answers(learner), schedule.card.is_null(False), fn.coalesce(schedule.lapses, 0),
        *schedule_columns(schedule), Note.revision, fn.coalesce(CardFlag.flag, 0),
        fn.coalesce(schedule.by, SM2), Case(None, ((schedule.by != SM2, _moved_on(learner)),)),
    )  # fmt: skip
    of_the_card = (of_card.key == Note.render_key) & (of_card.which == Card.which)
    of_the_note = (of_note.key == Note.render_key) & (of_note.which == "note")
    joined = (
        query.join(Deck, on=(Deck.id == Note.deck))
        .join(of_card, JOIN.LEFT_OUTER, on=of_the_card)
        .join(of_note, JOIN.LEFT_OUTER, on=of_the_note)
    )
    return with_schedule(joined, learner).select(*columns)


def cards_of_notes() -> Any:
    """Notes, and then the cards of each: in this order the first page is found without looking at the rest."""
    return Note.select().join(Card, IN_ORDER, on=(Card.note == Note.id))


@prepared
def _cards(learner: LearnerId, ids: Collection[int]) -> Query:
    return _records(Card.select().join(Note), learner).where(Among(Card.id, ids))


@prepared
def _words(match: str, first: int, most: int) -> Query:
    is_there = HasWords(match) & (NoteText.rowid >= first)
    return NoteText.select(NoteText.rowid).where(is_there).order_by(NoteText.rowid).limit(most)


@prepared
def _listed(
    learner: LearnerId, today: Day, note: NoteId, card: CardId, limit: int, due: Collection[int] | None = None,
    decks: Collection[DeckId] | None = None, notes: Collection[NoteId] | None = None, *values: Any, asked: Asked,
) -> Query:  # fmt: skip
    query = _records(cards_of_notes(), learner).where(*conditions(asked, learner, today, due, decks, values))
    if notes is not None:
        query = query.where(Among(Note.id, notes))
    return (
        query.where(Note.id >= note, (Note.id > note) | (Card.id > card)).order_by(Note.id, Card.id).limit(limit)
    )  # fmt: skip


@prepared
def _notes_suspended(learner: LearnerId, most: int) -> Query:
    schedule = Indexed(models.Schedule, "schedule_suspended")
    is_one = (schedule.learner == learner) & (schedule.suspended == 1)
    return schedule.select(schedule.note).where(is_one).distinct().limit(most)


@prepared
def _notes_lapsed(learner: LearnerId, value: int, most: int, *, compared: str) -> Query:
    schedule = Indexed(models.Schedule, "schedule_lapses")
    is_one = (schedule.learner == learner) & (schedule.lapses > 0) & _COMPARED[compared](schedule.lapses, value)
    return schedule.select(schedule.note).where(is_one).distinct().limit(most)


@prepared
def _notes_answered(learner: LearnerId, value: int, most: int, *, compared: str) -> Query:
    counted = CardAnswers
    is_one = (counted.learner == learner) & _COMPARED[compared](counted.answers, value)
    return counted.select(Card.note).join(Card, on=(Card.id == counted.card)).where(is_one).distinct().limit(most)


def having_words(query: Any, match: str | None) -> Any:
    """Of a query of notes those with words (None: all)."""
    if match is None:
        return query
    return query.where(Note.id.in_(NoteText.select(NoteText.rowid).where(HasWords(match))))


@prepared
def _notes(
    learner: LearnerId, today: Day, due: Collection[int] | None = None, decks: Collection[DeckId] | None = None,
    match: str | None = None, *values: Any, asked: Asked,
) -> Query:  # fmt: skip
    query = with_schedule(cards_of_notes().join(Deck, on=(Deck.id == Note.deck)), learner).select(Note.id).distinct()
    return having_words(query.where(*conditions(asked, learner, today, due, decks, values)), match)


def _log_rows(log: Any) -> Any:
    return (
        log.select(
            log.uid, log.seq, log.card, Deck.key, Note.key, Card.which, log.at, log.study_day, log.quality, log.kind,
            log.verb, log.took_ms, log.undone, *schedule_columns(log, "before_"), *schedule_columns(log, "after_"),
        )
        .join(Card, on=(Card.id == log.card))
        .join(Note, on=(Note.id == Card.note))
        .join(Deck, on=(Deck.id == Note.deck))
    )  # fmt: skip


@prepared
def _log_since(learner: LearnerId, since: int, limit: int) -> Query:
    later = (Review.learner == learner) & (Review.seq > since)
    return _log_rows(Review).where(later).order_by(Review.seq).limit(limit)


@prepared
def _log_of_card(learner: LearnerId, card: CardId) -> Query:
    log = Indexed(Review, "review_card")
    return _log_rows(log).where(log.card == card, log.learner == learner).order_by(log.seq)


@prepared
def _answers_of_day(learner: LearnerId, day: Day) -> Query:
    log = Indexed(Review, "review_day")
    return (
        log.select(log.card, log.quality, AtMost(fn.coalesce(log.took_ms, 0), LONGEST_MS))
        .where(log.learner == learner, log.study_day == day, log.quality.is_null(False), log.undone == 0)
        .order_by(log.at, log.seq)
    )


@prepared
def _days_studied(learner: LearnerId, first: Day) -> Query:
    return (
        LearnerDay.select(LearnerDay.study_day, LearnerDay.answers)
        .where(LearnerDay.learner == learner, LearnerDay.study_day >= first, LearnerDay.answers > 0)
        .order_by(LearnerDay.study_day)
    )


_DECK_SETTINGS = {
    setting.name: storing(
        LearnerDeck, LearnerDeck.learner, LearnerDeck.deck, setting, key=(LearnerDeck.learner, LearnerDeck.deck)
    )
    for setting in (LearnerDeck.active, LearnerDeck.new_per_day)
}


@dataclass(frozen=True, slots=True)
class CardRecord:
    """A card, its text as HTML, and one learner's schedule of it.

    `tags` are the note's and its deck's. `stored` is whether the learner ever had a schedule for the card.
    """

    id: CardId
    note_id: NoteId
    which: str
    removed: bool
    draft: bool
    deck_key: str
    path: str
    deck_title: str
    language: str
    note_key: str
    title: str
    line: int
    section: str | None
    typed: bool
    tags: tuple[str, ...]
    question_html: str
    answer_html: str
    typed_answer: str
    rubric_html: tuple[str, ...]
    follow_ups_html: tuple[str, ...]
    sources_html: tuple[str, ...]
    in_full_html: str
    clarify_html: tuple[str, ...]
    reviews: int
    stored: bool
    lapses: int
    schedule: Schedule
    revision: int
    flag: int
    by: str
    moved_on: Day | None

    @property
    def interval(self) -> int:
        """The interval in days: SM-2's, or where another decides, the days from the last answer that moved the date."""
        due_on = self.schedule.due_on
        if self.moved_on is None or due_on is None:
            return self.schedule.interval
        return max(0, due_on - self.moved_on)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A row of the log with the key that its card has today."""

    uid: str
    seq: int
    card: CardId
    deck_key: str
    note_key: str
    which: str
    at: int
    study_day: Day
    quality: int | None
    kind: str
    verb: str | None
    took_ms: int | None
    undone: bool
    before: Schedule
    after: Schedule


class RecallFilter(NamedTuple):
    """What is asked of a card's recall: (today - last day) in millionths against the stability times `k`.

    It holds for memories that were computed with the parameters `name`; `others` are those for which it holds besides.
    """

    operator: str
    k: float
    name: str
    others: Collection[int] = ()


class Asked(NamedTuple):
    """What a filter asks as far as it shapes the query: all of it but the values; of these it says how many."""

    states: tuple[str, ...]
    props: tuple[tuple[str, str], ...]
    recalls: tuple[str, ...]
    tags: int
    ids: int
    flags: int
    drafts: bool
    words: bool
    decks: bool
    without: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class CardFilter:
    """Which cards to list: all that is asked must hold. Without the state `removed` only those that are there.

    `match` is an expression of `search_text.match_words`; `props` are (name, operator, value); `ids` are cards'
    numbers or notes' ids; `flags` are 0 (none) to 7; `due` are the cards that the state due means,
    None: every card whose date has come. Of `without` no filter may hold; of each, `due` and `drafts` are this one's.
    """

    today: Day
    due: Collection[int] | None = ()
    match: str = ""
    decks: Collection[DeckId] | None = None
    tags: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    props: tuple[tuple[str, str, int], ...] = ()
    recalls: tuple[RecallFilter, ...] = ()
    ids: tuple[str, ...] = ()
    flags: tuple[int, ...] = ()
    drafts: bool = False
    without: tuple[CardFilter, ...] = ()

    @property
    def asked(self) -> Asked:
        """What shapes the query."""
        return Asked(
            self.states,
            tuple((name, operator) for name, operator, _ in self.props),
            tuple(recall.operator for recall in self.recalls),
            len(self.tags),
            len(self.ids),
            len(self.flags),
            self.drafts,
            bool(self.match),
            self.decks is not None,
            tuple(one.asked for one in self.without),
        )

    @property
    def values(self) -> tuple[Any, ...]:
        """The values, in the order in which `conditions` takes them."""
        recalls = [part for recall in self.recalls for part in (recall.name, recall.k, list(recall.others))]
        values = (*(value for _, _, value in self.props), *recalls, *self.tags, *self.ids, *self.flags)
        return (*values, *(value for one in self.without for value in one._all_values))

    @property
    def _all_values(self) -> tuple[Any, ...]:
        words, decks = [self.match] * bool(self.match), [] if self.decks is None else [self.decks]
        return (*self.values, *words, *decks)


class CardRows:
    """Reads of cards and of the log, for one learner."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def cards(self, learner: LearnerId, ids: Iterable[CardId]) -> dict[CardId, CardRecord]:
        """The cards with these ids; ids of no card are left out."""
        rows = _cards.all(self._db, learner, list(ids))
        return {row[0]: _card(row) for row in rows}

    def listed(
        self, learner: LearnerId, wanted: CardFilter, after: tuple[NoteId, CardId], limit: int
    ) -> list[CardRecord]:
        """Up to `limit` cards after the one that is (note, card), by note and card."""
        if not wanted.match:
            return self._listed(learner, wanted, after, limit, self._few(learner, wanted))
        # A word may be in every note: those that have it are taken in order, more at a time, until there are enough.
        found: list[CardRecord] = []
        first, batch = after[0], 4 * limit
        while True:
            notes = [note for (note,) in _words.all(self._db, wanted.match, first, batch)]
            found += self._listed(learner, wanted, after, limit - len(found), notes)
            if len(found) == limit or len(notes) < batch:
                return found
            first, batch = notes[-1] + 1, 4 * batch

    def _listed(
        self,
        learner: LearnerId,
        wanted: CardFilter,
        after: tuple[NoteId, CardId],
        limit: int,
        notes: list[NoteId] | None = None,
    ) -> list[CardRecord]:
        rows = _listed.all(
            self._db, learner, wanted.today, *after, limit, wanted.due, wanted.decks, notes, *wanted.values,
            asked=wanted.asked,
        )  # fmt: skip
        return [_card(row) for row in rows]

    def _few(self, learner: LearnerId, wanted: CardFilter) -> list[NoteId] | None:
        """The notes among which all that is wanted must be, where an index says that they are few; else None."""
        for rows in self._rare(learner, wanted):
            if len(rows) <= FEW:
                return [note for (note,) in rows]
        return None

    def _rare(self, learner: LearnerId, wanted: CardFilter) -> Iterator[list[Row]]:
        """Notes of the conditions that few cards may fulfil and that an index knows, no more than tell that."""
        if "suspended" in wanted.states:
            yield _notes_suspended.all(self._db, learner, FEW + 1)
        if "leech" in wanted.states:
            yield _notes_lapsed.all(self._db, learner, FIRST_LEECH, FEW + 1, compared=">=")
        for name, compared, value in wanted.props:
            # Cards without a row have none: they are not found where none is enough.
            if compared in {">", ">=", "="} and value > 0 and name in _RARE:
                yield _RARE[name].all(self._db, learner, value, FEW + 1, compared=compared)

    def notes(self, learner: LearnerId, wanted: CardFilter) -> set[NoteId]:
        """The notes of all cards that a filter finds."""
        rows = _notes.all(
            self._db, learner, wanted.today, wanted.due, wanted.decks, wanted.match or None, *wanted.values,
            asked=wanted.asked,
        )  # fmt: skip
        return {note for (note,) in rows}

    def log(self, learner: LearnerId, since: int, limit: int) -> list[LogRecord]:
        """Up to `limit` rows of the learner's log with `seq` above `since`, the oldest first."""
        return [_log(row) for row in _log_since.all(self._db, learner, since, limit)]

    def log_of_card(self, learner: LearnerId, card: CardId) -> list[LogRecord]:
        """The learner's log of one card, the oldest first."""
        return [_log(row) for row in _log_of_card.all(self._db, learner, card)]

    def answers_of_day(self, learner: LearnerId, day: Day) -> list[tuple[CardId, int, int]]:
        """(card, quality, milliseconds counted) of every answer of a day, in the order in which they were given."""
        rows = _answers_of_day.all(self._db, learner, day)
        return [(card, quality, took) for card, quality, took in rows]

    def days_studied(self, learner: LearnerId, first: Day) -> dict[Day, int]:
        """How many answers there were on each day from `first` on that has any."""
        return dict(_days_studied.all(self._db, learner, first))

    def save_deck_setting(self, learner: LearnerId, deck: DeckId, column: str, value: int | None) -> None:
        """Stores the learner's own `active` or `new_per_day` of a deck."""
        _DECK_SETTINGS[column].run(self._db, learner, deck, value)
        mark_change(self._db, learner)


_RARE = {"lapses": _notes_lapsed, "reviews": _notes_answered}
FEW = 2000
"""So many notes are worth being named in the query that lists their cards."""


def conditions(
    asked: Asked,
    learner: LearnerId,
    today: Day,
    due: Collection[int] | None,
    decks: Collection[DeckId] | None,
    values: Iterable[Any],
) -> list[Any]:
    """What a filter asks, but for its words, of a query of notes and cards `with_schedule`; of these decks (None: all).

    `values` are those of the filter, in their order.
    """
    coming = iter(values)
    where: list[Any] = [] if asked.states else [_LIVE]
    where += _asked(asked, learner, today, due, coming)
    for left_out in asked.without:
        where.append(_fails(_asked(left_out, learner, today, due, coming) + _places(left_out, coming)))
    if not asked.drafts:
        where.append(Note.draft == 0)
    if decks is not None:
        where.append(Among(Note.deck, decks))
    return where


def _asked(
    asked: Asked, learner: LearnerId, today: Day, due: Collection[int] | None, coming: Iterator[Any]
) -> list[Any]:
    """What is asked of the card itself."""
    where = [_state(state, learner, today, due) for state in asked.states]
    where += [_COMPARED[operator](_prop(name, learner, today), next(coming)) for name, operator in asked.props]
    where += [_recalled(faded, learner, today, *islice(coming, 3)) for faded in asked.recalls]
    where += [_tagged(tag) for tag in islice(coming, asked.tags)]
    where += [(Note.key == id_) | (Card.id.cast("TEXT") == id_) for id_ in islice(coming, asked.ids)]
    return where + [fn.coalesce(CardFlag.flag, 0) == flag for flag in islice(coming, asked.flags)]


def _places(asked: Asked, coming: Iterator[Any]) -> list[Any]:
    """Where the card is to be: in notes with words, in decks."""
    where = [Note.id.in_(NoteText.select(NoteText.rowid).where(HasWords(next(coming))))] if asked.words else []
    return where + ([Among(Note.deck, next(coming))] if asked.decks else [])


def _fails(where: list[Any]) -> Any:
    """That not all of it holds; what is not known, such as a date of a card that has none, does not hold."""
    return Case(None, ((reduce(operator.and_, where), 1),), 0) == 0


def _state(state: str, learner: LearnerId, today: Day, due: Collection[int] | None) -> Any:
    """The condition of a state that can be asked for."""
    schedule = models.Schedule
    match state:
        case "due":
            if due is None:
                return schedule.deck.is_null(False) & asked_on(schedule, today)
            return Among(Card.id, due)
        case "new":
            return _LIVE & schedule.due_on.is_null() & (fn.coalesce(schedule.suspended, 0) == 0)
        case "scheduled":
            return _LIVE & schedule.due_on.is_null(False) & (schedule.suspended == 0)
        case "buried":
            return _LIVE & (schedule.buried_until > today)
        case "suspended":
            return _LIVE & (schedule.suspended == 1)
        case "leech":
            return _LIVE & (schedule.lapses >= FIRST_LEECH)
        case "failed":
            return _LIVE & Card.id.in_(_failed(learner, today))
        case "changed":
            return _LIVE & (Note.revision > 1) & (Note.revision > _revision_answered(learner))
        case "missed":
            from flashcards.storage.practice import missed

            return _LIVE & Card.id.in_(missed(learner))
        case "removed":
            return _GONE
    raise KeyError(state)


def _failed(learner: LearnerId, today: Day) -> Any:
    log = Indexed(Review, "review_day")
    return log.select(log.card).where(
        log.learner == learner, log.study_day == today, log.quality < REMEMBERED, log.undone == 0
    )


def _revision_answered(learner: LearnerId) -> Any:
    """The revision that the learner's last answer was to; NULL, and so no number, where there is none."""
    log, is_answer = _answers(learner)
    return log.select(log.revision).where(is_answer).order_by(log.seq.desc()).limit(1)


def _prop(name: str, learner: LearnerId, today: Day) -> Any:
    """The number of a property that can be asked for."""
    schedule = models.Schedule
    match name:
        case "ease":
            return fn.coalesce(schedule.ease, 250)
        case "due":
            return schedule.due_on - today
        case "reviews":
            return _count_of_answers(learner)
        case "interval" | "lapses" | "repetition":
            return fn.coalesce(getattr(schedule, name), 0)
    raise KeyError(name)


def _recalled(operator: str, learner: LearnerId, today: Day, name: str, k: float, others: Collection[int]) -> Any:
    faded = _COMPARED[_FADED[operator]]((today - Memory.last_on) * 1_000_000, Memory.stability * k)
    remembered = Memory.select(Memory.card).where(
        Memory.learner == learner, Memory.card == Card.id, Memory.parameters == name, faded
    )
    return fn.EXISTS(remembered) | Among(Card.id, others)


def _tagged(tag: str) -> Any:
    own = NoteTag.select(NoteTag.note).where(NoteTag.note == Note.id, NoteTag.tag == tag)
    return fn.EXISTS(own) | Contains(Deck.tags, tag)


def _card(row: Row) -> CardRecord:
    own, shared = extra_from_json(row[18]), extra_from_json(row[19])
    return CardRecord(
        id=row[0], note_id=row[1], which=row[2], removed=bool(row[3]), draft=bool(row[4]),
        deck_key=row[5], path=row[6], deck_title=row[7], language=row[8],
        note_key=row[10], title=row[11], line=row[12], section=row[13], typed=bool(row[14]),
        tags=tuple(dict.fromkeys(tags_from_json(row[15]) + tags_from_json(row[9]))),
        question_html=row[16], answer_html=row[17], typed_answer=own.get("typed_answer") or "",
        rubric_html=tuple(shared.get("rubric_html", ())),
        follow_ups_html=tuple(shared.get("follow_ups_html", ())),
        sources_html=tuple(shared.get("sources_html", ())),
        in_full_html=shared.get("in_full_html", ""), clarify_html=tuple(shared.get("clarify_html", ())),
        reviews=row[20], stored=bool(row[21]), lapses=row[22], schedule=schedule_of(*row[23:29]),
        revision=row[29], flag=row[30], by=row[31], moved_on=row[32],
    )  # fmt: skip


def _log(row: Row) -> LogRecord:
    uid, seq, card, deck, note, which, at, day, quality, kind, verb, took_ms, undone, *schedules = row
    before, after = schedule_of(*schedules[:6]), schedule_of(*schedules[6:])
    return LogRecord(
        uid, seq, card, deck, note, which, at, day, quality, kind, verb, took_ms, bool(undone), before, after
    )
