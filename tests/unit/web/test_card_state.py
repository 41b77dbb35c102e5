"""Where a card stands, in words."""

from __future__ import annotations

import pytest

from flashcards.domain.schedule import Schedule, Scheduled
from flashcards.domain.sm2 import Memory
from flashcards.web.shared.card_state import state_words

TODAY = 20_000
"""Friday, 4 October 2024."""


def due(day: int) -> Scheduled:
    return Scheduled(Memory(3, 250, 10), day)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (Schedule(), "new"),
        (Schedule(due(TODAY)), "due today"),
        (Schedule(due(TODAY + 1)), "due tomorrow"),
        (Schedule(due(TODAY + 3)), "due on Monday"),
        (Schedule(due(TODAY + 30)), "due on 3 Nov 2024"),
        (Schedule(due(TODAY - 1)), "due since 3 Oct 2024"),
        (Schedule(due(TODAY), suspended=True, buried_until=TODAY + 1), "suspended"),
        (Schedule(due(TODAY), buried_until=TODAY + 1), "buried until tomorrow"),
        (Schedule(due(TODAY), buried_until=TODAY + 3), "buried until Monday"),
        (Schedule(due(TODAY), buried_until=TODAY), "due today"),
    ],
)
def test_where_a_card_stands(card: Schedule, words: str) -> None:
    assert state_words(card, TODAY) == words


def test_what_the_drill_asks() -> None:
    assert state_words(Schedule(due(TODAY + 1)), TODAY, to_drill=True) == "to drill today"
    assert state_words(Schedule(due(TODAY + 1), suspended=True), TODAY, to_drill=True) == "suspended"
