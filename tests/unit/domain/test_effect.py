"""What the buttons say that a grade would do."""

from __future__ import annotations

import pytest

from flashcards.domain.effect import effect

QUALITIES = range(6)


def effects(kind: str, *, drill: bool = True, **more: bool) -> list[str]:
    """What each grade would do."""
    return [effect(it, f"{it} d", kind, drill=drill, **more) for it in QUALITIES]


@pytest.mark.parametrize("kind", ["due", "new"])
def test_what_is_drilled_comes_today_and_then_on_its_date(kind: str) -> None:
    drilled = [f"today, then {it} d" for it in range(4)]
    assert effects(kind) == [*drilled, "4 d", "5 d"]
    assert effects(kind, drill=False) == [f"{it} d" for it in QUALITIES]


def test_within_the_drill_the_date_is_said_when_it_is_over() -> None:
    assert effects("drill") == [*["today"] * 4, "4 d", "5 d"]


def test_no_date_moves_ahead_and_in_a_cram() -> None:
    assert effects("ahead") == ["date stays"] * 6
    assert effects("cram") == [*["again"] * 3, *["date stays"] * 3]


def test_a_lapse_that_makes_a_leech_suspends_the_card() -> None:
    suspended = ["suspended"] * 3
    assert effects("due", suspends=True) == [*suspended, "today, then 3 d", "4 d", "5 d"]
    assert effects("drill", suspends=True, by_plan=True) == [*suspended, "today", "by plan", "later"]


@pytest.mark.parametrize(("kind", "by_plan"), [("plan", False), ("due", True), ("drill", True)])
def test_a_plan_says_when_a_card_comes_again(kind: str, by_plan: bool) -> None:
    assert effects(kind, by_plan=by_plan) == [*["today"] * 4, "by plan", "later"]
    assert effects(kind, by_plan=by_plan, drill=False) == [*["by plan"] * 5, "later"]
