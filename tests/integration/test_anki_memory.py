"""FSRS's memory goes to Anki and comes from there."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS, Memory
from flashcards.exchange.anki.collection_reader import memory_of
from flashcards.services.memory.scheduling import SchedulerService
from flashcards.services.memory.state import MemoryState
from flashcards.services.upkeep.doctor import DoctorService
from tests.integration.anki_packages import add, collection, export
from tests.integration.anki_world import AnkiWorld, rows_of
from tests.integration.test_anki_history import study
from tests.integration.test_anki_import import ImportWorld

DECK = "## One? {#one}\n\nYes.\n\n## Two? {#two}\n\nYes.\n\n## Three? {#three}\n\nYes.\n"


@pytest.fixture
def world(tmp_path: Path) -> AnkiWorld:
    (tmp_path / "ours").mkdir()
    world = AnkiWorld(tmp_path / "ours")
    world.write("a.md", DECK)
    world.write("b/c.md", DECK)
    world.sync()
    world.now += 40 * 86_400_000
    study(world, 20, seed=1)
    return world


def test_what_fsrs_remembers_goes_to_anki(world: AnkiWorld) -> None:
    package = world.package("sm2.apkg", history=True).path
    assert {data for (data,) in rows_of(package, "SELECT data FROM cards")} == {""}
    SchedulerService(world.db, lambda: world.now).choose(world.learner, "fsrs-6", 0.85, folder="a")
    package = world.package(history=True).path
    states = {it.card: it for it in MemoryState(world.db).states(world.learner.id)}
    found = [json.loads(data) for (data,) in rows_of(package, "SELECT data FROM cards WHERE data <> ''")]
    assert 0 < len(found) < len(states)
    stabilities = {round(it.stability / fsrs.UNIT, 4): round(it.difficulty / fsrs.UNIT, 3) for it in states.values()}
    for data in found:
        assert stabilities[data["s"]] == data["d"]
        assert (data["dr"], data["decay"]) == (0.85, DEFAULTS.numbers[20])
    ((presets, decks),) = rows_of(package, "SELECT dconf, decks FROM col")
    (preset,) = (it for key, it in json.loads(presets).items() if key != "1")
    assert preset["fsrsParams6"] == list(DEFAULTS.numbers)
    assert preset["desiredRetention"] == 0.85
    assert preset["new"]["delays"] == preset["lapse"]["delays"] == []
    used = {deck["name"]: deck["conf"] for deck in json.loads(decks).values()}
    assert sorted(used.values()).count(preset["id"]) == 1


def test_anki_goes_on_from_there(world: AnkiWorld, tmp_path: Path) -> None:
    """Anki has the same memories and numbers after its import."""
    SchedulerService(world.db, lambda: world.now).choose(world.learner, "fsrs-6", 0.9)
    package = world.package(history=True).path
    states = {round(it.stability / fsrs.UNIT, 4): it for it in MemoryState(world.db).states(world.learner.id)}
    with collection(tmp_path, "theirs") as opened:
        from anki.import_export_pb2 import ImportAnkiPackageOptions, ImportAnkiPackageRequest

        options = ImportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True)
        opened.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))
        presets = [it for it in opened.decks.all_config() if it["name"].startswith("Flashcards, FSRS-6")]
        assert [it["desiredRetention"] for it in presets] == [0.9]
        assert presets[0]["fsrsParams6"] == pytest.approx(list(DEFAULTS.numbers), abs=1e-4)
        seen = 0
        for number in opened.find_cards("is:review"):
            state = opened.get_card(number).memory_state
            if state is None:
                continue
            ours = states[round(state.stability, 4)]
            assert state.difficulty == pytest.approx(ours.difficulty / fsrs.UNIT, abs=1e-3)
            seen += 1
        assert seen == len(states)


def test_a_package_without_a_log_says_what_is_remembered(tmp_path: Path) -> None:
    made = ImportWorld(tmp_path)
    with collection(tmp_path, "theirs") as opened:
        add(opened, "Basic", "D", "q", "a")
        (card,) = opened.find_cards("")
        opened.db.execute(
            "UPDATE cards SET type = 2, queue = 2, due = ?, ivl = 20, reps = 3, data = ? WHERE id = ?",
            opened.sched.today + 5, json.dumps({"s": 17.5, "d": 6.25}), card,
        )  # fmt: skip
        package = export(opened, tmp_path / "theirs.apkg", legacy=False)
    made.bring(package)
    (state,) = MemoryState(made.db).states(made.learner.id)
    assert Memory(state.stability, state.difficulty) == Memory(17_500_000, 6_250_000)
    assert state.answers == 0
    assert DoctorService(made.db).examine().findings == ()
    made.close()


@pytest.mark.parametrize(
    "data",
    ["", "{}", '{"s": 1}', '{"s": "x", "d": 5}', '{"s": -1, "d": 5}', '{"s": NaN, "d": 5}', '{"s": 1, "d": 55}',
     '{"s"', 5, None, '{"s": 1e999, "d": 5}'],
)  # fmt: skip
def test_card_data_that_cannot_be_is_left_out(data: object) -> None:
    assert memory_of(data) is None


def test_a_package_is_one_that_zip_can_read(world: AnkiWorld) -> None:
    with zipfile.ZipFile(world.package(history=True).path) as opened:
        assert opened.testzip() is None
