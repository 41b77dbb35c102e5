"""A plan in words: what tells it from another one to the same day."""

from __future__ import annotations

from collections.abc import Iterable

from flashcards.domain.study_day import Day
from flashcards.services.plan.contract import OF_SEARCH, Choice, Group
from flashcards.web.plan.asked import time_text
from flashcards.web.shared.dates import WEEKDAYS, short_date

_WEIGHED = ((3, "more"), (1, "less"), (0, "without"))
_DAYS_NAMED = 3


def date_and_time(choice: Choice) -> str:
    """``11 Dec 2026``, or ``11 Dec 2026 at 09:30``."""
    day = short_date(choice.day)
    return day if choice.minute is None else f"{day} at {time_text(choice.minute)}"


def about(choice: Choice, groups: Iterable[Group]) -> list[str]:
    """What a plan is about and what else it asks for, part by part; empty where it is about all, as usual."""
    titles = {group.address: group.title for group in groups}

    def name(place: str) -> str:
        if place == OF_SEARCH:
            return f"what “{choice.q}” finds"
        return place.replace(":", " ", 1) if place.startswith("tag:") else titles.get(place, place)

    parts = [_listed(map(name, choice.decks))] if choice.decks else []
    if choice.tags:
        parts.append(f"tagged {_listed(choice.tags)}")
    if choice.q:
        parts.append(f"found by “{choice.q}”")
    for weight, word in _WEIGHED:
        if places := [name(place) for place, its in choice.weights.items() if its == weight]:
            parts.append(f"{word} {_listed(places)}")
    if choice.style == "sure":
        parts.append("the core surely")
    if off := [*(WEEKDAYS[day] for day in sorted(choice.weekdays_off)), *_days(choice.days_off)]:
        parts.append(f"off on {_listed(off)}")
    return parts


def _days(days: tuple[Day, ...]) -> list[str]:
    named = [short_date(day) for day in sorted(days)[:_DAYS_NAMED]]
    more = len(days) - _DAYS_NAMED
    return named if more <= 0 else [*named, f"{more:,} more {'day' if more == 1 else 'days'}"]


def _listed(names: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
