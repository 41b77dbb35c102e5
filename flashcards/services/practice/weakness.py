"""How likely a question is to go wrong: from what the learner's schedule says until a memory can say it better."""

from __future__ import annotations

from flashcards.storage.practice import CoreNote

NEVER_ANSWERED = 0.7
_SURE = 90
"""Days of interval from which on a question counts as known."""


def weakness(question: CoreNote) -> float:
    """From 0, known for sure, to 1. A short interval and lapses say that it is not."""
    if question.due_on is None:
        return NEVER_ANSWERED
    unsure = 1 - min(question.interval, _SURE) / _SURE
    return min(1.0, 0.8 * unsure + 0.1 * min(question.lapses, 4))
