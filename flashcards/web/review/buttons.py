"""The grade buttons and what each says it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flashcards.domain.effect import effect
from flashcards.domain.grade import grades
from flashcards.web.shared.dates import interval_words


@dataclass(frozen=True, slots=True)
class Button:
    """A grade with what it would do, as short text."""

    quality: int
    name: str
    key: str
    effect: str


def offer(
    buttons: int, intervals: Mapping[int, int], kind: str, *, drill: bool, suspends: bool = False, by_plan: bool = False
) -> tuple[Button, ...]:
    """The buttons of a learner with 4 or 6 of them, for a card of this kind; see `domain/effect.py`.

    `intervals` maps each quality to days; in a drill, to the days until the standing due date. The review page's
    script says the same.
    """
    return tuple(
        Button(
            grade.quality, grade.name, grade.key,
            effect(grade.quality, interval_words(intervals[grade.quality]), kind, drill=drill, suspends=suspends,
                   by_plan=by_plan),
        )
        for grade in grades(buttons)
    )  # fmt: skip
