"""The schedules and the log of an Anki package, into a learner's history.

Imported rows move nothing: a log replayed by SM-2 makes half of the cards overdue that Anki has well in hand. One
closing row for each card, of the verb `import`, sets the due date, interval and ease that Anki has.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from flashcards.clock import Clock
from flashcards.domain import sm2
from flashcards.domain.ids import CardId
from flashcards.domain.memory.evidence import Beginning, Evidence, is_evidence, is_forgotten, replay
from flashcards.domain.schedule import New, Schedule, Scheduled
from flashcards.domain.sm2 import Memory
from flashcards.domain.study_day import MAXIMUM_INSTANT, Day, raw_study_day
from flashcards.exchange.anki.package_values import NEW, SUSPENDED, Package, PackedCard, PackedReview
from flashcards.exchange.anki.scheduling import FILTERED
from flashcards.services.accounts.people import Learner
from flashcards.services.anki.presets import take_numbers
from flashcards.services.bring.incoming_history import StudyDays, arriving, known_memory
from flashcards.services.memory.state import MemoryState
from flashcards.services.review.incoming import LONGEST_MS, derived_uuid, new_uuid
from flashcards.services.review.learner_day import LearnerDays
from flashcards.storage.database import Database
from flashcards.storage.flags import FLAG, FlagRows, flag_verb
from flashcards.storage.imports import ImportedRow, ImportRows, Known
from flashcards.storage.memory import MemoryRows
from flashcards.storage.reviews import CardRow, LogWrite

_NAMESPACE = str(uuid.UUID("b9d9c1ad-6c0b-5b0e-9f5c-0f1c7f3a6f2e"))
_QUALITY = {1: 1, 2: 3, 3: 4, 4: 5}
"""Anki's buttons Again, Hard, Good, Easy."""
_EPOCH_SECONDS = 1_000_000_000  # a due of a learning card is an instant; one of a review card a small number of days
_DAY_SECONDS = 86_400
_CLOCKS_APART = _DAY_SECONDS * 1000
"""How far in the future a log row may be: two devices' clocks differ."""


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What came into the learner's history. `lost` are log rows whose card is not here, or that cannot be.

    `flags` counts the cards that were given a flag. `notices` say what became of FSRS's numbers.
    """

    reviews: int = 0
    schedules: int = 0
    known: int = 0
    lost: int = 0
    flags: int = 0
    notices: tuple[str, ...] = ()


class AnkiHistory(LearnerDays):
    """Brings histories in: `AnkiHistory(database, clock)`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._imports = ImportRows(database, sm2.SCHEDULER)

    def bring(self, learner: Learner, package: Package, *, reschedule: bool = False) -> HistoryReport:
        """Adds the package's log and schedules, as far as they are new, in one transaction.

        With `reschedule`, schedules are what SM-2 makes of the log, instead of what Anki has.
        """
        first = {note.guid: note.id for note in reversed(package.notes)}  # the one that came, where guids collide
        guids = {id_: guid for guid, id_ in first.items()}
        with self._imports.room(), self._db.write():
            notices = take_numbers(MemoryRows(self._db), learner.id, package, self._clock())
            report = _Import(self, learner, package, guids, reschedule).run()
        MemoryState(self._db).catch_up(learner.id)
        return replace(report, notices=notices)


class _Import:
    """One import; within a transaction."""

    def __init__(
        self, service: AnkiHistory, learner: Learner, package: Package, guids: dict[int, str], reschedule: bool
    ) -> None:
        self.imports, self.rows, self.memory = service._imports, service._rows, MemoryRows(service._db)
        self.flags = FlagRows(service._db)
        self.learner = learner
        self.package = package
        self.reschedule = reschedule
        self.now = service._clock()
        self.seq, latest = self.rows.log_end(learner.id)
        self.today = service._day(learner, latest)
        self.day_0 = _day_0(package, learner)
        self.action = new_uuid()
        self.study_day = StudyDays(learner.timezone, learner.day_start).of
        ours = self.imports.cards(learner.id, set(guids.values()))
        self.force = self.memory.in_force(learner.id)
        self.remembered = {card.id for card in package.cards if card.memory is not None}
        self.cards: dict[int, CardRow] = {}
        self.names: dict[int, str] = {}
        for card in package.cards:
            guid = guids.get(card.note, "")
            row = ours.get((guid, f"c{card.ordinal + 1}")) or ours.get((guid, _WHICH.get(card.ordinal, "")))
            if row is not None:
                self.cards[card.id] = row
                self.names[card.id] = f"{guid}/{card.ordinal}"

    def run(self) -> HistoryReport:
        known, uids = self.imports.instants(self.learner.id), self.imports.uids(self.learner.id)
        cards, names = self.cards, self.names
        logs: defaultdict[int, list[PackedReview]] = defaultdict(list)  # what SM-2 is to replay
        new: list[ImportedRow] = []
        fresh: dict[CardId, int] = {}  # our card: the instant of its last row that is new
        lost = 0
        latest = min(self.now + _CLOCKS_APART, MAXIMUM_INSTANT - 1)
        for review in self.package.reviews:
            at, number = review.id, review.card
            card = cards.get(number)
            if card is None or at > latest:
                lost += 1
                continue
            if self.reschedule:
                logs[number].append(review)
            if (card.id, at) in known:
                continue
            uid = derived_uuid(_NAMESPACE, f"{names[number]}/{at}")
            if uid not in uids:
                uids.add(uid)  # a package may hold one row twice
                new.append(self.row(review, card, uid))
                fresh[card.id] = at
        self.imports.append(self.learner.id, new)
        self.remember(new)
        schedules = self.close(logs, fresh)
        flags = self.flag()
        total = len(self.package.reviews)
        return HistoryReport(len(new), schedules, total - lost - len(new), lost, flags)

    def row(self, review: PackedReview, card: CardRow, uid: str) -> ImportedRow:
        self.seq += 1
        at, _, ease, interval, last_interval, factor, took_ms, type_ = review
        at = min(at, self.now)
        return ImportedRow(
            self.seq, uid, self.action, card, at, self.study_day(at), _QUALITY.get(ease),
            _ease(factor), _days(interval), _days(last_interval), min(took_ms, LONGEST_MS),
            Known(type_, interval, last_interval, factor),
        )  # fmt: skip

    def remember(self, new: Iterable[ImportedRow]) -> None:
        """Stores what is remembered of the cards whose whole log has just come; marks the others to be computed.

        Those have a log here already, or Anki says itself what is remembered of them.
        """
        told = {row.id for id_, row in self.cards.items() if id_ in self.remembered}
        marked = set(told)
        whole: defaultdict[CardId, list[Evidence | Beginning]] = defaultdict(list)
        for row in new:
            card = row.card
            if card.answered or card.id in told:
                marked.add(card.id)
                continue
            log = whole[card.id]
            anki = None if row.known is None else (row.known.type, row.known.factor)
            if is_evidence(row.quality, anki=anki):
                log.append(Evidence(row.study_day, row.at, row.seq, row.quality or 0))
            elif is_forgotten(row.quality, anki):
                log.append(Beginning(row.study_day, row.at, row.seq))
        if whole:
            found = ((card, replay(log, self.force.fit.parameters)) for card, log in whole.items())
            self.memory.save_many(self.learner.id, found, self.force.name)
        self.memory.mark(self.learner.id, marked)

    def close(self, logs: dict[int, list[PackedReview]], fresh: dict[CardId, int]) -> int:
        """Writes the closing rows: for cards without a schedule here, and for those that Anki has seen last."""
        moved = self.imports.last_moves(self.learner.id)
        closing: list[tuple[CardRow, LogWrite, int]] = []
        seen: set[CardId] = set()
        for packed in self.package.cards:
            card = self.cards.get(packed.id)
            if card is None or card.id in seen:  # of cards that collide, the first counts
                continue
            seen.add(card.id)
            newer = fresh.get(card.id, 0) > moved.get(card.id, 0)
            after = self.schedule(packed, logs.get(packed.id, []))
            lapses = max(card.lapses, packed.lapses)  # an answer on either side may have been a lapse
            same = after == card.schedule and lapses == card.lapses
            if after is None or same or (card.stored and not newer):
                continue
            self.seq += 1
            row = LogWrite(
                seq=self.seq, uid=derived_uuid(self.action, packed.id), action=self.action, at=self.now,
                study_day=self.today, quality=None, kind="manual", verb="import", before=card.schedule,
                after=after, took_ms=None, leech=False, scheduler=sm2.SCHEDULER,
                **known_memory(packed.memory, self.force.name),
            )  # fmt: skip
            closing.append((card, row, lapses))
        self.imports.close(self.learner.id, closing)
        return len(closing)

    def flag(self) -> int:
        """Gives cards the flags that they have in Anki, but for those whose flag was set or taken off here."""
        told = self.flags.told(self.learner.id)
        rows: list[tuple[CardRow, LogWrite]] = []
        by_flag: dict[int, list[CardId]] = {}
        for packed in self.package.cards:
            card = self.cards.get(packed.id)
            if card is None or not packed.flag or card.id in told:
                continue
            told.add(card.id)
            self.seq += 1
            standing = self.imports.schedule(self.learner.id, card)
            row = LogWrite(
                seq=self.seq, uid=derived_uuid(self.action, f"flag/{packed.id}"), action=self.action, at=self.now,
                study_day=self.today, quality=None, kind=FLAG, verb=flag_verb(packed.flag), before=standing,
                after=standing, took_ms=None, leech=False,
            )  # fmt: skip
            rows.append((card, row))
            by_flag.setdefault(packed.flag, []).append(card.id)
        for card, row in rows:
            self.rows.append(self.learner.id, card, row)
        for flag, cards in by_flag.items():
            self.flags.save(self.learner.id, cards, flag, self.now)
        return len(rows)

    def schedule(self, card: PackedCard, log: Iterable[PackedReview]) -> Schedule | None:
        """The schedule that the card arrives with; None for a new card that nothing is to be said of."""
        suspended = card.queue == SUSPENDED
        replayed = self.replayed(log) if self.reschedule else None
        if replayed is not None:
            return Schedule(replayed, suspended)
        if card.type == NEW:
            return Schedule(New(), suspended=True) if suspended else None
        interval = min(max(card.interval, 1), sm2.MAXIMUM_INTERVAL)
        return Schedule(arriving(interval, _ease(card.factor), self.due_on(card, interval)), suspended)

    def due_on(self, card: PackedCard, interval: int) -> Day:
        """The calendar date on which Anki would ask; today and the interval where Anki's number is impossible."""
        if card.due >= _EPOCH_SECONDS:
            at = card.due * 1000
            return self.study_day(at) if at < MAXIMUM_INSTANT else self.today
        due = self.day_0 + card.due
        return due if 0 <= due <= self.today + sm2.MAXIMUM_INTERVAL else self.today + interval

    def replayed(self, log: Iterable[PackedReview]) -> Scheduled | None:
        """What SM-2 makes of the log: the first answer of each study day counts, the others were its drill."""
        memory, last = Memory(), None
        for review in log:
            quality = _QUALITY.get(review.ease)
            if quality is None or (review.type == FILTERED and review.factor == 0):
                continue
            day = self.study_day(review.id)
            if last is None or day > last:
                memory, last = sm2.review(memory, quality), day
        return None if last is None else Scheduled(memory, last + memory.interval)


_WHICH = {0: "forward", 1: "backward"}


def _day_0(package: Package, learner: Learner) -> Day:
    """The date from which Anki counts days: that of the collection's making, where it was made."""
    if package.offset is not None:
        return (package.created_at - package.offset * 60) // _DAY_SECONDS
    at = min(max(package.created_at, 0) * 1000, MAXIMUM_INSTANT - 1)
    return raw_study_day(at, learner.timezone, 0)


@lru_cache(maxsize=4096)
def _ease(factor: int) -> int:
    """Permille to hundredths; Anki has 0 for cards that have no ease yet, and with FSRS."""
    return max(sm2.MINIMUM_EASE, round(factor / 10)) if factor else sm2.START_EASE


def _days(interval: int) -> int:
    """An interval of the log in days; Anki has negative ones, in seconds, for the steps of a day."""
    return min(max(interval, 0), sm2.MAXIMUM_INTERVAL)
