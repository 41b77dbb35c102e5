"""How much of a day goes to new cards, and how much to those that were seen.

New cards come evenly, and fewer towards the end; what is known is repeated the more the more there is of it. Where not
all cards fit, new ones get what repetition leaves, as a card begun is worth most on the day; but on the last day none
is begun, and fewer on the day before it.

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
REPEATED_BEFORE_LAST = 1 / 150
"""The same on the day before the last."""
_USUAL_SHARE: dict[Style, float] = {"most": 0.93, "sure": 0.6}
"""Of the time until the last days, what new cards get where not all fit."""


def new_seconds(request: Request, day: Day, unseen: float, seen: float) -> float:
    """The seconds of a day that go to new cards.

    `unseen` are the seconds that all cards not yet begun would take, `seen` those of asking all others once.
    """
    left = request.day - day
    usual = request.minutes * 60.0
    full = min(request.seconds(day), usual)
    if left <= 1 or full <= 0:
        return 0.0
    to_repeat = (seen / usual) ** 2
    if left <= LAST_DAYS:
        return min(unseen, full * max(0.0, 1 - REPEATED_BEFORE_LAST * to_repeat))
    days = sum(request.seconds(it) > 0 for it in range(day, request.day - LAST_DAYS))
    evenly = unseen / max(1.0, TAPER * days)
    least = full * LEAST_NEW
    return min(unseen, max(least, full * (1 - REPEATED * to_repeat)), max(least, evenly))


def time_for_new(request: Request) -> float:
    """About how many seconds new cards get up to the day, where not all of them fit."""
    days = range(request.today, max(request.today + 1, request.day - LAST_DAYS))
    return sum(map(request.seconds, days)) * _USUAL_SHARE[request.style]
