"""FSRS-6 by choice beside SM-2: what decides dates, and that the way back leads where SM-2 alone would have led."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import Memory
from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.scheduling import SchedulerService
from flashcards.services.memory.state import MemoryState
from flashcards.services.upkeep.doctor import DoctorService
from tests.integration.study_world import DAY_MS, NOON, TODAY, StudyWorld

CARDS = [f"{deck}#n{number}" for deck in ("a/x", "a/y", "b") for number in range(1, 5)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    for deck in ("a/x", "a/y", "b"):
        world.deck(deck, 4)
    yield world
    world.close()


def scheduler(world: StudyWorld) -> SchedulerService:
    return SchedulerService(world.db, world.clock)


def clean(world: StudyWorld) -> bool:
    report = DoctorService(world.db).examine()
    assert report.findings == ()
    return report.ok


def stand(world: StudyWorld, learner: Learner) -> list[tuple[object, ...]]:
    """Every schedule, without the count of lapses, which is a record of what was."""
    return world.db.all(
        'SELECT card_id, repetition, ease, interval, due_on, suspended, buried_until, "by" FROM schedule'
        " WHERE learner_id = ? ORDER BY card_id",
        (learner.id,),
    )


def due_on(world: StudyWorld, learner: Learner, key: str) -> int | None:
    found = world.schedule(learner, key)
    return found and found.due_on


def remembered(world: StudyWorld, learner: Learner, key: str) -> Memory:
    (state,) = MemoryState(world.db).states(learner.id, [int(world.card(key))])
    return Memory(state.stability, state.difficulty)


def test_sm2_is_what_everybody_begins_with(world: StudyWorld) -> None:
    ada = world.learner()
    assert scheduler(world).choices(ada) == []
    assert scheduler(world).usual(ada).scheduler == "sm2"
    assert world.answer(ada, "b#n1", 4).interval == 1
    assert world.db.all("SELECT DISTINCT scheduler FROM review") == [("sm2",)]


def test_fsrs_decides_from_the_stability_and_says_so(world: StudyWorld) -> None:
    ada = world.learner()
    assert scheduler(world).choose(ada, "fsrs-6", 0.9).moved == 0
    answered = world.answer(ada, "b#n1", 5)
    assert (answered.kind, answered.interval, answered.due_on) == ("scheduled", 8, TODAY + 8)
    assert world.schedule(ada, "b#n1").repetition == 1  # SM-2's memory is kept beside it
    assert world.db.all("SELECT scheduler FROM review") == [("fsrs-6@0.9000",)]
    again = world.review.answer(ada, world.an_answer("b#n1", 5, id=answered.id))
    assert (again.created, again.interval, again.due_on) == (False, 8, TODAY + 8)
    assert clean(world)


def test_a_drill_sets_the_date_too(world: StudyWorld) -> None:
    ada = world.learner(drill=True)
    scheduler(world).choose(ada, "fsrs-6", 0.9)
    failed = world.answer(ada, "b#n1", 1)
    assert failed.due_on == TODAY + fsrs.interval(fsrs.first(1), 0.9)
    drilled = world.answer(ada, "b#n1", 5)
    memory = fsrs.review(fsrs.first(1), 5, 0)
    assert (drilled.kind, drilled.due_on) == ("drill", TODAY + fsrs.interval(memory, 0.9))
    assert due_on(world, ada, "b#n1") == drilled.due_on
    assert world.schedule(ada, "b#n1").repetition == 0  # SM-2 knows of no drill
    world.review.undo(ada)
    assert due_on(world, ada, "b#n1") == failed.due_on
    assert clean(world)


def test_under_sm2_a_drill_sets_none(world: StudyWorld) -> None:
    ada = world.learner(drill=True)
    failed = world.answer(ada, "b#n1", 1)
    assert world.answer(ada, "b#n1", 5).due_on == failed.due_on


def test_what_is_not_asked_for_leaves_the_date_but_counts_as_evidence(world: StudyWorld) -> None:
    ada = world.learner(drill=False)
    scheduler(world).choose(ada, "fsrs-6", 0.9)
    world.answer(ada, "b#n1", 5)
    world.clock.days(2)
    for mode in ("review", "cram", "ahead", "mock"):
        assert world.answer(ada, "b#n1", 1, mode=mode).due_on == TODAY + 8
    assert remembered(world, ada, "b#n1").stability < fsrs.first(5).stability
    assert clean(world)


def test_a_higher_retention_asks_sooner(world: StudyWorld) -> None:
    found = []
    for name, retention in (("ada", 0.7), ("ben", 0.9), ("cy", 0.97)):
        learner = world.learner(name)
        scheduler(world).choose(learner, "fsrs-6", retention)
        found.append(world.answer(learner, "b#n1", 5).interval)
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3


def test_a_folder_can_have_its_own(world: StudyWorld) -> None:
    ada = world.learner()
    scheduler(world).choose(ada, "fsrs-6", 0.9, folder="a")
    scheduler(world).choose(ada, "sm2", 0.9, folder="a/y.md")
    assert [world.answer(ada, f"{deck}#n1", 5).interval for deck in ("a/x", "a/y", "b")] == [8, 1, 1]
    scheduler(world).forget(ada, "a/y")
    assert world.answer(ada, "a/y#n2", 5).interval == 8
    assert [(it.folder, it.scheduler) for it in scheduler(world).choices(ada)] == [("a", "fsrs-6")]
    assert clean(world)


@pytest.mark.parametrize(
    ("name", "retention", "folder", "field"),
    [("sm3", 0.9, "", "scheduler"), ("fsrs-6", 0.69, "", "retention"), ("fsrs-6", 0.98, "", "retention"),
     ("fsrs-6", float("nan"), "", "retention")],
)  # fmt: skip
def test_what_cannot_be_chosen_is_said(world: StudyWorld, name: str, retention: float, folder: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        scheduler(world).choose(world.learner(), name, retention, folder=folder)
    assert refused.value.field == field


def test_a_folder_that_is_not_there_is_said(world: StudyWorld) -> None:
    with pytest.raises(NotFound):
        scheduler(world).choose(world.learner(), "fsrs-6", 0.9, folder="nowhere")


def test_at_once_moves_dates_by_what_is_remembered_and_undo_takes_all_back(world: StudyWorld) -> None:
    ada = world.learner()
    for key in CARDS:
        world.answer(ada, key, 4)
    world.clock.days(1)
    for key in CARDS[:6]:
        world.answer(ada, key, 5)
    world.review.act(ada, world.card("a/x#n1"), "due", due_on=TODAY + 77)
    world.review.act(ada, world.card("a/x#n2"), "suspend")
    before = stand(world, ada)
    chosen = scheduler(world).choose(ada, "fsrs-6", 0.9, at_once=True)
    assert chosen.moved == len(CARDS)
    for key in CARDS[1:6]:
        last = TODAY + 1
        assert due_on(world, ada, key) == last + fsrs.interval(remembered(world, ada, key), 0.9)
    assert due_on(world, ada, "a/x#n1") == TODAY + 77  # set by hand
    assert world.schedule(ada, "a/x#n2").suspended
    assert clean(world)
    assert world.review.last_action(ada).verb == "scheduler"
    world.review.undo(ada)
    assert stand(world, ada) == before
    assert scheduler(world).choices(ada) == []
    assert clean(world)


def test_chosen_twice_a_day(world: StudyWorld) -> None:
    ada = world.learner()
    for key in CARDS:
        world.answer(ada, key, 4)
    before = stand(world, ada)
    service = scheduler(world)
    service.choose(ada, "fsrs-6", 0.9, at_once=True)
    moved = stand(world, ada)
    service.choose(ada, "fsrs-6", 0.8, at_once=True)
    service.choose(ada, "sm2", 0.9, at_once=True)
    assert stand(world, ada) == before
    service.choose(ada, "fsrs-6", 0.9, at_once=True)
    assert stand(world, ada) == moved
    world.review.undo(ada)
    assert stand(world, ada) == before
    assert service.usual(ada).scheduler == "sm2"
    assert clean(world)


def test_sent_twice_it_is_done_once(world: StudyWorld) -> None:
    ada = world.learner()
    world.answer(ada, "b#n1", 4)
    id_ = "00000000-0000-4000-8000-000000000001"
    assert scheduler(world).choose(ada, "fsrs-6", 0.9, at_once=True, id=id_).moved == 1
    rows = len(world.log(ada))
    assert scheduler(world).choose(ada, "fsrs-6", 0.9, at_once=True, id=id_).moved == 0
    assert len(world.log(ada)) == rows


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_back_to_sm2_leads_where_sm2_alone_leads(world: StudyWorld, seed: int, at_once: bool) -> None:
    """Two hundred answers and what else one does, half of it under FSRS-6, beside a learner who stays with SM-2."""
    chance = random.Random(seed)
    ada, ben = world.learner("ada", drill=True), world.learner("ben", drill=True)
    service = scheduler(world)
    answered: list[str] = []

    def both(steps: int) -> None:
        for _ in range(steps):
            world.clock.seconds(60)
            if chance.random() < 0.3:
                world.clock.days(chance.choice((1, 1, 2, 5)))
            key, drawn = chance.choice(CARDS), chance.random()
            for learner in (ada, ben):
                card = world.card(key)
                if drawn < 0.02:
                    world.review.act(learner, card, "reset")
                elif drawn < 0.05:
                    world.review.act(learner, card, "due", due_on=world.review.study_day(learner) + 3)
                elif drawn < 0.07:
                    world.review.act(learner, card, "suspend")
                    world.review.act(learner, card, "unsuspend")
                elif drawn < 0.10 and answered:
                    world.review.undo(learner)
                else:
                    world.answer(learner, key, grades[key, len(answered)], mode=modes[key, len(answered)])
            answered.append(key)

    grades = {(key, n): chance.choice((1, 3, 4, 4, 5)) for key in CARDS for n in range(500)}
    modes = {(key, n): chance.choice(("review",) * 8 + ("cram", "ahead")) for key in CARDS for n in range(500)}
    both(80)
    assert stand(world, ada) == stand(world, ben)
    service.choose(ada, "fsrs-6", chance.choice((0.8, 0.9, 0.95)), at_once=at_once)
    answered.clear()
    both(200)
    assert clean(world)
    service.choose(ada, "sm2", 0.9, at_once=True)
    assert stand(world, ada) == stand(world, ben)
    assert clean(world)


def test_card_by_card_moves_each_at_its_next_answer(world: StudyWorld) -> None:
    ada, ben = world.learner(), world.learner("ben")
    for learner in (ada, ben):
        world.answer(learner, "b#n1", 4)
        world.answer(learner, "b#n2", 4)
    service = scheduler(world)
    service.choose(ada, "fsrs-6", 0.9)
    assert due_on(world, ada, "b#n1") == TODAY + 1
    world.clock.days(1)
    for learner in (ada, ben):
        world.answer(learner, "b#n1", 4)
    fsrs_date = due_on(world, ada, "b#n1")
    assert fsrs_date == TODAY + 1 + fsrs.interval(remembered(world, ada, "b#n1"), 0.9)
    service.choose(ada, "sm2", 0.9)
    assert due_on(world, ada, "b#n1") == fsrs_date
    world.clock.now = NOON + (fsrs_date - TODAY) * DAY_MS
    for learner in (ada, ben):
        world.answer(learner, "b#n1", 4)
    assert world.schedule(ada, "b#n1") == world.schedule(ben, "b#n1")
    assert clean(world)


def test_a_late_answer_under_fsrs_moves_no_date_back(world: StudyWorld) -> None:
    ada = world.learner(drill=True)
    scheduler(world).choose(ada, "fsrs-6", 0.9)
    world.clock.days(9)
    world.answer(ada, "b#n1", 1, at=NOON)
    world.answer(ada, "b#n1", 4, at=NOON + 8 * DAY_MS)
    standing = due_on(world, ada, "b#n1")
    late = world.answer(ada, "b#n1", 5, at=NOON + 60_000)  # the drill of the first day, from another device
    assert (late.kind, late.due_on) == ("drill", standing)
    assert clean(world)


@pytest.mark.parametrize("chosen", ["fsrs-6", "sm2"])
def test_the_date_on_the_button_is_the_date(world: StudyWorld, chosen: str) -> None:
    ada = world.learner(drill=True, new_per_day=99)
    chance, service = random.Random(5), scheduler(world)
    service.choose(ada, "fsrs-6", 0.9, folder="a")
    for day in range(20):
        if day == 10:
            service.choose(ada, chosen, 0.8, folder="a")
        for _ in range(6):
            cards = world.review.queue(ada, limit=1).cards
            if not cards:
                break
            (card,), grade = cards, chance.choice((1, 3, 4, 5))
            answered = world.answer(ada, card.key.removesuffix("/forward"), grade)
            assert answered.due_on == world.review.study_day(ada) + card.intervals[grade], (day, card.kind)
        world.clock.days(1)
    assert clean(world)


def test_the_interval_that_is_shown_is_the_one_in_force(world: StudyWorld) -> None:
    ada = world.learner()
    scheduler(world).choose(ada, "fsrs-6", 0.9)
    world.answer(ada, "b#n1", 5)
    world.clock.days(3)
    assert world.review.card(ada, world.card("b#n1")).interval == 8


def test_a_preview_changes_nothing_and_says_what_would_change(world: StudyWorld) -> None:
    ada = world.learner()
    for days in (0, 1):
        world.clock.days(days)
        for key in CARDS:
            world.answer(ada, key, 4, took_ms=9_000)
    before = (stand(world, ada), world.log(ada))
    found = scheduler(world).preview(ada, "fsrs-6", 0.9)
    assert (stand(world, ada), world.log(ada)) == before
    assert found.cards == len(CARDS)
    assert found.moved == len(CARDS)
    assert len(found.now.load.days) == len(found.then.load.days) == 30
    assert found.now.load.cards > 0
    assert found.now.minutes > 0
    assert sum(scheduler(world).preview(ada, "fsrs-6", 0.97).then.load.days) > sum(found.then.load.days)
    nothing = scheduler(world).preview(world.learner("ben"), "fsrs-6", 0.9)
    assert (nothing.cards, nothing.moved, nothing.now.load.cards) == (0, 0, 0)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE review SET after_due_on = after_due_on + 2 WHERE seq = 2",
        "UPDATE review SET scheduler = 'fsrs-6@nonsense' WHERE seq = 2",
        "UPDATE review SET after_repetition = 7 WHERE seq = 2",
        "UPDATE schedule SET \"by\" = 'sm2'",
    ],
)
def test_the_doctor_follows(world: StudyWorld, damage: str) -> None:
    ada = world.learner()
    scheduler(world).choose(ada, "fsrs-6", 0.9)
    world.answer(ada, "b#n1", 4)
    world.clock.days(2)
    world.answer(ada, "b#n1", 4)
    assert clean(world)
    with world.db.write():
        world.db.execute(damage)
    assert any("card 9" in line for line in DoctorService(world.db).examine().findings)
