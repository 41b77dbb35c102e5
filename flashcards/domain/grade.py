"""The buttons: what a learner presses, and the quality of SM-2 that it stands for."""

from __future__ import annotations

from dataclasses import dataclass

from flashcards.domain import sm2


@dataclass(frozen=True, slots=True)
class Grade:
    """A button: its quality, its name, and the key that presses it."""

    quality: int
    name: str
    key: str


FOUR = (Grade(1, "Again", "1"), Grade(3, "Hard", "2"), Grade(4, "Good", "3"), Grade(5, "Easy", "4"))
SIX = (
    Grade(0, "Blackout", "0"),
    Grade(1, "Wrong", "1"),
    Grade(2, "Almost", "2"),
    Grade(3, "Hard", "3"),
    Grade(4, "Good", "4"),
    Grade(5, "Easy", "5"),
)


def grades(buttons: int) -> tuple[Grade, ...]:
    """The buttons of a learner who chose 4 or 6 of them."""
    return SIX if buttons == 6 else FOUR


def grade_names(buttons: int) -> dict[int, str]:
    """What each quality is called to a learner with 4 or 6 buttons: by the button's word where there is one.

    A grade without a button of theirs came from elsewhere, or from before they chose; it has the word of the six.
    """
    return {grade.quality: grade.name for grade in (*SIX, *grades(buttons))}


def is_quality(value: object) -> bool:
    """Whether this is a whole number from 0 to 5: not True, not 3.0, not "3"."""
    return isinstance(value, int) and not isinstance(value, bool) and value in sm2.QUALITIES


def previews(memory: sm2.Memory) -> dict[int, int]:
    """For each quality the interval in days that an answer would give."""
    return sm2.intervals(memory)
