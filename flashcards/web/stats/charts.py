"""The charts of the statistics page: bars for two widths, and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flashcards.counted import counted
from flashcards.domain.grade import SIX, grade_names, grades
from flashcards.domain.statistics import EASES, INTERVALS, KINDS, Share, binned, histogram
from flashcards.domain.study_day import Day, date_of
from flashcards.services.review.facade import DayCount
from flashcards.services.review.statistics import Statistics
from flashcards.web.shared.bar_charts import NARROW, WIDE, Bar, Stack, stacked
from flashcards.web.shared.dates import MONTHS, short_date

MOST_WIDE, MOST_NARROW = 90, 30
"""How many bars there is room for."""
WIDE_HEIGHT, NARROW_HEIGHT = 200, 190
DUE_KEY = (("mature", "interval of 21 days and more"), ("young", "under 21 days"))
KINDS_KEY = (*DUE_KEY, ("fresh", "new"), ("drilled", "drill"), ("rest", "not due: ahead, cram, mock"))


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its title, what it says in a word, its key as (class, words), and its table."""

    title: str
    sub: str
    wide: Stack
    narrow: Stack
    key: tuple[tuple[str, str], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def main_charts(found: Statistics) -> tuple[Chart, Chart]:
    """What will come, and what was done."""
    return _forecast(found), _reviews(found)


def more_charts(found: Statistics, buttons: int) -> tuple[Chart, ...]:
    """Those behind "More"; `buttons` are the learner's grades, four or six."""
    intervals, eases = histogram(found.intervals, INTERVALS), histogram(found.eases, EASES)
    own, names = {grade.quality for grade in grades(buttons)}, grade_names(buttons)
    # Another program's grades may be among them that the learner has no button for.
    used = [it.quality for it in SIX if it.quality in own or found.buttons[it.quality]]
    given = [(names[quality], found.buttons[quality]) for quality in used]
    return (
        _simple("Intervals", _cards(found.intervals), ("Interval", "Cards"), intervals),
        _simple("Ease", _cards(found.eases), ("Ease from", "Cards"), eases),
        _hours(found.hours),
        _simple("Buttons", "answers to due and new cards", ("Grade", "Answers"), given),
        _added(found),
    )


def _forecast(found: Statistics) -> Chart:
    tomorrow = found.forecast[1]
    late = found.overdue.young + found.overdue.mature
    sub = f"{_total(tomorrow):,} due tomorrow" + (f" · {late:,} overdue now" if late else "")
    counts = {day.day: (day.mature, day.young) for day in found.forecast}
    first, last = found.study_day, found.forecast[-1].day
    rows = tuple(
        (short_date(day.day), f"{day.young:,}", f"{day.mature:,}", f"{_total(day):,}") for day in found.forecast
    )
    overdue = ("overdue", f"{found.overdue.young:,}", f"{found.overdue.mature:,}", f"{late:,}")
    wide, narrow = _of_days(counts, first, last, ("mature", "young"), "due")
    head = ("Due on", "Young", "Mature", "Cards")
    return Chart("Next 30 days", sub, wide, narrow, DUE_KEY, head, (overdue, *rows))


def _reviews(found: Statistics) -> Chart:
    counts = {day: tuple(kinds[kind] for kind in KINDS) for day, kinds in found.reviews.items()}
    total = sum(map(sum, counts.values()))
    wide, narrow = _of_days(counts, found.first_day, found.study_day, tuple(name for name, _ in KINDS_KEY), "answered")
    rows = tuple(
        (_span(it.first, it.last), *(f"{count:,}" for count in it.counts))
        for it in reversed(binned(counts, found.first_day, found.study_day, most=MOST_WIDE, columns=len(KINDS)))
        if any(it.counts)
    )
    head = ("Day", "Mature", "Young", "New", "Drill", "Not due")
    return Chart("Reviews", f"{total:,} in this period", wide, narrow, KINDS_KEY, head, rows)


def _added(found: Statistics) -> Chart:
    counts = {day: (count,) for day, count in found.added.items()}
    wide, narrow = _of_days(counts, found.first_day, found.study_day, ("mature",), "added")
    rows = tuple((short_date(day), f"{count:,}") for day, count in sorted(found.added.items(), reverse=True))
    return Chart(
        "Cards added", f"{sum(found.added.values()):,} in this period", wide, narrow, (), ("Day", "Cards"), rows
    )


def _hours(hours: Sequence[Share]) -> Chart:
    bars = [
        Bar(f"{hour}:00: {_remembered(it)}", (it.right, it.asked - it.right), str(hour))
        for hour, it in enumerate(hours)
    ]
    rows = tuple((f"{hour}:00", f"{it.asked:,}", _percent(it)) for hour, it in enumerate(hours) if it.asked)
    wide, narrow = _both(bars, bars, ("mature", "drilled"))
    key = (("mature", "remembered"), ("drilled", "forgotten"))
    return Chart("Hours of the day", "answers to due cards", wide, narrow, key, ("Hour", "Answers", "Remembered"), rows)


def _simple(title: str, sub: str, head: tuple[str, str], counts: Iterable[tuple[str, int]]) -> Chart:
    named = list(counts)
    bars = [Bar(f"{name}: {count:,}", (count,), name) for name, count in named]
    wide, narrow = _both(bars, bars, ("mature",))
    return Chart(title, sub, wide, narrow, (), head, tuple((name, f"{count:,}") for name, count in named))


def _of_days(
    counts: Mapping[Day, Sequence[int]], first: Day, last: Day, kinds: tuple[str, ...], what: str
) -> tuple[Stack, Stack]:
    wide, narrow = (
        [
            Bar(f"{_span(it.first, it.last)}: {sum(it.counts):,} {what}", it.counts, _day(it.first))
            for it in binned(counts, first, last, most=most, columns=len(kinds))
        ]
        for most in (MOST_WIDE, MOST_NARROW)
    )
    return _both(wide, narrow, kinds)


def _both(wide: Sequence[Bar], narrow: Sequence[Bar], kinds: tuple[str, ...]) -> tuple[Stack, Stack]:
    return stacked(wide, kinds, WIDE, WIDE_HEIGHT), stacked(narrow, kinds, NARROW, NARROW_HEIGHT)


def _span(first: Day, last: Day) -> str:
    return short_date(first) if first == last else f"{short_date(first)} to {short_date(last)}"


def _day(day: Day) -> str:
    when = date_of(day)
    return f"{when.day} {MONTHS[when.month - 1][:3]}"


def _total(day: DayCount) -> int:
    return day.young + day.mature


def _cards(counts: Sequence[tuple[int, int]]) -> str:
    total = sum(count for _, count in counts)
    return f"{total:,} scheduled {'card' if total == 1 else 'cards'}"


def _percent(share: Share) -> str:
    return "–" if share.rate is None else f"{share.rate:.0%}"


def _remembered(share: Share) -> str:
    return f"{counted(share.asked, 'answer')}, {_percent(share)} remembered" if share.asked else "no answers"
