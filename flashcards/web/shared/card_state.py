"""Where a card stands, in words. A filter and no macro: a deck's page says it of hundreds of cards."""

from __future__ import annotations

from typing import Protocol

from flashcards.domain.study_day import Day
from flashcards.web.shared.dates import relative_day, short_date


class Standing(Protocol):
    """What a page knows of a card's schedule."""

    @property
    def suspended(self) -> bool: ...

    @property
    def buried_until(self) -> Day | None: ...

    @property
    def due_on(self) -> Day | None: ...


def state_words(card: Standing, study_day: Day, to_drill: bool = False) -> str:
    """``new``, ``due tomorrow``, ``suspended``; `to_drill` is whether today's drill asks the card."""
    if card.suspended:
        return "suspended"
    if card.buried_until and card.buried_until > study_day:
        return f"buried until {relative_day(card.buried_until, study_day).replace('on ', '')}"
    if to_drill:
        return "to drill today"
    if card.due_on is None:
        return "new"
    if card.due_on < study_day:
        return f"due since {short_date(card.due_on)}"
    return f"due {relative_day(card.due_on, study_day)}"
