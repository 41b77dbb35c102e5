"""A learner's figures from sums of their log, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.statistics import (
    EASES,
    INTERVALS,
    Bin,
    DayCounts,
    DaySums,
    Share,
    binned,
    buttons,
    by_hour,
    daily_load,
    day_counts,
    histogram,
    kinds_by_day,
    retention,
)

TODAY = 20_600


def sums(day: int, kind: str, asked: tuple[int, int, int], right: tuple[int, int, int] = (0, 0, 0)) -> DaySums:
    return DaySums(day, kind, asked, right, 0, (0,) * 6)


@pytest.mark.parametrize(
    ("kind", "quality", "interval", "counts"),
    [
        ("scheduled", 5, 0, (1, 0, 0, 0, 0)),  # of a new card nothing was to be remembered
        ("scheduled", 2, 1, (1, 1, 0, 0, 0)),
        ("scheduled", 3, 20, (1, 1, 0, 1, 0)),
        ("imported", 3, 21, (1, 1, 1, 1, 1)),
        ("imported", 2, 21, (1, 1, 1, 0, 0)),
        ("drill", 5, 21, (1, 0, 0, 0, 0)),
    ],
)
def test_what_one_answer_counts_as(kind: str, quality: int, interval: int, counts: tuple[int, ...]) -> None:
    assert DayCounts().plus(day_counts(kind, quality, interval)) == counts


def test_retention_by_window() -> None:
    log = [
        sums(TODAY, "scheduled", (9, 4, 2), (9, 3, 2)),
        sums(TODAY - 1, "scheduled", (0, 1, 0), (0, 1, 0)),
        sums(TODAY - 6, "imported", (5, 2, 0), (5, 0, 0)),  # the last of the 7 days
        sums(TODAY - 7, "scheduled", (0, 10, 0), (0, 10, 0)),
        sums(TODAY - 29, "scheduled", (0, 0, 3), (0, 0, 1)),  # the last of the 30
        sums(TODAY - 30, "scheduled", (0, 100, 0), (0, 0, 0)),
        sums(TODAY - 365, "scheduled", (0, 0, 7), (0, 0, 7)),  # one too old for the 365
    ]
    found = {it.window: (it.young, it.mature) for it in retention(log, TODAY)}
    assert found == {
        "today": (Share(3, 4), Share(2, 2)),
        "yesterday": (Share(1, 1), Share(0, 0)),
        "7 days": (Share(4, 7), Share(2, 2)),
        "30 days": (Share(14, 17), Share(3, 5)),
        "365 days": (Share(14, 117), Share(3, 5)),
        "all": (Share(14, 117), Share(10, 12)),
    }
    assert retention(log, TODAY)[0].both == Share(5, 6)
    assert Share(5, 6).rate == pytest.approx(0.8333, abs=0.0001)
    assert Share().rate is None


@pytest.mark.parametrize("kind", ["drill", "extra", "cram", "mock", "ahead"])
def test_only_answers_whose_time_had_come_say_what_is_remembered(kind: str) -> None:
    log = [sums(TODAY, kind, (1, 5, 5), (1, 5, 5))]
    assert all(it.both == Share() for it in retention(log, TODAY))
    assert buttons(log) == (0,) * 6


def test_kinds_by_day() -> None:
    log = [
        sums(TODAY, "scheduled", (3, 2, 1)),
        sums(TODAY, "drill", (0, 4, 0)),
        sums(TODAY, "extra", (1, 0, 0)),
        sums(TODAY, "ahead", (0, 0, 1)),
        sums(TODAY - 1, "imported", (7, 5, 6)),
        sums(TODAY - 1, "mock", (0, 0, 2)),
    ]
    assert kinds_by_day(log) == {
        TODAY: {"mature": 1, "young": 2, "new": 3, "drill": 4, "other": 2},
        TODAY - 1: {"mature": 6, "young": 5, "new": 0, "drill": 0, "other": 9},
    }


def test_buttons_are_of_cards_whose_time_had_come() -> None:
    log = [
        DaySums(TODAY, "scheduled", (0, 6, 0), (0, 3, 0), 0, (0, 1, 0, 2, 3, 0)),
        DaySums(TODAY - 1, "imported", (0, 1, 0), (0, 1, 0), 0, (0, 0, 0, 0, 0, 1)),
        DaySums(TODAY, "drill", (0, 9, 0), (0, 9, 0), 0, (0, 0, 0, 0, 9, 0)),
    ]
    assert buttons(log) == (0, 1, 0, 2, 3, 1)
    assert buttons([]) == (0,) * 6


def test_daily_load() -> None:
    # 10 cards every 2 days, 30 every 15, one that comes every day: 5 + 2 + 1.
    assert daily_load([(2, 10), (15, 30), (0, 1)]) == pytest.approx(8)
    assert daily_load([]) == 0


def test_bins_end_today() -> None:
    days = {10: (1, 0), 13: (2, 1), 14: (3, 0), 16: (4, 4)}
    assert binned(days, 10, 16, most=3, columns=2) == (Bin(10, 10, (1, 0)), Bin(11, 13, (2, 1)), Bin(14, 16, (7, 4)))
    assert binned(days, 15, 16, most=9, columns=2) == (Bin(15, 15, (0, 0)), Bin(16, 16, (4, 4)))
    assert binned({}, 5, 5, most=9, columns=1) == (Bin(5, 5, (0,)),)


@given(st.dictionaries(st.integers(0, 400), st.tuples(st.integers(0, 9)), max_size=30), st.integers(1, 60))
def test_bins_lose_nothing(days: dict[int, tuple[int]], most: int) -> None:
    bins = binned(days, 0, 400, most=most, columns=1)
    assert 1 <= len(bins) <= most
    assert sum(it.counts[0] for it in bins) == sum(count for (count,) in days.values())
    assert [it.first for it in bins] == [0, *(it.last + 1 for it in bins[:-1])]
    assert bins[-1].last == 400


def test_histograms() -> None:
    found = dict(histogram([(1, 2), (2, 1), (6, 1), (20, 5), (21, 3), (59, 1), (36_500, 1), (0, 4)], INTERVALS))
    assert found == {
        "1 d": 6, "2–6 d": 2, "1–3 wk": 5, "3–8 wk": 4, "2–6 mo": 0, "6–12 mo": 0, "1–2 y": 0, "over 2 y": 1,
    }  # fmt: skip
    assert dict(histogram([(130, 1), (249, 2), (250, 3), (290, 4)], EASES))["2.3"] == 2
    assert dict(histogram([(130, 1), (249, 2), (250, 3), (290, 4)], EASES))["2.9 +"] == 4


def quarter(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 900


@pytest.mark.parametrize(
    ("utc", "zone", "hour"),
    [
        ("2026-07-01T06:30", "UTC", 6),
        ("2026-07-01T06:30", "Europe/Berlin", 8),
        ("2026-12-01T06:30", "Europe/Berlin", 7),
        ("2026-07-01T18:30", "Asia/Kathmandu", 0),  # five and three quarters ahead
        ("2026-07-01T18:00", "Asia/Kathmandu", 23),
        ("2026-07-01T03:00", "America/New_York", 23),
    ],
)
def test_hours_are_those_of_the_wall_clock(utc: str, zone: str, hour: int) -> None:
    found = by_hour([(quarter(utc), 3, 2)], zone)
    assert [number for number, share in enumerate(found) if share.asked] == [hour]
    assert found[hour] == Share(2, 3)


def test_hours_through_a_year() -> None:
    winter, summer, again = (quarter(f"{day}T06:00") for day in ("2026-01-10", "2026-07-10", "2026-12-10"))
    found = by_hour([(winter, 1, 1), (summer, 1, 0), (again, 1, 1)], "Europe/Berlin")
    assert (found[7], found[8]) == (Share(2, 2), Share(0, 1))


def test_hours_on_the_day_of_a_clock_change() -> None:
    # Berlin, 25 October 2026: at 01:00 UTC the clock goes from 3 back to 2.
    before, after = quarter("2026-10-25T00:45"), quarter("2026-10-25T01:45")
    assert by_hour([(after, 1, 1), (before, 1, 0)], "Europe/Berlin")[2] == Share(1, 2)
    later = quarter("2026-10-25T20:00")
    assert by_hour([(before, 1, 1), (later, 1, 1)], "Europe/Berlin")[21] == Share(1, 1)
