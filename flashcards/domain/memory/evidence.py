"""The memory of a card, from its log: whatever scheduler was in force, every graded answer says something."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS, Memory, Parameters
from flashcards.domain.study_day import Day

BEGINNINGS = ("reset", "import", "sync")
"""The verbs of rows from which on the memory may be another: see `Beginning`."""
FORGOTTEN_IN_ANKI = (4, 0)
"""Type and factor of the row with which Anki forgets a card: its own FSRS reads the log from there on."""
_ANKI_MANUAL = (4, 5)
_ANKI_FILTERED = 3


class Evidence(NamedTuple):
    """An answer that says something of the memory. Sorting puts answers in their order, late ones in place.

    `at` is epoch milliseconds, `seq` the place in the log, `quality` 0 to 5.
    """

    day: Day
    at: int
    seq: int
    quality: int


class Remembered(NamedTuple):
    """A card's memory, the study day and the instant of its newest answer, and how many answers there were."""

    memory: Memory
    last_on: Day
    last_at: int
    answers: int


class Beginning(NamedTuple):
    """A row of the log from which on the memory is another, in the same order as `Evidence`.

    A reset forgets all: `remembered` is None. A row that closes an import says what another program knew; it counts
    where no answer precedes it.
    """

    day: Day
    at: int
    seq: int
    remembered: Remembered | None = None


def is_evidence(quality: int | None, *, undone: bool = False, anki: tuple[int, int] | None = None) -> bool:
    """Whether a row of the log says something of the memory: every graded one that was not undone.

    `anki` is the type and the factor of a row that came from Anki: those of type 4 and 5 (set by hand,
    rescheduled), and of type 3 with factor 0 (a preview in a filtered deck) say nothing.
    """
    if quality is None or undone:
        return False
    if anki is None:
        return True
    kind, factor = anki
    return kind not in _ANKI_MANUAL and not (kind == _ANKI_FILTERED and factor == 0)


def is_forgotten(quality: int | None, anki: tuple[int, int] | None) -> bool:
    """Whether a row that came from Anki forgets the card there: set by hand (type 4), with a factor of 0."""
    return quality is None and anki == FORGOTTEN_IN_ANKI


def answered(before: Remembered | None, answer: Evidence, chosen: Parameters = DEFAULTS) -> Remembered:
    """What is remembered after an answer that is newer than all before it."""
    if before is None:
        return Remembered(fsrs.first(answer.quality, chosen), answer.day, answer.at, 1)
    memory = fsrs.review(before.memory, answer.quality, answer.day - before.last_on, chosen)
    return Remembered(memory, answer.day, answer.at, before.answers + 1)


def is_newest(before: Remembered | None, answer: Evidence) -> bool:
    """Whether the answer comes after all that `before` was made of; if not, replay the card's whole log."""
    return before is None or (before.last_on, before.last_at) <= (answer.day, answer.at)


def replay(log: Iterable[Evidence | Beginning], chosen: Parameters = DEFAULTS) -> Remembered | None:
    """The memory that a card's log gives, in whatever order it comes; None where nothing is left to remember."""
    memory: Memory | None = None
    last_on, last_at, answers = _NO_ANSWER
    for row in sorted(log, key=_ORDER):
        if isinstance(row, Evidence):
            day, at, _, quality = row
            memory = fsrs.review(memory, quality, day - last_on, chosen)
            last_on, last_at, answers = day, at, answers + 1
        elif row.remembered is None:
            memory, (last_on, last_at, answers) = None, _NO_ANSWER
        elif not answers:
            memory, last_on, last_at, answers = row.remembered
    return None if memory is None else Remembered(memory, last_on, last_at, answers)


_NO_ANSWER = (0, 0, 0)
_ORDER = itemgetter(0, 1, 2)
