"""What is asked of one card's log is looked up by the card, however long the learner's log is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flashcards.storage.database import Database
from tests.integration.study_world import StudyWorld

WALKS = ("review_day (learner_id=?)", "PRIMARY KEY (learner_id=?)")
"""How SQLite says that it reads everything that a learner has in the log."""


@pytest.mark.parametrize("method", ["all", "one", "each", "execute"])
def test_no_read_of_a_card_walks_the_learners_whole_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    world = StudyWorld(tmp_path)
    plans: dict[str, list[str]] = {}
    read, original = Database.all, getattr(Database, method)

    def explained(self: Database, sql: str, values: Any = ()) -> Any:
        if re.search(r'card_id"? = ', sql) and "review" in sql:
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
