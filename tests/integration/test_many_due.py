"""Very many due cards stay in the database: what is asked, counted and promised is what the list of them would give."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.accounts.facade import Learner
from flashcards.services.review import due_cards
from tests.integration.study_world import TODAY, StudyWorld

WHICHES = (("forward",), ("forward", "backward"), ("c1", "c2", "c3"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


def fill(
    world: StudyWorld, chance: random.Random, notes_each: int = 60, whiches: Sequence[tuple[str, ...]] = WHICHES,
    **settings: Any,
) -> Learner:  # fmt: skip
    """A learner with some hundred due cards, of which some failed yesterday and some were answered today."""
    ada = world.learner(**settings)
    for deck in "abcd":
        notes = {f"n{number}": chance.choice(whiches) for number in range(notes_each)}
        world.deck(f"f/{deck}", notes, note_tags={"n1": ["one"], "n2": ["one"]})
    cards = [card for (card,) in world.db.all("SELECT id FROM card ORDER BY id")]
    with world.db.write():
        world.db.executemany(
            "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, ease, interval, due_on,"
            " suspended, buried_until) SELECT ?1, c.id, c.note_id, c.ordinal, n.deck_id, 3, 250, ?3, ?4, ?5, ?6"
            " FROM card c JOIN note n ON n.id = c.note_id WHERE c.id = ?2",
            [
                (
                    ada.id, card, chance.choice((0, 1, 1, 2, 9, 40)), TODAY + chance.randint(-20, 4),
                    int(chance.random() < 0.05), chance.choice((None, None, None, TODAY, TODAY + 1)),
                )
                for card in cards
                if chance.random() < 0.9
            ],
        )  # fmt: skip
    world.clock.days(-1)
    answer_some(world, ada, 6, 1)
    world.clock.days(1)
    answer_some(world, ada, 12, 4)
    return ada


def answer_some(world: StudyWorld, ada: Learner, count: int, grade: int) -> None:
    for card in world.review.queue(ada, limit=count).cards:
        world.answer(ada, card.key, grade)


def found_due(world: StudyWorld, ada: Learner) -> set[str]:
    """The cards that a search for the due ones finds, of all and of a deck's."""
    found = set[str]()
    for q in ("is:due", "is:due deck:f/a"):
        since: str | None = None
        while True:
            page = world.review.cards(ada, q=q, since=since)
            found |= {f"{q} {card.id}" for card in page.items}
            if (since := page.next) is None:
                break
    return found


def everything(world: StudyWorld, ada: Learner) -> list[Any]:
    """All that is said of what is due."""
    review = world.review
    first = [card.id for card in review.queue(ada, limit=7).cards]
    of = [{}, {"deck": "f/a"}, {"deck": "f"}, {"tag": "one"}, {"exclude": first}, {"more": 3}]
    return [
        *(review.queue(ada, limit=limit, **more) for more in of for limit in (1, 20, 400)),
        review.today(ada), review.deck_counts(ada), review.forecast(ada, days=10), found_due(world, ada),
        review.beyond_limit(ada), review.forecast(ada, days=10, deck="f/b"),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("due_per_day", [None, 60])
def test_they_are_asked_as_if_they_had_been_read(
    world: StudyWorld, monkeypatch: pytest.MonkeyPatch, seed: int, due_per_day: int | None
) -> None:
    ada = fill(world, random.Random(seed), due_per_day=due_per_day, new_per_day=30)
    if seed % 2:
        world.review.set_deck_active(ada, "f/c", active=False)
    monkeypatch.setattr(due_cards, "MANY", 10**9)
    read = everything(world, ada)
    monkeypatch.setattr(due_cards, "MANY", 0)
    assert everything(world, ada) == read


@pytest.mark.parametrize("due_per_day", [None, 60])
@pytest.mark.parametrize("whiches", [WHICHES, WHICHES[:1]])
def test_a_search_finds_the_due_cards_that_are_asked(
    world: StudyWorld, monkeypatch: pytest.MonkeyPatch, due_per_day: int | None, whiches: tuple[tuple[str, ...], ...]
) -> None:
    ada = fill(world, random.Random(5), whiches=whiches, due_per_day=due_per_day, new_per_day=0)
    asked = {card.id for card in world.review.queue(ada, limit=500).cards}
    for many in (10**9, 0):
        monkeypatch.setattr(due_cards, "MANY", many)
        found = found_due(world, ada)
        assert {it.split()[-1] for it in found} == asked
        assert 0 < sum("f/a" in it for it in found) < len(asked)
        asks_all = due_per_day is None and len(whiches) == 1
        assert (world.review.due_today(ada) is None) == (asks_all and many == 0)


def test_the_next_cards_of_many_need_few_rows(world: StudyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = fill(world, random.Random(7), 200)
    world.review.today(ada)  # the day's order is made once
    monkeypatch.setattr(due_cards, "MANY", 100)
    taken: list[int] = []
    every = type(world.db).all

    def counted(self: Any, sql: str, params: Any = ()) -> list[Any]:
        rows = every(self, sql, params)
        taken.append(len(rows))
        return rows

    monkeypatch.setattr(type(world.db), "all", counted)
    due = world.review.queue(ada, limit=1).left.due
    assert max(taken) < due / 2
