"""Which new cards a plan begins on which day: deck after deck, evenly, and fewer at the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import pytest

from flashcards.domain.ids import CardId, DeckId, NoteId
from flashcards.domain.plan.mind import Mind
from flashcards.domain.plan.model import CORE, JUNIOR, MID, SENIOR, Learner, PlanCard, Request, first_effort
from flashcards.domain.plan.plan import day_order, make_plan
from flashcards.domain.plan.run import Run

TODAY = 20_000
LEARNER = Learner()
LEVELS = (CORE, *[JUNIOR] * 7, *[MID] * 16, *[SENIOR] * 8)
"""Of the cards of a deck, in the order of the file."""


def decks(folders: int, each: int, **more: Any) -> list[PlanCard]:
    cards: list[PlanCard] = []
    for folder in range(folders):
        for deck in range(each):
            for level in LEVELS:
                number = len(cards)
                cards.append(
                    PlanCard(
                        CardId(number), NoteId(number), folder, level=level, deck=DeckId(folder * 100 + deck), **more
                    )
                )
    return cards


def new_by_day(cards: list[PlanCard], days: int = 21, minutes: float = 45) -> list[list[PlanCard]]:
    request = Request(TODAY, TODAY + days, minutes)
    run = Run(request, cards, Mind(LEARNER, 1.0), LEARNER)
    run.go()
    return [[cards[place] for place, kind in day.asked if kind == "new"] for day in run.days]


def test_a_deck_is_finished_before_others_are_begun() -> None:
    cards = decks(4, 10)
    sizes = Counter(card.deck for card in cards)
    begun: Counter[int] = Counter()
    for day in new_by_day(cards):
        assert len({card.deck for card in day}) <= 5
        begun.update(card.deck for card in day)
        assert sum(begun[deck] < sizes[deck] for deck in begun) <= 1
    assert begun == sizes


def test_within_a_deck_by_level_and_in_the_order_of_the_file() -> None:
    order = defaultdict(list)
    for day in new_by_day(decks(2, 8)):
        for card in day:
            order[card.deck].append((card.level, card.card))
    assert all(found == sorted(found) for found in order.values())


def test_decks_of_a_folder_come_in_study_order_and_folders_take_turns() -> None:
    first = [card.deck for day in new_by_day(decks(3, 8)) for card in day]
    order = list(dict.fromkeys(first))
    for folder in range(3):
        assert [deck for deck in order if deck // 100 == folder] == [folder * 100 + it for it in range(8)]
    assert [deck // 100 for deck in order[:6]] == [0, 1, 2, 0, 1, 2]


def test_a_heavier_folder_gets_on_faster() -> None:
    cards = [card._replace(weight=3 if card.folder == 1 else 1) for card in decks(2, 8)]
    order = list(dict.fromkeys(card.deck // 100 for day in new_by_day(cards) for card in day))
    by_day = [Counter(card.folder for card in day) for day in new_by_day(cards)]
    assert order[0] == 1
    assert sum(day[1] for day in by_day[:3]) > 2 * sum(day[0] for day in by_day[:3])


def test_where_not_all_fit_every_deck_gets_its_first_questions() -> None:
    cards = decks(6, 15)
    asked = Counter((card.deck, card.level) for day in new_by_day(cards) for card in day)
    for deck in {card.deck for card in cards}:
        assert (asked[deck, JUNIOR], asked[deck, CORE]) == (7, 1)
        assert 8 <= asked[deck, MID] <= 16
    assert sum(asked.values()) < len(cards)


@pytest.mark.parametrize(("folders", "each"), [(4, 10), (6, 15)])
@pytest.mark.parametrize(("days", "minutes"), [(14, 45), (21, 45), (28, 30), (28, 60)])
def test_new_cards_come_evenly_and_fewer_at_the_end(folders: int, each: int, days: int, minutes: int) -> None:
    cards = decks(folders, each)
    counts = [len(day) for day in new_by_day(cards, days, minutes)]
    for place, (before, after) in enumerate(pairwise(counts[1:-3])):
        assert after <= 1.15 * before + 3
        left = len(cards) - sum(counts[: place + 2])
        assert after >= min(left, 0.8 * before - 3)
    assert counts[-2] <= 0.85 * counts[-4]
    assert counts[-1] <= minutes * 60 / 22 / 2 + 1
    if len(cards) * 22 < 0.7 * days * minutes * 60:  # all fit: the end is for repetition
        assert counts[-1] == 0


def test_the_first_day_has_not_more_than_its_share_where_all_fit() -> None:
    request, cards = Request(TODAY, TODAY + 28, 60), decks(4, 10)
    order = day_order(request, cards, LEARNER, 3600 * 1.5)
    assert 60 <= order.meant < 0.7 * len(order.cards)
    assert order.seconds < 2700
    assert len(make_plan(request, cards, LEARNER).days[0].cards) == order.meant


def test_few_cards_are_not_spread_over_weeks() -> None:
    counts = [len(day) for day in new_by_day(decks(1, 3), 28, 30)]
    assert sum(counts[:2]) == 3 * len(LEVELS)
    assert not any(counts[2:])


def test_what_a_card_of_another_deck_requires_comes_before_it() -> None:
    cards = decks(1, 4)
    needed = cards[3 * len(LEVELS) + 30]
    cards[0] = cards[0]._replace(requires=(needed.note,))
    order = [card.card for day in new_by_day(cards) for card in day]
    assert order.index(needed.card) < order.index(cards[0].card)


def test_long_answers_take_longer_to_read_at_first() -> None:
    assert first_effort(40) == 1.0
    assert 3 < first_effort(1_100) < 5
    short, long = (len(new_by_day(decks(6, 15, effort=effort))[0]) for effort in (1.0, 2.0))
    assert long == pytest.approx(short / 2, rel=0.05)
