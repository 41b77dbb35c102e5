"""FSRS's memory goes to Anki and comes from there."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fit import Fit
from flashcards.domain.memory.fsrs import DEFAULTS, Memory
from flashcards.exchange.anki.collection_reader import memory_of
from flashcards.services.memory.scheduling import SchedulerService
from flashcards.services.memory.state import MemoryState
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.memory import MemoryRows, StoredFit
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
    answered = {at // 1000 for (at,) in rows_of(package, "SELECT max(id) FROM revlog WHERE ease > 0 GROUP BY cid")}
    assert {data["lrt"] for data in found} <= answered
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
    """Anki has the same memories and numbers after its import, and the same days on its buttons."""
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
        opened.set_config("fsrs", True)
        seen = asked = 0
        today = (opened.sched.day_cutoff - 43_200) // 86_400  # Anki knows no time but the machine's
        for number in opened.find_cards("is:review"):
            state = opened.get_card(number).memory_state
            if state is None:
                continue
            ours = states[round(state.stability, 4)]
            assert state.difficulty == pytest.approx(ours.difficulty / fsrs.UNIT, abs=1e-3)
            seen += 1
            memory = Memory(ours.stability, ours.difficulty)
            hard, good = (fsrs.interval(fsrs.review(memory, grade, today - ours.last_on), 0.9) for grade in (3, 4))
            if 1 < hard < good:  # else Anki makes a button a day longer than the one before it
                theirs = opened._backend.get_scheduling_states(number).good.normal.review.scheduled_days
                assert abs(theirs - good) <= max(1, good / 100)
                asked += 1
        assert seen == len(states)
        assert asked > 2


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


def fitted_package(folder: Path, numbers: list[float], *, legacy: bool = False, deck: str = "D") -> Path:
    """A package of Anki's, whose cards it has answered by FSRS with these numbers."""
    folder.mkdir()
    with collection(folder, "theirs") as opened:
        opened.set_config("fsrs", True)
        for number in range(4):
            add(opened, "Basic", deck, f"q{number}", "a")
        preset = opened.decks.config_dict_for_deck_id(1)
        preset["fsrsParams6"] = numbers
        preset["desiredRetention"] = 0.87
        opened.decks.save(preset)
        for place, card in enumerate(opened.find_cards("")):
            opened.db.execute(
                "UPDATE cards SET type = 2, queue = 2, due = ?, ivl = 20, reps = 3, data = ? WHERE id = ?",
                opened.sched.today + 5, json.dumps({"s": 17.5 + place, "d": 6.25}), card,
            )  # fmt: skip
        return export(opened, folder / "theirs.apkg", legacy=legacy)


OWN = [0.3, 1.5, 3.25, 9.0, 6.5, 0.75, 3.0, 0.01, 1.75, 0.125, 0.75, 1.5, 0.0625, 0.25, 1.75, 0.5, 1.875, 0.5, 0.125,
       0.0625, 0.25]  # fmt: skip
"""Numbers that single precision holds exactly."""


@pytest.mark.parametrize("legacy", [False, True])
def test_the_numbers_of_ankis_own_fsrs_come_with_the_preset(tmp_path: Path, legacy: bool) -> None:
    made = ImportWorld(tmp_path)
    report = made.bring(fitted_package(tmp_path / "anki", OWN, legacy=legacy))
    assert any("numbers came from the preset" in notice for notice in report.notices)
    predictor = MemoryState(made.db).predictor(made.learner.id)
    assert predictor.parameters == fsrs.parameters(OWN)
    states = MemoryState(made.db).states(made.learner.id)
    assert sorted(it.stability for it in states) == [17_500_000, 18_500_000, 19_500_000, 20_500_000]
    assert MemoryState(made.db).stale_states(made.learner.id) == []
    assert DoctorService(made.db).examine().findings == ()
    again = made.bring(tmp_path / "anki" / "theirs.apkg")
    assert any("fitted to your own answers stay" in notice for notice in again.notices)
    made.close()


def test_numbers_out_of_range_are_brought_within_it_and_said(tmp_path: Path) -> None:
    made = ImportWorld(tmp_path)
    wild = [5000.0, *OWN[1:4], -3.0, *OWN[5:20], 99.0]
    report = made.bring(fitted_package(tmp_path / "anki", wild))
    (said,) = (notice for notice in report.notices if "beyond what the model allows" in notice)
    assert (
        "number 1 (5000) was brought to 100, number 5 (-3) was brought to 1, number 21 (99) was brought to 0.8" in said
    )
    numbers = MemoryState(made.db).predictor(made.learner.id).parameters.numbers
    assert (numbers[0], numbers[4], numbers[20]) == (100.0, 1.0, 0.8)
    assert len(MemoryState(made.db).states(made.learner.id)) == 4
    assert DoctorService(made.db).examine().findings == ()
    made.close()


@pytest.mark.parametrize("numbers", [OWN[:19], [*OWN[:20], float("nan")], [*OWN[:20], float("inf")], [1.0]])
def test_numbers_that_are_no_fsrs_6_are_left_with_a_sentence(tmp_path: Path, numbers: list[float]) -> None:
    made = ImportWorld(tmp_path)
    package = fitted_package(tmp_path / "anki", OWN, legacy=True)
    with_presets(package, {"fsrsParams6": numbers})
    report = made.bring(package)
    assert any("numbers in the preset are not taken: " in notice for notice in report.notices)
    assert MemoryState(made.db).predictor(made.learner.id).parameters == DEFAULTS
    assert len(MemoryState(made.db).states(made.learner.id)) == 4
    assert DoctorService(made.db).examine().findings == ()
    made.close()


def test_a_preset_that_is_no_preset_loses_nothing(tmp_path: Path) -> None:
    made = ImportWorld(tmp_path)
    package = fitted_package(tmp_path / "anki", OWN, legacy=True)
    with_presets(package, "nothing")
    report = made.bring(package)
    assert any("The presets of the decks cannot be read" in notice for notice in report.notices)
    assert report.notes == 4
    assert len(MemoryState(made.db).states(made.learner.id)) == 4
    made.close()


def with_presets(package: Path, change: object) -> None:
    """Changes the presets in an old package: a mapping goes into each, anything else stands for all."""
    with zipfile.ZipFile(package) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    name = "collection.anki21" if "collection.anki21" in files else "collection.anki2"
    path = package.with_suffix(".anki2")
    path.write_bytes(files[name])
    db = sqlite3.connect(path)
    (text,) = db.execute("SELECT dconf FROM col").fetchone()
    presets = {key: it | change for key, it in json.loads(text).items()} if isinstance(change, dict) else change
    db.execute("UPDATE col SET dconf = ?", (json.dumps(presets),))
    db.commit()
    db.close()
    files[name] = path.read_bytes()
    with zipfile.ZipFile(package, "w") as closed:
        for each, data in files.items():
            closed.writestr(each, data)


@pytest.mark.parametrize("with_log", [True, False])
def test_our_memories_and_numbers_come_back_through_the_real_anki(
    world: AnkiWorld, tmp_path: Path, with_log: bool
) -> None:
    """Our package, imported by Anki, exported by Anki, imported by somebody who begins here."""
    own = fsrs.parameters(OWN)
    with world.db.write():
        MemoryRows(world.db).add_fit(world.learner.id, StoredFit(1, world.now, 0, {}, {}, taken=True), Fit(own))
    MemoryState(world.db).catch_up(world.learner.id)
    SchedulerService(world.db, lambda: world.now).choose(world.learner, "fsrs-6", 0.9)
    ours = MemoryState(world.db).states(world.learner.id)
    with collection(tmp_path, "theirs") as opened:
        from anki.import_export_pb2 import ImportAnkiPackageOptions, ImportAnkiPackageRequest

        options = ImportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True)
        package = world.package(history=True).path
        opened.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))
        if not with_log:  # what is remembered then comes from the cards' data alone
            opened.db.execute("DELETE FROM revlog")
        back = export(opened, tmp_path / "back.apkg", legacy=False)
    (tmp_path / "new").mkdir()
    new = ImportWorld(tmp_path / "new")
    new.bring(back)
    assert MemoryState(new.db).predictor(new.learner.id).parameters == own
    theirs = MemoryState(new.db).states(new.learner.id)
    assert len(theirs) == len(ours) > 0
    for one, other in zip(sorted(it[1:3] for it in ours), sorted(it[1:3] for it in theirs), strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1000)
    assert DoctorService(new.db).examine().findings == ()
    new.close()
