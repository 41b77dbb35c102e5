"""What is asked of one card's log is looked up by the card, however long the learner's log is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.review.search import STATES
from flashcards.storage.checks import CheckRows
from flashcards.storage.counters import follow_moves
from flashcards.storage.database import Database
from flashcards.storage.sqlite_database import SqliteDatabase
from tests.integration.study_world import StudyWorld

WALKS = r"SEARCH review USING (COVERING INDEX review_day|PRIMARY KEY) \(learner_id=\?\)"
"""How SQLite says that it reads everything that a learner has in the log, or one end of it."""
ENDS = r'SELECT max\("t\d+"\."study_day"\) FROM "review"'

WALK = r"SCAN (card|note|schedule|card_flag)\b|SEARCH (schedule|card_flag) USING PRIMARY KEY \(learner_id=\?\)"
"""A step that goes through all cards, or all of a learner's."""


def plan(database: Database, sql: str, values: Any) -> list[str]:
    """The steps of SQLite's plan, with the tables by their own names."""
    tables = {alias: table for table, alias in re.findall(r'"(\w+)" AS "(t\d+)"', sql)}
    steps = [row[3] for row in database.connection().execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    return [re.sub(r"\bt\d+\b", lambda alias: tables.get(alias[0], alias[0]), step) for step in steps]


@pytest.mark.parametrize("method", ["all", "one", "each", "execute"])
def test_no_read_of_a_card_walks_the_learners_whole_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    world = StudyWorld(tmp_path)
    plans: dict[str, list[str]] = {}
    original = getattr(SqliteDatabase, method)

    def explained(self: Database, sql: str, values: Any = ()) -> Any:
        if re.search(r'card_id"? = ', sql) and "review" in sql:
            plans[sql] = plan(self, sql, values)
        return original(self, sql, values)

    try:
        world.deck("d", 3)
        world.requires("d#n3", "d#n1")
        ada = world.learner()
        with world.db.write():
            world.db.execute("UPDATE note SET revision = 2")
        monkeypatch.setattr(SqliteDatabase, method, explained)
        for _ in range(7):  # of a long drill more is looked at
            given = world.answer(ada, "d#n1", 1)
        world.review.queue(ada)
        world.review.cards(ada, q="prop:reviews>0")
        world.review.cards(ada, q="is:changed")
        world.review.card_history(ada, given.card)
        for _ in range(7):
            world.review.undo(ada)
    finally:
        world.close()
    by_learner = {sql: [step for step in steps if re.match(WALKS, step)] for sql, steps in plans.items()}
    assert plans
    assert not {sql: steps for sql, steps in by_learner.items() if len(steps) > len(re.findall(ENDS, sql))}


def test_what_a_search_finds_is_counted_without_a_walk_within_a_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = StudyWorld(tmp_path)
    plans: dict[str, list[str]] = {}
    original = SqliteDatabase.one

    def explained(self: Database, sql: str, values: Any = ()) -> Any:
        if "coalesce(sum(" in sql and "card_flag" in sql:
            plans[asked] = plan(self, sql, values)
        return original(self, sql, values)

    try:
        world.deck("d", 3)
        ada = world.learner()
        monkeypatch.setattr(SqliteDatabase, "one", explained)
        for asked in (*(f"is:{state}" for state in STATES), "flag:1", "flag:0", "prop:due<3", "deck:d", "tag:x", "Q"):
            world.review.found(ada, asked)
    finally:
        world.close()
    assert len(plans) == len(STATES) + 6
    walks = {asked: [step for step in steps if re.match(WALK, step)] for asked, steps in plans.items()}
    assert {asked: steps for asked, steps in walks.items() if len(steps) > 1} == {}


def test_notes_that_leave_their_files_cost_as_many_steps_as_they_are(tmp_path: Path) -> None:
    """A folder that goes takes its schedules along: each was looked for among all that go, for minutes at 100,000."""
    world = StudyWorld(tmp_path)
    steps = dict.fromkeys((100, 400), 0)
    try:
        ada = world.learner()
        for count in steps:
            world.deck(f"d{count}", count)
            world.db.execute(
                "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, due_on) SELECT ?, c.id, n.id, 0,"
                " n.deck_id, 1 FROM note n JOIN card c ON c.note_id = n.id"
                " WHERE n.id NOT IN (SELECT note_id FROM schedule)",
                (ada.id,),
            )
            going = [note for (note,) in world.db.all("SELECT id FROM note WHERE removed_at IS NULL")]
            assert len(going) == count
            with world.db.write():
                world.db.execute("UPDATE note SET removed_at = 1 WHERE removed_at IS NULL")

                def one_more(count: int = count) -> None:
                    steps[count] += 1

                world.db.connection().set_progress_handler(one_more, 10)
                follow_moves(world.db, going)
                world.db.connection().set_progress_handler(None, 0)
        assert world.db.one("SELECT count(*), count(deck_id) FROM schedule") == (500, 0)
    finally:
        world.close()
    assert steps[400] < 5 * steps[100]


def test_what_doctor_counts_is_no_walk_within_a_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 100,000 answered cards it never came to an end."""
    world = StudyWorld(tmp_path)
    plans: dict[str, list[str]] = {}
    one = SqliteDatabase.one

    def explained(self: Database, sql: str, values: Any = ()) -> Any:
        plans[sql] = plan(self, sql, values)
        return one(self, sql, values)

    try:
        monkeypatch.setattr(SqliteDatabase, "one", explained)
        assert list(CheckRows(world.db).counters()) == []
    finally:
        world.close()
    nested = r"SCAN .* LEFT-JOIN|SEARCH s USING PRIMARY KEY \(learner_id=\?\)$"
    assert len(plans) > 5
    assert not {sql: steps for sql, steps in plans.items() if any(re.search(nested, step) for step in steps)}
