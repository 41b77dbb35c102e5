"""The order of new cards: by level within decks whose folder says so, across decks as the learner chooses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Invalid
from tests.integration.study_world import StudyWorld
from tests.site import open_site

LEVELS = {"m": ["mid"], "s": ["senior"], "j": ["junior"], "plain": [], "c": ["core", "senior"]}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


def says(world: StudyWorld, **folders: str) -> None:
    with world.db.write():
        for path, order in folders.items():
            world.db.execute("INSERT INTO folder(path, order_new) VALUES (?, ?)", (path.replace("__", "/"), order))


def notes(world: StudyWorld, **more: str) -> list[str]:
    return [key.removeprefix("new:") for key in world.queue_keys(world.accounts.find("ada"), **more)]


def test_a_folder_says_that_new_cards_come_by_level(world: StudyWorld) -> None:
    for deck in ("ml/a", "ml/deep/a", "ml/deep/as/a", "other"):
        world.deck(deck, dict.fromkeys(LEVELS, ("forward",)), note_tags=LEVELS)
    world.learner("ada", new_per_day=100)
    assert notes(world, deck="ml/a") == ["m", "s", "j", "plain", "c"]
    says(world, ml="level", ml__deep__as="file")
    assert notes(world, deck="ml/a") == ["j", "c", "m", "plain", "s"]
    assert notes(world, deck="ml/deep/a") == ["j", "c", "m", "plain", "s"]
    assert notes(world, deck="ml/deep/as") == ["m", "s", "j", "plain", "c"]
    assert notes(world, deck="other") == ["m", "s", "j", "plain", "c"]


def test_what_is_required_comes_first_whatever_its_level(world: StudyWorld) -> None:
    world.deck("ml/a", dict.fromkeys(LEVELS, ("forward",)), note_tags=LEVELS)
    world.requires("ml/a#j", "ml/a#s")
    says(world, ml="level")
    ada = world.learner("ada", new_per_day=100)
    assert notes(world) == ["c", "m", "plain", "s"]
    world.answer(ada, "ml/a#s", 4)
    assert notes(world) == ["j", "c", "m", "plain"]


def test_across_decks_as_the_learner_chooses(world: StudyWorld) -> None:
    world.deck("ml/a/one", {f"a{number}": ("forward",) for number in range(3)})
    world.deck("ml/b/two", {f"b{number}": ("forward",) for number in range(3)}, note_tags={"b2": ["core"]})
    world.deck("c", {f"c{number}": ("forward",) for number in range(2)})
    world.requires("ml/b/two#b2", "c#c1")
    ada = world.learner("ada")
    assert notes(world) == ["a0", "a1", "a2", "b0", "b1", "c0", "c1"]
    world.accounts.save_settings(ada, new_order="folders")
    assert notes(world) == ["a0", "b0", "c0", "a1", "b1", "c1", "a2"]
    world.accounts.save_settings(ada, new_order="core")
    assert notes(world)[0] == "c1"
    world.accounts.save_settings(ada, new_order="random")
    shuffled = notes(world)
    assert sorted(shuffled) == ["a0", "a1", "a2", "b0", "b1", "c0", "c1"]
    assert notes(world) == shuffled
    world.clock.days(1)
    assert notes(world) != shuffled
    with pytest.raises(Invalid, match="decks, folders, core, random"):
        world.accounts.save_settings(ada, new_order="backwards")


def test_the_day_holds_as_many_whatever_the_order(world: StudyWorld) -> None:
    world.deck("ml/a/one", 30)
    world.deck("ml/b/two", 30)
    ada = world.learner("ada")
    for order in ("decks", "folders", "core", "random"):
        ada = world.accounts.save_settings(ada, new_order=order)
        assert world.review.queue(ada).left.new == 20


def test_a_folder_file_is_read_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    decks = tmp_path / "decks"
    (decks / "ml").mkdir(parents=True)
    (decks / "ml" / "a.md").write_text("## Old\n{.senior}\n\nYes.\n\n## Young {.junior}\n\nNo.\n")
    folder = decks / "ml" / "_folder.yml"
    folder.write_text("order_new: level\n")
    with open_site(tmp_path / "data", decks) as site:
        site.services.sync.sync()
        client = site.client(site.learner())
        first = client.get("/api/v1/queue").json["cards"][0]
        assert first["key"].startswith("ml/a#young")
        assert client.patch("/api/v1/me", json={"new_order": "random"}).json["new_order"] == "random"
        folder.write_text("order_new: sideways\n")
        report = site.services.sync.sync()
        assert "'order_new' must be file (as they stand) or level" in "".join(it.message for it in report.errors)
