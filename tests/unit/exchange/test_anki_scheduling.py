"""Our log, in Anki's numbers."""

from __future__ import annotations

from flashcards.domain.schedule import New, Schedule, Scheduled
from flashcards.domain.sm2 import Memory
from flashcards.exchange.anki.scheduling import EPOCH_DAY, LogEntry, new_card, reviews, scheduled

DAY = 20_600


def entry(day: int, kind: str, quality: int | None, *, verb: str | None = None, after: int = 6) -> LogEntry:
    return LogEntry((DAY + day) * 86_400_000, DAY + day, kind, verb, quality, 1, after, 236, 1234)


def types(*log: LogEntry) -> list[tuple[int, int]]:
    """(type, ease) of each row."""
    return [(row.type, row.ease) for row in reviews(log)]


def test_the_first_answer_is_learning_and_so_is_its_drill() -> None:
    log = [entry(0, "scheduled", 1), entry(0, "drill", 3), entry(0, "drill", 4), entry(1, "scheduled", 5)]
    assert types(*log) == [(0, 1), (0, 2), (0, 3), (1, 4)]


def test_a_drill_after_a_lapse_is_relearning() -> None:
    log = [entry(0, "scheduled", 4), entry(1, "scheduled", 2), entry(1, "drill", 4), entry(2, "scheduled", 0)]
    assert types(*log) == [(0, 3), (1, 1), (2, 3), (1, 1)]


def test_what_moved_nothing_is_evidence_for_ankis_fsrs_too() -> None:
    """Type 3 with a factor of 0 is how Anki marks answers that FSRS leaves out."""
    log = [entry(0, "scheduled", 4), entry(0, "extra", 4), entry(3, "cram", 1), entry(4, "ahead", 5)]
    assert types(*log)[1:] == [(3, 3), (3, 1), (3, 4)]
    assert [row.factor for row in reviews(log)] == [2360, 2360, 2360, 2360]


def test_the_first_row_is_learning_whatever_it_was() -> None:
    assert types(entry(0, "cram", 4), entry(1, "scheduled", 4)) == [(0, 3), (1, 3)]


def test_a_reset_forgets_and_other_manual_rows_do_not() -> None:
    log = [entry(0, "scheduled", 4), entry(1, "manual", None, verb="suspend"), entry(2, "manual", None, verb="reset"),
           entry(3, "scheduled", 4)]  # fmt: skip
    assert [(row.type, row.ease, row.factor) for row in reviews(log)] == [
        (0, 3, 2360), (4, 0, 2360), (4, 0, 0), (0, 3, 2360),
    ]  # fmt: skip


def test_a_row_keeps_its_instant_intervals_and_time() -> None:
    (row,) = reviews([entry(0, "scheduled", 4)])
    assert row == (DAY * 86_400_000, 3, 6, 1, 2360, 1234, 0)
    long = entry(0, "scheduled", 4)._replace(took_ms=999_999)
    assert next(reviews([long])).took_ms == 60_000
    assert next(reviews([long._replace(took_ms=None)])).took_ms == 0


def test_schedules() -> None:
    memory = Memory(2, 130, 6)
    due = Schedule(Scheduled(memory, DAY + 3))
    assert scheduled(due, 7, DAY, 4, 1) == (2, 2, DAY + 3 - EPOCH_DAY, 6, 1300, 4, 1)
    suspended = Schedule(Scheduled(memory, DAY), suspended=True, buried_until=DAY + 1)
    assert scheduled(suspended, 7, DAY, 4, 1).queue == -1
    assert scheduled(Schedule(Scheduled(memory, DAY), buried_until=DAY + 1), 7, DAY, 4, 1).queue == -3
    assert scheduled(Schedule(Scheduled(memory, DAY), buried_until=DAY), 7, DAY, 4, 1).queue == 2
    assert scheduled(Schedule(New()), 7, DAY, 1, 0) == (0, 0, 7, 0, 0, 1, 0)
    assert scheduled(Schedule(New(), suspended=True), 7, DAY, 0, 0).queue == -1
    assert scheduled(Schedule(Scheduled(Memory(), DAY)), 7, DAY, 0, 0).interval == 1, "Anki has no interval of 0"
    assert new_card(3) == (0, 0, 3, 0, 0, 0, 0)
