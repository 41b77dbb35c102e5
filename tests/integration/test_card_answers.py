"""How often a card was answered is counted as answers come, so that a search need not count the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage import cards as card_rows
from flashcards.storage.sqlite_database import SqliteDatabase
from tests.integration.study_world import StudyWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("d", 6)
    yield world
    world.close()


def found(world: StudyWorld, learner: Any, q: str) -> list[str]:
    return [card.note.rpartition("#")[2] for card in world.review.cards(learner, q=q).items]


def test_answers_are_counted_and_undone_ones_are_not(world: StudyWorld) -> None:
    ada, ben = world.learner("ada"), world.learner("ben")
    for _ in range(3):
        world.answer(ada, "d#n1", 4)
    world.answer(ada, "d#n2", 4)
    world.answer(ben, "d#n3", 4)
    assert found(world, ada, "prop:reviews>0") == ["n1", "n2"]
    assert found(world, ada, "prop:reviews=3") == ["n1"]
    assert found(world, ada, "prop:reviews<1") == ["n3", "n4", "n5", "n6"]
    assert found(world, ada, "prop:reviews>=1 prop:reviews!=3") == ["n2"]
    world.review.undo(ada)
    assert found(world, ada, "prop:reviews>0") == ["n1"]
    assert found(world, ben, "prop:reviews>0") == ["n3"]
    assert DoctorService(world.db).examine().ok


def test_the_doctor_finds_a_count_that_is_wrong(world: StudyWorld) -> None:
    ada = world.learner("ada")
    world.answer(ada, "d#n1", 4)
    with world.db.write():
        world.db.execute("UPDATE card_answers SET answers = 2")
    report = DoctorService(world.db).examine()
    assert not report.ok
    assert any("answers of cards: 1 are wrong" in line for line in report.findings)


@pytest.mark.parametrize("few", [2000, 0])
def test_what_few_cards_have_is_found_with_and_without_an_index(
    world: StudyWorld, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_rows, "FEW", few)
    ada = world.learner("ada")
    for note in ("n1", "n3", "n5"):
        world.answer(ada, f"d#{note}", 4)
    with world.db.write():
        world.db.execute("UPDATE schedule SET lapses = 9 WHERE card_id = (SELECT min(card_id) FROM schedule)")
        world.db.execute("UPDATE schedule SET suspended = 1 WHERE card_id = (SELECT max(card_id) FROM schedule)")
    assert found(world, ada, "is:leech") == found(world, ada, "prop:lapses>3") == ["n1"]
    assert found(world, ada, "is:suspended") == ["n5"]
    assert found(world, ada, "prop:lapses<3") == ["n2", "n3", "n4", "n5", "n6"]
    assert found(world, ada, "is:leech is:suspended") == []


def test_a_search_for_what_few_have_walks_no_table(world: StudyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = world.learner("ada")
    world.answer(ada, "d#n1", 4)
    plans: list[str] = []
    every = SqliteDatabase.all

    def explained(self: SqliteDatabase, sql: str, values: Any = ()) -> Any:
        plans.extend(row[3] for row in every(self, f"EXPLAIN QUERY PLAN {sql}", values))
        return every(self, sql, values)

    for q in ("prop:reviews>0", "prop:lapses>0", "is:leech", "is:suspended"):
        with monkeypatch.context() as patch:
            patch.setattr(SqliteDatabase, "all", explained)
            world.review.cards(ada, q=q)
    assert plans
    assert not [step for step in plans if step in {"SCAN n", "SCAN c", "SCAN s", "SCAN v"}]
