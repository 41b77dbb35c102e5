"""Which scheduler a learner chose for which folder, and what a choice needs to know of all cards in it.

Every method runs within the caller's transaction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from peewee import fn

from flashcards.domain.ids import CardId, LearnerId, NoteId
from flashcards.domain.schedulers import SM2, Entry
from flashcards.storage import counters
from flashcards.storage.database import Database
from flashcards.storage.models import Deck, LearnerScheduler, Note, Review, Schedule
from flashcards.storage.prepared import Among, Indexed, Prepared, Query, prepared, storing
from flashcards.storage.reviews import (
    CardRow,
    LogWrite,
    entry_columns,
    entry_of,
    insert_log,
    log_values,
    update_schedule,
)
from flashcards.storage.schedules import COLUMNS, columns, columns_of, schedule_of

PARTS = 10_000
"""A retention is counted in parts of this size."""
_REMEMBERED = 50
"""So many earlier choices of a folder are kept for undo."""


_CHOICE = (LearnerScheduler.folder, LearnerScheduler.scheduler, LearnerScheduler.retention, LearnerScheduler.since)
_store = storing(
    LearnerScheduler, LearnerScheduler.learner, *_CHOICE, LearnerScheduler.action, LearnerScheduler.former,
    key=(LearnerScheduler.learner, LearnerScheduler.folder),
)  # fmt: skip


@prepared
def _choices(learner: LearnerId) -> Query:
    return (
        LearnerScheduler.select(*_CHOICE).where(LearnerScheduler.learner == learner).order_by(LearnerScheduler.folder)
    )


@prepared
def _remove(learner: LearnerId, folder: str) -> Query:
    return LearnerScheduler.delete().where(LearnerScheduler.learner == learner, LearnerScheduler.folder == folder)


@prepared
def _former(learner: LearnerId, action: str) -> Query:
    by_action = (LearnerScheduler.learner == learner) & (LearnerScheduler.action == action)
    return LearnerScheduler.select(LearnerScheduler.folder, LearnerScheduler.former).where(by_action)


@prepared
def _whole(learner: LearnerId, folder: str) -> Query:
    of_folder = (LearnerScheduler.learner == learner) & (LearnerScheduler.folder == folder)
    return LearnerScheduler.select(*_CHOICE, LearnerScheduler.action, LearnerScheduler.former).where(of_folder)


@prepared
def _path(note: NoteId) -> Query:
    return Note.select(Deck.path).join(Deck).where(Note.id == note)


@prepared
def _paths(notes: Collection[NoteId]) -> Query:
    return Note.select(Note.id, Deck.path).join(Deck).where(Among(Note.id, notes))


@prepared
def _scheduled_cards(learner: LearnerId) -> Query:
    return (
        Schedule.select(
            Deck.path, Schedule.card, Schedule.note, Schedule.ordinal, Note.revision, Schedule.deck, Schedule.lapses,
            Schedule.by, *columns(Schedule),
        )
        .join(Note, on=(Note.id == Schedule.note))
        .join(Deck, on=(Deck.id == Note.deck))
        .where(Schedule.learner == learner, Schedule.due_on.is_null(False) | (Schedule.by != SM2))
        .order_by(Schedule.card)
    )  # fmt: skip


@prepared
def _set_by_hand(learner: LearnerId) -> Query:
    later = Indexed(Review, "review_card")
    moves = (
        (later.kind == "scheduled")
        | ((later.kind == "drill") & (later.scheduler != SM2))
        | later.verb.in_(("reset", "import", "sync"))
    )
    moved = later.select(later.seq).where(
        later.card == Review.card, later.learner == learner, later.seq > Review.seq, later.undone == 0, moves
    )
    by_hand = Review.verb.in_(("due", "edited"))
    return Review.select(Review.card).where(Review.learner == learner, Review.undone == 0, by_hand, ~fn.EXISTS(moved))


@prepared
def _logs(learner: LearnerId) -> Query:
    counts = (Review.learner == learner) & (Review.undone == 0)
    return Review.select(Review.card, *entry_columns(Review)).where(counts).order_by(Review.seq)


def _is_switch(learner: LearnerId, action: str) -> Any:
    return (Review.learner == learner) & (Review.action == action) & (Review.verb == "scheduler")


@prepared
def _switched(learner: LearnerId, action: str) -> Query:
    former = Indexed(Review, "review_card")
    who = (
        former.select(former.scheduler)
        .where(
            former.card == Review.card, former.learner == Review.learner, former.seq < Review.seq, former.undone == 0,
            former.kind != "imported",
        )
        .order_by(former.seq.desc())
        .limit(1)
    )  # fmt: skip
    rows = Review.select(Review.seq, Review.card, *columns(Review, "before_"), who)
    return rows.where(_is_switch(learner, action), Review.undone == 0)


@prepared
def _undo_switch(learner: LearnerId, action: str) -> Query:
    return Review.update({Review.undone: 1}).where(_is_switch(learner, action))


@prepared
def _undo_edits_since(learner: LearnerId, seq: int, cards: Collection[CardId]) -> Query:
    edits = (Review.learner == learner) & (Review.verb == "edited") & (Review.seq > seq)
    return Review.update({Review.undone: 1}).where(edits, Among(Review.card, cards))


def _bring_back_schedule(*values: Any) -> Query:
    *former, learner, card = values
    moved = dict(zip((*columns(Schedule), Schedule.by), former, strict=True))
    return Schedule.update(moved).where(Schedule.learner == learner, Schedule.card == card)


_bring_back: Prepared[...] = Prepared(_bring_back_schedule, arity=len(COLUMNS) + 3)


class StoredChoice(NamedTuple):
    """A choice for a folder or deck, `folder` being its address, "" for everything else."""

    folder: str
    scheduler: str
    retention: int
    since: int


class PlacedCard(NamedTuple):
    """A scheduled card with the address of its deck."""

    address: str
    card: CardRow


class ChoiceRows:
    """Reads and writes of `learner_scheduler`, and of the cards that a choice is about."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self, learner: LearnerId) -> list[StoredChoice]:
        """The learner's choices, by folder."""
        rows = _choices.all(self._db, learner)
        return [StoredChoice(*row) for row in rows]

    def save(self, learner: LearnerId, it: StoredChoice, action: str | None) -> None:
        """Stores a choice; `action` is that of the log which moved dates by it, with what was chosen before."""
        row = _whole.one(self._db, learner, it.folder)
        self._save(learner, it, action, [] if row is None else [list(row[:5]), *_earlier(row[5])])

    def _save(self, learner: LearnerId, it: StoredChoice, action: str | None, former: list[list[Any]]) -> None:
        _store.run(self._db, learner, *it, action, json.dumps(former[:_REMEMBERED]) if former else None)

    def remove(self, learner: LearnerId, folder: str) -> None:
        """Forgets the choice for a folder: it follows the one above it again."""
        _remove.run(self._db, learner, folder)

    def take_back(self, learner: LearnerId, action: str) -> None:
        """Brings back what was chosen before the action."""
        row = _former.one(self._db, learner, action)
        if row is None:
            return
        self.remove(learner, row[0])
        if former := _earlier(row[1]):
            *choice, made_by = former[0]
            self._save(learner, StoredChoice(*choice), made_by, former[1:])

    def address_of_note(self, note: NoteId) -> str:
        """The address of the deck that holds a note, or held it last."""
        row = _path.one(self._db, note)
        return str(row[0]).removesuffix(".md") if row else ""

    def addresses(self, notes: Iterable[NoteId]) -> dict[NoteId, str]:
        """The same by note."""
        rows = _paths.all(self._db, list(notes))
        return {note: path.removesuffix(".md") for note, path in rows}

    def scheduled_cards(self, learner: LearnerId) -> list[PlacedCard]:
        """Every card of the learner that has a date, or of which FSRS-6 would give the next; hidden ones too."""
        rows = _scheduled_cards.all(self._db, learner)
        return [
            PlacedCard(
                path.removesuffix(".md"),
                CardRow(card, note, ordinal, revision, deck, True, True, lapses, by, schedule_of(*columns)),
            )
            for path, card, note, ordinal, revision, deck, lapses, by, *columns in rows
        ]

    def set_by_hand(self, learner: LearnerId) -> set[CardId]:
        """The cards whose date was set by hand, or by an author's edit, and by nothing since."""
        return {card for (card,) in _set_by_hand.all(self._db, learner)}

    def logs(self, learner: LearnerId, cards: Collection[CardId]) -> dict[CardId, list[Entry]]:
        """The logs of these cards as a replay takes them."""
        wanted, found = set(cards), defaultdict(list)
        for card, *row in _logs.each(self._db, learner):
            if card in wanted:
                found[card].append(entry_of(row))
        return dict(found)

    def move(self, learner: LearnerId, rows: Sequence[tuple[CardRow, LogWrite, str]]) -> None:
        """Adds rows that set schedules, many at once; the last of each is who decides from then on."""
        if not rows:
            return
        insert_log.many(self._db, (log_values(learner, card, row) for card, row, _ in rows))
        update_schedule.many(
            self._db,
            ((*columns_of(row.after), card.lapses, by, learner, card.id) for card, row, by in rows),
        )
        counters.keep_log_end(self._db, learner, rows[-1][1].seq)

    def take_back_switches(self, learner: LearnerId, action: str) -> int:
        """Undoes all rows of a switch at once; gives how many. Who decided before is what the row before says."""
        rows = _switched.all(self._db, learner, action)
        _undo_switch.run(self._db, learner, action)
        counters.mark_change(self._db, learner)
        if rows:  # an author's edit since then would lead back to a date that is no more
            _undo_edits_since.run(self._db, learner, min(row[0] for row in rows), [row[1] for row in rows])
        _bring_back.many(
            self._db,
            ((*before, (label or SM2).partition("@")[0], learner, card) for _, card, *before, label in rows),
        )
        return len(rows)


def _earlier(former: str | None) -> list[list[Any]]:
    """The earlier choices of a folder with the action of each, the newest first.

    A database may hold one alone, without its action: so they were stored at first.
    """
    stored = json.loads(former or "[]")
    return [[*stored, None]] if stored and isinstance(stored[0], str) else stored
