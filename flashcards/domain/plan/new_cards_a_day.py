"""How much of a day goes to new cards, and how much to those that were seen.

New cards come evenly, and fewer towards the end; what is known is repeated the more the more there is of it. Where not
all cards fit, new ones get what repetition leaves, as a card begun is worth most on the day, of the last days what the
core questions leave, and of the very last at most half of that.

How much there is to repeat is counted in days: so many it would take to ask everything once that was seen. With 14
days it is four at the end, with 28 it is eight; its square makes a short plan go wide and a long one repeat.
"""

from __future__ import annotations

from flashcards.domain.plan.model import LAST_DAYS, Request, Style
from flashcards.domain.study_day import Day

TAPER = 0.8
"""What is not begun is spread as if only this share of the days were left: fewer come towards the end."""
LEAST_NEW = 0.5
"""This share of a day goes to new cards while there are any: forty cards are not spread over a month."""
ENOUGH_NEW = 60
"""A day on which there is little to repeat gets up to so many new cards."""
REPEATED = 1 / 2000
"""The share of a day that is repetition, times the square of the days that repeating everything would take."""
NEW_ON_THE_LAST = 1 / 2
"""What new cards get at most on the last day, of the time that the core questions leave."""
_USUAL_SHARE: dict[Style, float] = {"most": 0.82, "sure": 0.55}
"""Of the time, what new cards get where not all fit."""


def new_seconds(request: Request, day: Day, unseen: float, seen: float, cores: float = 0.0) -> float:
    """The seconds of a day that go to new cards.

    `unseen` are the seconds that all cards not yet begun would take, `seen` those of asking all others once; `cores`
    are those of the core questions of the last days.
    """
    left = request.day - day
    usual = request.minutes * 60.0
    full = min(request.seconds(day), usual) - cores
    if full <= 0:
        return 0.0
    to_repeat = (seen / usual) ** 2
    most = full * max(0.0, 1 - REPEATED * to_repeat)
    if left <= LAST_DAYS:
        return min(unseen, most, full * NEW_ON_THE_LAST if left <= 1 else most)
    days = sum(request.seconds(it) > 0 for it in range(day, request.day - LAST_DAYS))
    evenly = unseen / max(1.0, TAPER * days)
    least = full * LEAST_NEW
    return min(unseen, max(least, most), max(least, evenly))


def time_for_new(request: Request) -> float:
    """About how many seconds new cards get up to the day, where not all of them fit."""
    days = range(request.today, request.day)
    return sum(map(request.seconds, days)) * _USUAL_SHARE[request.style]
