"""When a card is a leech."""

from __future__ import annotations

from flashcards.domain.leech import becomes_leech, is_leech


def test_the_eighth_lapse_makes_a_leech_and_every_fourth_after_it_says_so_again() -> None:
    assert [lapses for lapses in range(22) if becomes_leech(lapses)] == [8, 12, 16, 20]
    assert [lapses for lapses in range(10) if is_leech(lapses)] == [8, 9]
