"""What the histories of all other programs have alike on their way into a learner's log."""

from __future__ import annotations

from typing import Any

from flashcards.domain.memory import fsrs
from flashcards.domain.schedule import Scheduled
from flashcards.domain.sm2 import Memory
from flashcards.domain.study_day import MAXIMUM_INSTANT, Day, raw_study_day

SURE_OF_TWO = 6  # days: SM-2's second interval
_SITTING_MS = 15 * 60_000


class StudyDays:
    """The study days of instants. Answers come in sittings: a sitting that lies within one day is looked up once."""

    def __init__(self, timezone: str, day_start: int) -> None:
        self._timezone, self._day_start = timezone, day_start
        self._known: dict[int, Day] = {}

    def of(self, at: int) -> Day:
        """The study day of the instant `at`; raises as `raw_study_day` does."""
        sitting = at // _SITTING_MS
        day = self._known.get(sitting)
        if day is None:
            day = self._look(at)
            first, last = sitting * _SITTING_MS, min((sitting + 1) * _SITTING_MS, MAXIMUM_INSTANT) - 1
            if self._look(first) == day == self._look(last):
                self._known[sitting] = day
        return day

    def _look(self, at: int) -> Day:
        return raw_study_day(at, self._timezone, self._day_start)


def arriving(interval: int, ease: int, due_on: Day) -> Scheduled:
    """The progress with which a card arrives: from SM-2's second interval on it is taken to have been right twice."""
    return Scheduled(Memory(2 if interval >= SURE_OF_TWO else 1, ease, interval), due_on)


def known_memory(memory: tuple[float, float] | None, parameters: str) -> dict[str, Any]:
    """What a closing row keeps of what another program's FSRS knew: stability in days, and difficulty.

    The memory begins there where no answer precedes it.
    """
    if memory is None:
        return {}
    kept = fsrs.kept(*memory)
    return {"stability": kept.stability, "difficulty": kept.difficulty, "parameters": parameters}
