"""A plan about a search is about what the search finds, and about nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flashcards.errors import Invalid
from flashcards.services.plan.facade import Plans
from flashcards.services.review.search import Search, parse_search, read_search
from tests.integration.study_world import StudyWorld
from tests.integration.test_plans import CHOICE, here


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("notes", 10)
    yield world
    world.close()


def test_flagged_cards(world: StudyWorld) -> None:
    ada, plans = world.learner(), Plans(world.db, world.clock, world.review, here)
    world.review.flag(ada, world.card("notes#n3"), 3)
    assert plans.outlook(ada, replace(CHOICE, q="flag:3")).cards == 1
    assert plans.outlook(ada, replace(CHOICE, q="flag:0")).cards == 9
    with pytest.raises(Invalid, match="Nothing is left"):
        plans.make(ada, replace(CHOICE, q="flag:5"))


def test_what_is_left_out(world: StudyWorld) -> None:
    world.deck("more", 3)
    ada, plans = world.learner(), Plans(world.db, world.clock, world.review, here)
    world.review.flag(ada, world.card("notes#n3"), 3)
    assert plans.outlook(ada, replace(CHOICE, q="deck:notes -flag:3")).cards == 9
    assert plans.outlook(ada, replace(CHOICE, q="-deck:notes")).cards == 3


@pytest.mark.parametrize(
    "q", ["is:due", "is:buried", "is:failed", "prop:due<3", "prop:recall<0.9", "-is:due", "-prop:recall<0.9"]
)
def test_what_is_another_thing_tomorrow_is_refused(world: StudyWorld, q: str) -> None:
    ada, plans = world.learner(), Plans(world.db, world.clock, world.review, here)
    with pytest.raises(Invalid, match="changes every day") as refused:
        plans.make(ada, replace(CHOICE, q=q))
    assert refused.value.field == "q"


@pytest.mark.parametrize("q", ["what is: bias", "flag: red n1", "prop: x"])
def test_a_search_that_a_plan_kept_before_is_still_understood(q: str) -> None:
    """A colon in a sentence was no key, and is none: Today must not be refused for it."""
    for read in (read_search, parse_search):
        assert read(q) == Search(words=read(q).words)
    assert read_search("IS:foo").words == ["IS:foo"]
    with pytest.raises(Invalid, match="is:foo is not known"):
        parse_search("IS:foo")
    assert parse_search("Is: due").states == ["due"]
