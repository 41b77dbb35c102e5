"""The grade buttons and what each says it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flashcards.domain.grade import grades as grades
from flashcards.domain.sm2 import REMEMBERED
from flashcards.web.shared.dates import interval_words

PASS = 4
"""From this quality on a card is not asked again today."""


@dataclass(frozen=True, slots=True)
class Button:
    """A grade with what it would do, as short text."""

    quality: int
    name: str
    key: str
    effect: str


def offer(
    buttons: int, intervals: Mapping[int, int], kind: str, *, drill: bool, suspends: bool = False
) -> tuple[Button, ...]:
    """The buttons of a learner with 4 or 6 of them, for a card that is due, new, in the drill, ahead or early.

    `intervals` maps each quality to days; in a drill, to the days until the standing due date. `drill` is
    the learner's setting; `suspends` is whether a lapse suspends the card. The review page's script says the same.
    """
    return tuple(
        Button(grade.quality, grade.name, grade.key, effect(grade.quality, intervals, kind, drill, suspends))
        for grade in grades(buttons)
    )


def effect(quality: int, intervals: Mapping[int, int], kind: str, drill: bool, suspends: bool = False) -> str:
    """``15 d``; ``today, then 36 d`` for what will be drilled; ``today`` within the drill; ``date stays`` ahead, before
    its date under a plan and in a cram, where what is failed comes ``again``; ``suspended`` for a lapse that makes a
    leech of it.
    """
    if kind == "cram":
        return "again" if quality < REMEMBERED else "date stays"
    if kind == "ahead":
        return "date stays"
    if suspends and quality < REMEMBERED:
        return "suspended"
    days = "date stays" if kind == "plan" else interval_words(intervals[quality])
    if quality >= PASS or not drill:
        return days
    return "today" if kind in ("drill", "plan") else f"today, then {days}"
