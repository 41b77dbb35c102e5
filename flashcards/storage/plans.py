"""Plans, their days and breaks, and what a plan is made from: the cards in its scope and the learner's log."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, cast

from peewee import JOIN, Select, fn

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.memory.evidence import is_evidence
from flashcards.domain.minutes_left import LONGEST_MS
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database, Row
from flashcards.storage.models import (
    Card,
    Deck,
    LearnerBreak,
    LearnerDay,
    LearnerDeck,
    Note,
    NoteTag,
    PlanDay,
    Review,
    Schedule,
)
from flashcards.storage.prepared import IN_ORDER, Among, AtMost, Contains, Indexed, Query, prepared, storing
from flashcards.storage.prerequisites import missing_of
from flashcards.storage.schedules import shown_on

NO_PLAN = 0
"""The number of the plan whose days hold the order of a backlog."""
ASKED = ("scheduled", "drill", "plan")
"""The kinds of answers to what a day asked."""
LEVELS = ("junior", "core", "mid", "senior")
_MID = LEVELS.index("mid")

_PLAN = "id, title, day, minute, scope, weights, minutes, days_off, style, followed, created_at, ended_at, outcome"
_DAY = (
    "plan_id, study_day, made_at, cards, seconds, new, predicted_low, predicted, predicted_high, recalled_expected,"
    " figures"
)


@prepared
def _cards(learner: LearnerId) -> Query:
    note = Indexed(Note, "note_deck")
    return (
        Deck.select(
            Card.id, Card.note, note.deck, Schedule.repetition, Schedule.ease, Schedule.interval, Schedule.due_on,
            fn.coalesce(Schedule.buried_until, 0),
        )
        .join(note, IN_ORDER, on=(note.deck == Deck.id))
        .join(Card, IN_ORDER, on=(Card.note == note.id))
        .join(Schedule, JOIN.LEFT_OUTER, on=((Schedule.learner == learner) & (Schedule.card == Card.id)))
        .join(LearnerDeck, JOIN.LEFT_OUTER, on=((LearnerDeck.learner == learner) & (LearnerDeck.deck == Deck.id)))
        .where(
            Deck.removed_at.is_null(), note.removed_at.is_null(), note.draft == 0, Card.removed_at.is_null(),
            fn.coalesce(LearnerDeck.active, 1) == 1, fn.coalesce(Schedule.suspended, 0) == 0,
        )
        .order_by(Deck.position, Deck.id, note.position, Card.ordinal)
    )  # fmt: skip


@prepared
def _askable(learner: LearnerId, cards: Collection[CardId], today: Day) -> Query:
    return (
        Card.select(
            Card.id, Card.note, Note.deck, Card.ordinal, Schedule.due_on, fn.coalesce(Schedule.interval, 0)
        )
        .join(Note)
        .join(Deck)
        .join(Schedule, JOIN.LEFT_OUTER, on=((Schedule.learner == learner) & (Schedule.card == Card.id)))
        .join(LearnerDeck, JOIN.LEFT_OUTER, on=((LearnerDeck.learner == learner) & (LearnerDeck.deck == Note.deck)))
        .where(
            Among(Card.id, cards), Card.removed_at.is_null(), Note.removed_at.is_null(), Note.draft == 0,
            Deck.removed_at.is_null(), fn.coalesce(LearnerDeck.active, 1) == 1,
            Schedule.card.is_null() | shown_on(Schedule, today),
        )
    )  # fmt: skip


_LOG = """
    SELECT r.study_day, r.at, r.seq, r.card_id, r.quality, r.before_interval, r.kind, r.before_due_on IS NULL,
           r.took_ms, r.stability, r.difficulty, i.type, i.factor
    FROM review r LEFT JOIN imported_review i ON i.learner_id = r.learner_id AND i.seq = r.seq
    WHERE r.learner_id = ? AND r.undone = 0 AND r.quality IS NOT NULL
    ORDER BY r.seq DESC LIMIT ?
"""


def _on(query: Any, schedule: Any, learner: LearnerId, first: Day, last: Day) -> Any:
    """Of a query of schedules those that become due on these days and can be asked."""
    return query.where(
        schedule.learner == learner, schedule.due_on.is_null(False), schedule.suspended == 0,
        schedule.deck.is_null(False), schedule.due_on.between(first, last),
    )  # fmt: skip


@prepared
def _due_between(learner: LearnerId, first: Day, last: Day) -> Query:
    schedule = Indexed(Schedule, "schedule_due")
    has_it = (LearnerDeck.learner == schedule.learner) & (LearnerDeck.deck == schedule.deck)
    query = (
        schedule.select(schedule.card, schedule.due_on, schedule.interval)
        .join(LearnerDeck, JOIN.LEFT_OUTER, on=has_it)
        .where(fn.coalesce(LearnerDeck.active, 1) == 1)
    )
    return _on(query, schedule, learner, first, last)


@prepared
def _count_due(learner: LearnerId, first: Day, last: Day) -> Query:
    schedule = Indexed(Schedule, "schedule_due")
    return _on(schedule.select(fn.count(schedule.card)), schedule, learner, first, last)


@prepared
def _notes_tagged(tag: str) -> Query:
    of_decks = Note.select(Note.id).join(Deck).where(Contains(Deck.tags, tag), Note.removed_at.is_null())
    return NoteTag.select(NoteTag.note).where(NoteTag.tag == tag) | of_decks


def _asked_on(query: Any, log: Any, learner: LearnerId, day: Day) -> Any:
    """Of a query of the log the answers of a day to what it asked."""
    return query.where(log.learner == learner, log.study_day == day, log.kind.in_(ASKED), log.undone == 0)


@prepared
def _spent_ms(usual_ms: int, learner: LearnerId, day: Day) -> Query:
    log = Indexed(Review, "review_day")
    counted = AtMost(fn.coalesce(log.took_ms, usual_ms), LONGEST_MS)
    return _asked_on(log.select(fn.coalesce(fn.sum(counted), 0)), log, learner, day)


@prepared
def _last_grades(learner: LearnerId, day: Day) -> Query:
    log = Indexed(Review, "review_day")
    return _asked_on(log.select(log.card, log.quality), log, learner, day).order_by(log.at, log.seq)


@prepared
def _forgotten_on(learner: LearnerId, day: Day) -> Query:
    log = Indexed(Review, "review_day")
    asked = _asked_on(log.select(log.card), log, learner, day)
    return asked.where(log.kind != "drill", log.quality < REMEMBERED)


def _days_studied(learner: LearnerId, today: Day) -> Any:
    """The last 30 days before today on which the learner answered anything."""
    return (
        LearnerDay.select(LearnerDay.study_day, LearnerDay.answers)
        .where(LearnerDay.learner == learner, LearnerDay.study_day < today, LearnerDay.answers > 0)
        .order_by(LearnerDay.study_day.desc())
        .limit(30)
        .alias("studied")
    )


@prepared
def _usual_answers(learner: LearnerId, today: Day) -> Query:
    days = _days_studied(learner, today)
    return Select((days,), (fn.coalesce(fn.avg(days.c.answers), 0),))


@prepared
def _usual_ms(learner: LearnerId, today: Day) -> Query:
    log, studied = Indexed(Review, "review_day"), _days_studied(learner, today)
    days = (
        log.select(fn.sum(AtMost(fn.coalesce(log.took_ms, 0), LONGEST_MS)).alias("ms"))
        .where(
            log.learner == learner, log.study_day.in_(Select((studied,), (studied.c.study_day,))),
            log.quality.is_null(False), log.undone == 0,
        )
        .group_by(log.study_day)
        .alias("days")
    )  # fmt: skip
    return Select((days,), (fn.coalesce(fn.avg(days.c.ms), 0),))


@prepared
def _backlog(learner: LearnerId, day: Day) -> Query:
    is_one = (PlanDay.learner == learner) & (PlanDay.plan_id == NO_PLAN) & (PlanDay.study_day == day)
    return PlanDay.select(PlanDay.cards, PlanDay.figures).where(is_one)


_add_break = storing(
    LearnerBreak, LearnerBreak.learner, LearnerBreak.first_day, LearnerBreak.last_day, LearnerBreak.created_at,
    key=(LearnerBreak.learner, LearnerBreak.first_day), once=(LearnerBreak.created_at,),
)  # fmt: skip
_RESETS = "SELECT card_id, max(seq) FROM review WHERE learner_id = ? AND verb = 'reset' AND undone = 0 GROUP BY card_id"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan as it is stored; `scope`, `weights` and `days_off` are as the table says."""

    id: int
    title: str
    day: Day
    minute: int | None
    scope: dict[str, Any]
    weights: dict[str, int]
    minutes: int
    days_off: dict[str, list[int]]
    style: str
    followed: bool = False
    created_at: int = 0
    ended_at: int | None = None
    outcome: str | None = None


class OrderedCard(NamedTuple):
    """A card of a day's order: new, due or early, and how many seconds it is expected to take."""

    card: CardId
    kind: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PlanDayRow:
    """A day of a plan. `predicted` are low, middle and high of what will be known on the plan's day."""

    plan: int
    study_day: Day
    made_at: int
    cards: tuple[OrderedCard, ...]
    seconds: int
    new: int
    predicted: tuple[float, float, float] | None = None
    recalled_expected: float | None = None
    figures: dict[str, Any] = field(default_factory=dict)


class BacklogRow(NamedTuple):
    """A day's backlog: its cards, in their order, and what was reckoned of it."""

    cards: tuple[CardId, ...]
    figures: dict[str, Any]


class BreakRow(NamedTuple):
    """A holiday, from its first day to its last."""

    first: Day
    last: Day


class ScopeCard(NamedTuple):
    """A card that could be in a plan, in study order; the schedule is None where the learner has none."""

    card: CardId
    note: NoteId
    deck: DeckId
    repetition: int | None
    ease: int | None
    interval: int | None
    due_on: Day | None
    buried_until: Day


class AskableCard(NamedTuple):
    """A card of a day's order that can be asked now."""

    card: CardId
    note: NoteId
    deck: DeckId
    ordinal: int
    due_on: Day | None
    interval: int


class AnswerRow(NamedTuple):
    """An answer that is evidence. `was_new` is whether the card had no date before.

    `stability` and `difficulty` are those after it, in millionths; None where they were not stored.
    """

    day: Day
    at: int
    seq: int
    card: CardId
    quality: int
    interval: int
    kind: str
    was_new: bool
    took_ms: int | None
    stability: int | None = None
    difficulty: int | None = None


class PlanRows:
    """Reads and writes of one learner's plans."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- plans

    def plans(self, learner: LearnerId) -> list[PlanRow]:
        """All of them, the newest first."""
        sql = f"SELECT {_PLAN} FROM plan WHERE learner_id = ? ORDER BY id DESC"
        return [_plan(row) for row in self._db.all(sql, (learner,))]

    def plan(self, learner: LearnerId, number: int) -> PlanRow | None:
        """The plan with this number."""
        row = self._db.one(f"SELECT {_PLAN} FROM plan WHERE learner_id = ? AND id = ?", (learner, number))
        return None if row is None else _plan(row)

    def followed(self, learner: LearnerId) -> PlanRow | None:
        """The plan that is followed, be its day past or not."""
        row = self._db.one(f"SELECT {_PLAN} FROM plan WHERE learner_id = ? AND followed = 1", (learner,))
        return None if row is None else _plan(row)

    def followers(self) -> list[LearnerId]:
        """The learners who follow a plan."""
        return [learner for (learner,) in self._db.all("SELECT learner_id FROM plan WHERE followed = 1")]

    def add(self, learner: LearnerId, plan: PlanRow) -> int:
        """Stores a new plan; its number, that of `plan` notwithstanding."""
        row = self._db.one("SELECT coalesce(max(id), 0) + 1 FROM plan WHERE learner_id = ?", (learner,))
        number = int(row[0]) if row else 1
        self._db.execute(
            f"INSERT INTO plan(learner_id, {_PLAN}) VALUES ({', '.join('?' * 14)})",
            (learner, number, *_values(plan)),
        )
        return number

    def change(self, learner: LearnerId, plan: PlanRow) -> None:
        """Stores what has changed of a plan."""
        names = _PLAN.split(", ")[1:]
        sets = ", ".join(f"{name} = ?" for name in names)
        self._db.execute(f"UPDATE plan SET {sets} WHERE learner_id = ? AND id = ?", (*_values(plan), learner, plan.id))

    def delete(self, learner: LearnerId, number: int) -> None:
        """Forgets a plan and its days."""
        self._db.execute("DELETE FROM plan_day WHERE learner_id = ? AND plan_id = ?", (learner, number))
        self._db.execute("DELETE FROM plan WHERE learner_id = ? AND id = ?", (learner, number))

    def follow(self, learner: LearnerId, number: int | None) -> None:
        """Follows this plan and no other; None follows none."""
        self._db.execute("UPDATE plan SET followed = 0 WHERE learner_id = ? AND followed = 1", (learner,))
        if number is not None:
            self._db.execute("UPDATE plan SET followed = 1 WHERE learner_id = ? AND id = ?", (learner, number))

    # --- days

    def day(self, learner: LearnerId, plan: int, day: Day) -> PlanDayRow | None:
        """What was made of a plan for a day."""
        row = self._db.one(
            f"SELECT {_DAY} FROM plan_day WHERE learner_id = ? AND plan_id = ? AND study_day = ?", (learner, plan, day)
        )
        return None if row is None else _day(row)

    def has_day(self, learner: LearnerId, plan: int, day: Day) -> bool:
        """Whether something was made of a plan for a day."""
        return (
            self._db.one(
                "SELECT 1 FROM plan_day WHERE learner_id = ? AND plan_id = ? AND study_day = ?", (learner, plan, day)
            )
            is not None
        )

    def backlog(self, learner: LearnerId, day: Day) -> BacklogRow | None:
        """What was made of a day's backlog."""
        row = _backlog.one(self._db, learner, day)
        return None if row is None else BacklogRow(_cards_in_order(row[0]), json.loads(row[1]))

    def days(self, learner: LearnerId, plan: int) -> list[PlanDayRow]:
        """The days of a plan so far."""
        sql = f"SELECT {_DAY} FROM plan_day WHERE learner_id = ? AND plan_id = ? ORDER BY study_day"
        return [_day(row) for row in self._db.all(sql, (learner, plan))]

    def save_day(self, learner: LearnerId, day: PlanDayRow) -> None:
        """Stores a day, in place of what was made of it before."""
        cards = json.dumps([[it.card, it.kind, round(it.seconds, 1)] for it in day.cards], separators=(",", ":"))
        low, middle, high = day.predicted or (None, None, None)
        figures = json.dumps(day.figures, separators=(",", ":"))
        self._db.execute(
            f"INSERT INTO plan_day(learner_id, {_DAY}) VALUES ({', '.join('?' * 12)})"
            " ON CONFLICT(learner_id, plan_id, study_day) DO UPDATE SET made_at = excluded.made_at,"
            " cards = excluded.cards, seconds = excluded.seconds, new = excluded.new,"
            " predicted_low = excluded.predicted_low, predicted = excluded.predicted,"
            " predicted_high = excluded.predicted_high, recalled_expected = excluded.recalled_expected,"
            " figures = excluded.figures",
            (
                learner, day.plan, day.study_day, day.made_at, cards, day.seconds, day.new, low, middle, high,
                day.recalled_expected, figures,
            ),
        )  # fmt: skip

    def forget_days(self, learner: LearnerId, plan: int, since: Day) -> None:
        """Forgets what was made of a plan for this day and later ones: it is to be made anew."""
        self._db.execute(
            "DELETE FROM plan_day WHERE learner_id = ? AND plan_id = ? AND study_day >= ?", (learner, plan, since)
        )

    # --- breaks

    def breaks(self, learner: LearnerId) -> list[BreakRow]:
        """All holidays, the earliest first."""
        rows = self._db.all(
            "SELECT first_day, last_day FROM learner_break WHERE learner_id = ? ORDER BY first_day", (learner,)
        )
        return [BreakRow(*row) for row in rows]

    def add_break(self, learner: LearnerId, first: Day, last: Day, now: int) -> None:
        """Stores a holiday; another one that begins on the same day gives way."""
        _add_break.run(self._db, learner, first, last, now)

    def delete_break(self, learner: LearnerId, first: Day) -> bool:
        """Forgets a holiday; whether there was one."""
        cursor = self._db.execute("DELETE FROM learner_break WHERE learner_id = ? AND first_day = ?", (learner, first))
        return bool(cursor.rowcount)

    # --- what a plan is made from

    def cards(self, learner: LearnerId) -> list[ScopeCard]:
        """Every card that is not switched off or suspended, in study order."""
        return list(map(ScopeCard._make, _cards.all(self._db, learner)))

    def lengths(self) -> dict[CardId, int]:
        """How many characters each card's question and answer have together."""
        return dict(
            self._db.all(
                "SELECT c.id, length(n.question) + length(n.answer) FROM card c JOIN note n ON n.id = c.note_id"
            )
        )

    def levels(self) -> dict[NoteId, int]:
        """The place of each tagged note's level in `LEVELS`; a note with the tag core is of the core."""
        marks = ", ".join("?" * len(LEVELS))
        found: dict[NoteId, int] = {}
        for note, tag in self._db.all(f"SELECT note_id, tag FROM note_tag WHERE tag IN ({marks})", LEVELS):
            level = LEVELS.index(tag)
            if tag == "core" or found.get(note) != LEVELS.index("core"):
                found[note] = level
        return found

    def requirements(self) -> dict[NoteId, list[NoteId]]:
        """What each note asks to be learnt first."""
        found: dict[NoteId, list[NoteId]] = {}
        for note, required in self._db.all("SELECT note_id, requires_id FROM prerequisite"):
            found.setdefault(note, []).append(required)
        return found

    def answers(self, learner: LearnerId) -> int:
        """How many answers the learner gave."""
        row = self._db.one("SELECT coalesce(sum(answers), 0) FROM learner_day WHERE learner_id = ?", (learner,))
        return int(row[0]) if row else 0

    def decks(self) -> dict[DeckId, str]:
        """The addresses of all decks, in study order."""
        rows = self._db.all("SELECT id, path FROM deck WHERE removed_at IS NULL ORDER BY position, id")
        return {deck: path.removesuffix(".md") for deck, path in rows}

    def deck_titles(self) -> dict[DeckId, str]:
        """The titles of all decks."""
        return dict(self._db.all("SELECT id, title FROM deck WHERE removed_at IS NULL"))

    def folder_titles(self) -> dict[str, str]:
        """The titles of the folders that have one, by path."""
        return dict(self._db.all("SELECT path, title FROM folder WHERE title IS NOT NULL"))

    def notes_tagged(self, tag: str) -> list[NoteId]:
        """The notes with a tag, their own or their deck's."""
        return [note for (note,) in _notes_tagged.all(self._db, tag)]

    def due_between(self, learner: LearnerId, first: Day, last: Day) -> list[tuple[CardId, Day, int]]:
        """(card, due date, interval) of the cards that become due on these days, in decks that are switched on."""
        return _due_between.all(self._db, learner, first, last)

    def coming_a_day(self, learner: LearnerId, today: Day) -> float:
        """How many cards become due on an average day of the next two weeks."""
        row = _count_due.one(self._db, learner, today + 1, today + 14)
        return row[0] / 14 if row else 0.0

    def log(self, learner: LearnerId, newest: int) -> list[AnswerRow]:
        """Of so many of the newest answers those that are evidence of a memory, in the order of the day, of the
        clock, and of the log."""
        resets: dict[int, int] = dict(self._db.all(_RESETS, (learner,)))
        found = []
        for *values, kind_there, factor in self._db.all(_LOG, (learner, newest)):
            anki = None if kind_there is None else (kind_there, factor)
            row = AnswerRow(*values)
            if is_evidence(row.quality, anki=anki) and row.seq > resets.get(row.card, 0):
                found.append(row)
        found.sort()
        return found

    # --- serving

    def askable(self, learner: LearnerId, cards: Collection[CardId], today: Day) -> dict[CardId, AskableCard]:
        """Of these cards those that can be asked today."""
        rows = _askable.all(self._db, learner, cards, today)
        return {row[0]: AskableCard(*row) for row in rows}

    def spent_ms(self, learner: LearnerId, day: Day, usual_ms: int) -> int:
        """How long the learner has studied on a day; an answer without a time counts as `usual_ms`."""
        row = _spent_ms.one(self._db, usual_ms, learner, day)
        return int(row[0]) if row else 0

    def missing(self, learner: LearnerId, notes: Iterable[NoteId]) -> dict[NoteId, set[NoteId]]:
        """What these notes wait for: notes in the decks that are switched on, and never answered."""
        return missing_of(self._db, learner, notes)

    def last_day_before(self, learner: LearnerId, day: Day) -> Day | None:
        """The last day before this one on which the learner answered something."""
        row = self._db.one(
            "SELECT max(study_day) FROM learner_day WHERE learner_id = ? AND study_day < ? AND answers > 0",
            (learner, day),
        )
        return row[0] if row else None

    def last_grades(self, learner: LearnerId, day: Day) -> dict[CardId, int]:
        """The last grade of each card that was answered on a day and counts for its drill."""
        return dict(_last_grades.all(self._db, learner, day))

    def forgotten_on(self, learner: LearnerId, day: Day) -> frozenset[CardId]:
        """The cards that were forgotten on a day, whether their drill was done or not."""
        return frozenset(row[0] for row in _forgotten_on.all(self._db, learner, day))

    def usual_answers(self, learner: LearnerId, today: Day) -> float:
        """How many answers the learner gives on a day of studying: the mean of the last 30 of these; 0 without."""
        row = _usual_answers.one(self._db, learner, today)
        return float(row[0]) if row else 0.0

    def usual_seconds(self, learner: LearnerId, today: Day) -> float:
        """How long these answers took: read from the log, which takes as long as there are of them."""
        row = _usual_ms.one(self._db, learner, today)
        return float(row[0]) / 1000 if row else 0.0


def _values(plan: PlanRow) -> tuple[Any, ...]:
    """What is stored of a plan, but for its number."""
    return (
        plan.title, plan.day, plan.minute, _json(plan.scope), _json(plan.weights), plan.minutes, _json(plan.days_off),
        plan.style, int(plan.followed), plan.created_at, plan.ended_at, plan.outcome,
    )  # fmt: skip


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _plan(row: Row) -> PlanRow:
    number, title, day, minute, scope, weights, minutes, days_off, style, followed, created, ended, outcome = row
    return PlanRow(
        number, title, day, minute, json.loads(scope), json.loads(weights), minutes, json.loads(days_off), style,
        bool(followed), created, ended, outcome,
    )  # fmt: skip


@lru_cache(maxsize=16)
def _order(cards: str) -> tuple[OrderedCard, ...]:
    """A day's order as it is stored: every queue of the day asks for it, and it stays as it was made."""
    return tuple(OrderedCard(*it) for it in cast(list[list[Any]], json.loads(cards)))


@lru_cache(maxsize=16)
def _cards_in_order(cards: str) -> tuple[CardId, ...]:
    """The cards of a day's order alone: a backlog has hundreds, and of each nothing else is asked."""
    return tuple([card for card, _, _ in json.loads(cards)])


def _day(row: Row) -> PlanDayRow:
    plan, day, made_at, cards, seconds, new, low, middle, high, recalled, figures = row
    return PlanDayRow(
        plan, day, made_at, _order(cards), seconds, new,
        None if middle is None else (low, middle, high), recalled, json.loads(figures),
    )  # fmt: skip
