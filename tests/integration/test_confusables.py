"""Cards whose questions are nearly the same: found at sync, never asked back to back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.clock import system_clock
from flashcards.services.sync.run import SyncService
from flashcards.storage.database import Database, migrate
from flashcards.storage.decks import DeckStore
from tests.databases import opened
from tests.integration.study_world import StudyWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


def names(world: StudyWorld, learner: object, **more: object) -> list[str]:
    return [key.partition(":")[2] for key in world.queue_keys(learner, **more)]  # type: ignore[arg-type]


def test_confusable_cards_are_not_asked_back_to_back(world: StudyWorld) -> None:
    world.deck("a", 6)
    ada = world.learner()
    world.alike("a#n1", "a#n2", "a#n3")
    assert names(world, ada) == ["n1", "n4", "n2", "n5", "n3", "n6"]
    assert names(world, ada, limit=3) == ["n1", "n4", "n2"]
    marks = [card.mark for card in world.review.queue(ada).cards]
    assert marks[0] == marks[2] == marks[4] is not None
    assert set(marks[1::2]) == {None}


def test_the_last_answer_counts_on_whichever_device(world: StudyWorld) -> None:
    world.deck("a", 4)
    ada, ben = world.learner("ada"), world.learner("ben")
    world.alike("a#n1", "a#n2")
    world.answer(ada, "a#n1", 4)
    assert names(world, ada) == ["n3", "n2", "n4"]
    world.answer(ada, "a#n3", 4)
    assert names(world, ada) == ["n2", "n4"]
    world.review.undo(ada)
    assert names(world, ada) == ["n3", "n2", "n4"]
    assert names(world, ben) == ["n1", "n3", "n2", "n4"]


def test_cards_in_the_clients_hands_count_the_last_of_them(world: StudyWorld) -> None:
    world.deck("a", 5)
    ada = world.learner()
    world.alike("a#n1", "a#n3")
    held = [world.card("a#n2"), world.card("a#n1")]
    assert names(world, ada, exclude=held) == ["n4", "n3", "n5"]
    assert names(world, ada, exclude=held[::-1]) == ["n3", "n4", "n5"]


def test_where_nothing_is_left_between_they_come_all_the_same(world: StudyWorld) -> None:
    world.deck("a", 2)
    ada = world.learner()
    world.alike("a#n1", "a#n2")
    assert names(world, ada) == ["n1", "n2"]
    world.answer(ada, "a#n1", 1)
    assert world.queue_keys(ada) == ["new:n2", "drill:n1"]
    world.answer(ada, "a#n2", 1)
    assert world.queue_keys(ada) == ["drill:n1", "drill:n2"]


def test_many_confusable_ones_are_spread_over_the_whole_day(world: StudyWorld) -> None:
    world.deck("a", 120)
    ada = world.learner(new_per_day=120)
    world.alike(*(f"a#n{number}" for number in range(1, 51)))
    asked = [int(name[1:]) for name in names(world, ada)]
    assert asked == [number for pair in zip(range(1, 11), range(51, 61), strict=True) for number in pair]


def fronts(database: Database) -> dict[str, set[str]]:
    """The groups of confusable cards: their keys, `note/ordinal`, by the first of them."""
    groups: dict[int, list[str]] = {}
    rows = database.all(
        "SELECT f.mark, n.key || '/' || f.ordinal FROM note_front f JOIN note n ON n.id = f.note_id ORDER BY 2"
    )
    for mark, key in rows:
        groups.setdefault(mark, []).append(key)
    return {keys[0]: set(keys[1:]) for keys in groups.values()}


ONE = """## What is the recall? {#a}

A share.

## The recall: is what? {#b}

A share of another kind.

## dog {#c .reversed}

Hund

## Name a cat {#d}

Cat
"""
TWO = """## hound {#e .reversed}

the Hund!

## A {{c1::cloze}} recall what {#f}

It.
"""


def test_sync_finds_them_and_follows_edits(tmp_path: Path) -> None:
    root = tmp_path / "decks"
    root.mkdir()
    (root / "one.md").write_text(ONE)
    (root / "two.md").write_text(TWO)
    database = opened(tmp_path / "f.sqlite3")
    sync = SyncService(DeckStore(database), root, system_clock)
    assert sync.sync().errors == ()
    assert fronts(database) == {"a/0": {"b/0"}, "c/0": set(), "c/1": {"e/1"}, "d/0": set(), "e/0": set()}
    (root / "one.md").write_text(ONE.replace("The recall:", "The precision:"))
    sync.sync()
    assert fronts(database)["a/0"] == set()
    (root / "two.md").write_text(TWO.replace("{#e .reversed}", "{#e}"))
    sync.sync()
    assert fronts(database)["c/1"] == set()


def test_an_older_database_gets_the_marks(tmp_path: Path) -> None:
    root = tmp_path / "decks"
    root.mkdir()
    (root / "one.md").write_text(ONE)
    (root / "two.md").write_text(TWO)
    database = opened(tmp_path / "f.sqlite3")
    SyncService(DeckStore(database), root, system_clock).sync()
    kept = database.all("SELECT * FROM note_front ORDER BY 1, 2")
    assert kept
    with database.write():
        database.execute("DROP TABLE note_front")
        database.execute("DELETE FROM schema_migration WHERE name = '0004_confusables'")
    database.close()
    assert migrate(database.address) == ["0004_confusables"]
    assert opened(tmp_path / "f.sqlite3").all("SELECT * FROM note_front ORDER BY 1, 2") == kept
