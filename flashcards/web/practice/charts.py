"""The share of points said, round by round."""

from __future__ import annotations

from collections.abc import Sequence

from flashcards.domain.practice.report import said_percent
from flashcards.services.practice.contract import RoundLine
from flashcards.web.shared.bar_charts import NARROW, WIDE, Bar, Stack, stacked
from flashcards.web.shared.dates import short_date

MOST = 30
"""Rounds that are drawn; the newest."""


def rounds_chart(rounds: Sequence[RoundLine], *, wide: bool) -> Stack:
    """A bar for each round, in percent of the points that were marked."""
    bars = []
    for line in rounds[-MOST:]:
        percent = said_percent(line.tally) or 0
        day = short_date(line.day)
        bars.append(Bar(f"{day}: {percent}% said", (percent,), day[:-5]))
    return stacked(bars, ("young",), WIDE if wide else NARROW, 150)
