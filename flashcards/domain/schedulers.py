"""Two schedulers beside each other: SM-2's memory is kept for every card, whoever decides when it comes.

An answer moves SM-2's memory only where the card was new or due by SM-2's own date, whatever the answer's stored kind:
so the way back to SM-2 leads to exactly the schedule that a replay under SM-2 alone gives. Under FSRS-6 the answers
that are asked for decide the date from the stability after them, and so does a drill.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from flashcards.domain import schedule as rules
from flashcards.domain import sm2
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import Memory, Parameters
from flashcards.domain.schedule import NEVER_SEEN, New, Schedule, Scheduled
from flashcards.domain.study_day import Day

SM2, FSRS = sm2.SCHEDULER, fsrs.SCHEDULER
SCHEDULERS = (SM2, FSRS)
SWITCH = "scheduler"
"""The verb of the rows by which a learner's choice moves dates at once."""
_ASKED = frozenset({"scheduled", "drill", "extra", "plan"})
"""Kinds of answers that SM-2 alone may have asked for."""
_SETS_SCHEDULE = frozenset({"import", "sync"})
_RETENTION_DECIMALS = 4


class Decider(NamedTuple):
    """Who decides a card's date; `retention` is what FSRS-6 asks of the model, `parameters` its numbers."""

    name: str = SM2
    retention: float = fsrs.DEFAULT_RETENTION
    parameters: Parameters = fsrs.DEFAULTS

    @property
    def label(self) -> str:
        """What the log keeps of it with each row: the name, and for FSRS-6 the retention that it asked for."""
        return self.name if self.name == SM2 else f"{self.name}@{self.retention:.{_RETENTION_DECIMALS}f}"

    def interval(self, memory: Memory) -> int:
        """The days until the recall has fallen to the retention, at least 1."""
        return fsrs.interval(memory, self.retention, self.parameters)


def fsrs_decider(wished: float, parameters: Parameters) -> Decider:
    """FSRS-6 with a retention, which the log can keep."""
    return Decider(FSRS, round(wished, _RETENTION_DECIMALS), parameters)


def name_of(label: str) -> str:
    """The scheduler's name in a label of the log."""
    return label.partition("@")[0]


def retention_of(label: str) -> float | None:
    """The retention in a label of the log; None where it holds none that can be."""
    try:
        found = float(label.partition("@")[2])
    except ValueError:
        return None
    return found if 0 < found < 1 else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log, as far as a replay needs it; `before` and `after` are what it says it did.

    `lapses` is how often the card was forgotten until then, where a row says so: one that closes an import.
    `scheduler` is who decides from then on, `memory` what was remembered after the row by `parameters`.
    """

    kind: str
    quality: int | None
    study_day: Day
    before: Schedule
    after: Schedule
    lapses: int | None = None
    verb: str | None = None
    scheduler: str = SM2
    memory: Memory | None = None
    parameters: Parameters | None = None

    @property
    def decider(self) -> Decider | None:
        """Who decided, for an answer; None where the row does not say enough of FSRS-6."""
        if name_of(self.scheduler) == SM2:
            return Decider()
        retention = retention_of(self.scheduler)
        if retention is None or self.parameters is None:
            return None
        return Decider(FSRS, retention, self.parameters)


@dataclass(frozen=True, slots=True)
class Own:
    """Where SM-2 alone would stand: its schedule's progress, and the day of the last answer that moved it.

    `by` is who decides the card's date in truth.
    """

    progress: New | Scheduled = NEVER_SEEN.progress
    moved: Day | None = None
    by: str = SM2


def follow(own: Own, entry: Entry) -> Own:
    """SM-2's own state after a row of the log; what was undone is left out."""
    if entry.kind == "imported":
        return own
    by = name_of(entry.scheduler)
    pure = own.by == SM2 and by == SM2
    if entry.kind == "manual":
        return replace(own, progress=entry.after.progress if pure else _by_hand(own, entry), by=by)
    if entry.quality is None:
        return replace(own, by=by)
    moves = entry.kind == "scheduled" if pure else entry.kind in _ASKED and _is_wanted(own, entry.study_day)
    if not moves:
        return replace(own, by=by)
    memory = sm2.review(rules.Schedule(own.progress).memory, entry.quality)
    return Own(Scheduled(memory, entry.study_day + memory.interval), entry.study_day, by)


def _is_wanted(own: Own, day: Day) -> bool:
    due = not isinstance(own.progress, Scheduled) or own.progress.due_on <= day
    return due and (own.moved is None or own.moved < day)


def _by_hand(own: Own, entry: Entry) -> New | Scheduled:
    """What a manual row does to SM-2's own state where another decides, or did until now."""
    if entry.verb == "reset" or entry.verb in _SETS_SCHEDULE:
        return entry.after.progress
    if entry.verb == "due" and isinstance(entry.after.progress, Scheduled):
        return Scheduled(Schedule(own.progress).memory, entry.after.progress.due_on)
    if entry.verb == rules.EDITED:
        return rules.brought_back(replace(entry.before, progress=own.progress), entry.study_day).progress
    return own.progress


def own_of(entries: Iterable[Entry]) -> Own:
    """SM-2's own state after a card's log, in the order of `seq`."""
    own = Own()
    for entry in entries:
        own = follow(own, entry)
    return own


def decided(
    before: Schedule, own: Own, kind: str, day: Day, decider: Decider, memory: Memory | None, moved_on: Day | None
) -> Schedule:
    """The schedule in force after an answer.

    `own` is SM-2's state after it, `memory` what is remembered after it, `moved_on` the day of the last answer before
    it that was asked for. A late drill of an earlier day sets no date.
    """
    if decider.name == SM2:
        return replace(before, progress=own.progress)
    sets = kind == "scheduled" or (kind == "drill" and moved_on is not None and day >= moved_on)
    due_on = day + decider.interval(memory) if sets and memory is not None else before.due_on
    if due_on is None:
        return before
    return replace(before, progress=Scheduled(Schedule(own.progress).memory, due_on))


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the log of a card gives: None where nothing in it ever set a schedule. `by` is who decides the date.

    `faults` are the positions of entries that do not fit: their `before` is not what the entries until
    then give, or their `after` not what they themselves give.
    """

    schedule: Schedule | None = None
    lapses: int = 0
    faults: tuple[int, ...] = ()
    by: str = SM2


def replay(entries: Iterable[Entry]) -> Replayed:
    """The schedule that a card's log gives. `entries` come in the order of `seq`, undone ones left out."""
    schedule: Schedule | None = None
    own, moved_on = Own(), None
    lapses, faults = 0, []
    for position, entry in enumerate(entries):
        before, was = schedule or NEVER_SEEN, own
        own = follow(own, entry)
        if entry.kind == "manual":
            after = schedule = entry.after
            lapses = lapses if entry.lapses is None else entry.lapses
            if entry.verb == SWITCH and not _switched(own, entry):
                faults.append(position)
        elif was.by == SM2 and own.by == SM2:
            after = before
            if entry.kind == "scheduled" and entry.quality is not None:
                after = schedule = rules.answered(before, "scheduled", entry.quality, entry.study_day)
        elif entry.kind in _ASKED and entry.quality is not None:
            after = _after(before, own, entry, moved_on)
            schedule = after if after != before else schedule
        else:
            after = before
        lapses += rules.is_lapse(entry.before, entry.kind, entry.quality)
        if entry.kind == "scheduled":
            moved_on = entry.study_day
        if entry.kind != "imported" and (entry.before, entry.after) != (before, after):
            faults.append(position)
    return Replayed(schedule, lapses, tuple(dict.fromkeys(faults)), own.by)


def _after(before: Schedule, own: Own, entry: Entry, moved_on: Day | None) -> Schedule:
    """As `decided`; a date a day off the one that was stored is taken: it lay on the edge, on another machine."""
    decider = entry.decider
    if decider is None or (decider.name == FSRS and entry.memory is None):
        return before
    after = decided(before, own, entry.kind, entry.study_day, decider, entry.memory, moved_on)
    stored = entry.after.due_on
    if decider.name == FSRS and after.due_on is not None and stored is not None and abs(after.due_on - stored) == 1:
        return replace(after, progress=Scheduled(after.memory, stored))
    return after


def _switched(own: Own, entry: Entry) -> bool:
    """Whether a switch left SM-2's memory as it is, and the way back leads to SM-2's own date."""
    if own.by == SM2:
        return entry.after.progress == own.progress
    return entry.after.memory == Schedule(own.progress).memory
