"""What is asked of one card's log is looked up by the card, however long the learner's log is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.review.search import STATES
from flashcards.storage.database import Database
from tests.integration.study_world import StudyWorld

WALKS = ("review_day (learner_id=?)", "PRIMARY KEY (learner_id=?)")
"""How SQLite says that it reads everything that a learner has in the log."""

WALK = r"SCAN [cnsf]\b|SEARCH [sf] USING PRIMARY KEY \(learner_id=\?\)"
"""A step that goes through all cards, or all of a learner's."""


@pytest.mark.parametrize("method", ["all", "one", "each", "execute"])
def test_no_read_of_a_card_walks_the_learners_whole_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    world = StudyWorld(tmp_path)
    plans: dict[str, list[str]] = {}
    read, original = Database.all, getattr(Database, method)

    def explained(self: Database, sql: str, values: Any = ()) -> Any:
        if "card_id = " in sql and "review" in sql:
            plans[sql] = [row[3] for row in read(self, f"EXPLAIN QUERY PLAN {sql}", values)]
        return original(self, sql, values)

    try:
        world.deck("d", 3)
        world.requires("d#n3", "d#n1")
        ada = world.learner()
        with world.db.write():
            world.db.execute("UPDATE note SET revision = 2")
        monkeypatch.setattr(Database, method, explained)
        given = world.answer(ada, "d#n1", 4)
        world.review.queue(ada)
        world.review.cards(ada, q="prop:reviews>0")
        world.review.cards(ada, q="is:changed")
        world.review.card_history(ada, given.card)
        world.review.undo(ada)
    finally:
        world.close()
    by_learner = {sql: plan for sql, plan in plans.items() if any(walk in one for one in plan for walk in WALKS)}
    assert plans
    assert not by_learner


def test_what_a_search_finds_is_counted_without_a_walk_within_a_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = StudyWorld(tmp_path)
    plans: dict[str, list[str]] = {}
    original = Database.one

    def explained(self: Database, sql: str, values: Any = ()) -> Any:
        if "sum(s.due_on IS NULL" in sql:
            plans[asked] = [row[3] for row in self.all(f"EXPLAIN QUERY PLAN {sql}", values)]
        return original(self, sql, values)

    try:
        world.deck("d", 3)
        ada = world.learner()
        monkeypatch.setattr(Database, "one", explained)
        for asked in (*(f"is:{state}" for state in STATES), "flag:1", "flag:0", "prop:due<3", "deck:d", "tag:x", "Q"):
            world.review.found(ada, asked)
    finally:
        world.close()
    assert len(plans) == len(STATES) + 6
    walks = {asked: [step for step in plan if re.match(WALK, step)] for asked, plan in plans.items()}
    assert {asked: steps for asked, steps in walks.items() if len(steps) > 1} == {}
