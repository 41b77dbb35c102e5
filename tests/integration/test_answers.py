"""What an answer stores: its kind, its day, its schedule, once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flashcards.domain.schedule import Schedule, Scheduled
from flashcards.domain.sm2 import Memory
from flashcards.errors import Conflict, Invalid, NotFound
from flashcards.services.review.facade import Answer, Answered
from tests.integration.study_world import DAY_MS, NOON, TODAY, StudyWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


def kinds(world: StudyWorld, learner: Any) -> list[str]:
    return [kind for _, kind, _, _, _ in world.log(learner)]


def test_an_answer_writes_the_log_row_and_the_schedule(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    uid = str(uuid.uuid4())
    given = world.review.answer(ada, Answer(uid, world.card("d#n1"), 5, took_ms=7_500_000))
    assert given == Answered(True, uid, 1, world.card("d#n1"), "scheduled", 1, 260, 1, TODAY + 1, False)
    assert world.schedule(ada, "d#n1") == Schedule(Scheduled(Memory(1, 260, 1), TODAY + 1))
    (row,) = world.review.log(ada)
    assert (row.id, row.seq, row.grade, row.kind, row.study_day) == (uid, 1, 5, "scheduled", TODAY)
    assert row.took_ms == 3_600_000
    assert row.before == Schedule()
    assert row.after == Schedule(Scheduled(Memory(1, 260, 1), TODAY + 1))


def test_the_reference_sequence_with_a_lapse_day_by_day(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    intervals = []
    for grade in (4, 4, 4, 2, 4, 4, 4):
        given = world.answer(ada, "d#n1", grade)
        assert given.kind == "scheduled"
        intervals.append(given.interval)
        world.clock.days(given.interval)
    assert intervals == [1, 6, 15, 1, 1, 6, 15]
    assert world.review.card(ada, world.card("d#n1")).lapses == 1


def test_the_same_id_again_gives_the_stored_result_and_changes_nothing(world: StudyWorld) -> None:
    world.deck("d", 2)
    ada, ben = world.learner("ada"), world.learner("ben")
    answer = world.an_answer("d#n1", 4)
    first = world.review.answer(ada, answer)
    before = world.stored_state(ada), world.log(ada)
    world.clock.days(3)
    assert world.review.answer(ada, answer) == replace(first, created=False)
    assert world.review.answer(ada, replace(answer, id=answer.id.upper())) == replace(first, created=False)
    assert (world.stored_state(ada), world.log(ada)) == before
    for other in (replace(answer, grade=5), replace(answer, card=world.card("d#n2"))):
        with pytest.raises(Conflict):
            world.review.answer(ada, other)
    assert (world.stored_state(ada), world.log(ada)) == before
    # Another learner's ids are another matter.
    assert world.review.answer(ben, replace(answer, grade=1)).created


def test_below_4_goes_on_in_the_drill_until_4(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    given = [world.answer(ada, "d#n1", grade) for grade in (3, 1, 3, 4, 5)]
    assert [it.kind for it in given] == ["scheduled", "drill", "drill", "drill", "extra"]
    assert {(it.repetition, it.ease, it.interval, it.due_on) for it in given} == {(1, 236, 1, TODAY + 1)}


def test_that_a_card_was_asked_today_is_known_however_long_its_drill(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    given = [world.answer(ada, "d#n1", 1) for _ in range(9)]
    assert [it.kind for it in given] == ["scheduled"] + ["drill"] * 8
    world.review.act(ada, world.card("d#n1"), "due", due_on=TODAY)
    assert world.answer(ada, "d#n1", 1).kind == "drill"


@pytest.mark.parametrize("late", range(8))
def test_the_last_answer_by_the_clock_ends_a_drill_however_many_came_after_it(world: StudyWorld, late: int) -> None:
    world.deck("d", 1)
    ada = world.learner()
    world.answer(ada, "d#n1", 1, at=NOON - 3_600_000)
    world.answer(ada, "d#n1", 4, at=NOON - 1)
    for number in range(late):
        assert world.answer(ada, "d#n1", 1, at=NOON - 3_000_000 + number).kind == "drill"
    assert world.answer(ada, "d#n1", 1).kind == "extra"


def test_without_drill_a_second_answer_is_extra(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner(drill=False)
    assert [world.answer(ada, "d#n1", grade).kind for grade in (1, 1, 4)] == ["scheduled", "extra", "extra"]


def test_other_modes_never_move_the_schedule(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    for mode in ("cram", "mock", "ahead"):
        given = world.answer(ada, "d#n1", 5, mode=mode)
        assert (given.kind, given.due_on, given.interval) == (mode, None, 0)
    assert world.schedule(ada, "d#n1") is None
    assert world.review.deck_counts(ada)[0].unseen == 1


def test_a_card_that_is_not_due_yet_is_extra(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    world.answer(ada, "d#n1", 4)
    world.clock.days(1)
    world.answer(ada, "d#n1", 4)
    world.clock.days(5)
    given = world.answer(ada, "d#n1", 1)
    assert (given.kind, given.repetition, given.due_on) == ("extra", 2, TODAY + 7)


def test_suspended_and_removed_cards_accept_answers(world: StudyWorld) -> None:
    world.deck("d", 2)
    ada = world.learner()
    world.review.act(ada, world.card("d#n1"), "suspend")
    assert world.answer(ada, "d#n1", 4).kind == "scheduled"
    assert world.schedule(ada, "d#n1") == Schedule(Scheduled(Memory(1, 250, 1), TODAY + 1), suspended=True)
    world.remove("d#n2")
    assert world.answer(ada, "d#n2", 4).kind == "scheduled"
    assert world.db.one("SELECT deck_id FROM schedule WHERE card_id = ?", (world.card("d#n2"),)) == (None,)


def test_an_upload_that_comes_late_has_the_day_on_which_it_was_given(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    given = world.answer(ada, "d#n1", 4, at=NOON - 3 * DAY_MS)
    assert (given.kind, given.due_on) == ("scheduled", TODAY - 2)
    row = world.review.log(ada)[0]
    assert (row.at, row.study_day) == (NOON - 3 * DAY_MS, TODAY - 3)
    # It counts for that day, not for today's limit.
    assert world.review.today(ada).reviewed_today == 0


def test_an_older_answer_after_a_newer_one_moves_nothing(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    world.answer(ada, "d#n1", 4)
    late = world.answer(ada, "d#n1", 1, at=NOON - DAY_MS)
    assert (late.kind, late.due_on, late.repetition) == ("extra", TODAY + 1, 1)


def test_a_drill_of_yesterday_uploaded_today_is_a_drill(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    yesterday = NOON - DAY_MS
    first, second = world.review.answer_many(
        ada, [world.an_answer("d#n1", 1, at=yesterday), world.an_answer("d#n1", 4, at=yesterday + 60_000)]
    )
    assert isinstance(first, Answered)
    assert isinstance(second, Answered)
    assert (first.kind, second.kind) == ("scheduled", "drill")
    assert world.answer(ada, "d#n1", 4).kind == "scheduled"  # due today: it was failed yesterday


def test_the_future_counts_as_now(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    assert world.answer(ada, "d#n1", 4, at=NOON + 400 * DAY_MS).due_on == TODAY + 1
    assert world.review.log(ada)[0].at == NOON


def test_a_batch_is_stored_in_the_order_of_at_and_answered_in_the_order_sent(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    minutes = 60_000
    sent = [
        world.an_answer("d#n1", 4, at=NOON - minutes),
        replace(world.an_answer("d#n1", 4), grade=9),
        world.an_answer("d#n1", 1, at=NOON - 3 * minutes),
        world.an_answer("d#n1", 3, at=NOON - 2 * minutes),
    ]
    got = world.review.answer_many(ada, sent)
    assert isinstance(got[1], Invalid)
    assert [it.kind for it in got if isinstance(it, Answered)] == ["drill", "scheduled", "drill"]
    assert [row.grade for row in world.review.log(ada)] == [1, 3, 4]


def test_the_day_does_not_go_back_on_a_flight_west(world: StudyWorld) -> None:
    world.deck("d", 2)
    ada = world.learner(timezone="Pacific/Auckland", day_start=0)  # UTC+12: noon is the next day there
    assert world.answer(ada, "d#n1", 4).due_on == TODAY + 2
    ada = world.accounts.save_settings(ada, timezone="America/Los_Angeles")
    assert world.review.study_day(ada) == TODAY + 1
    again = world.answer(ada, "d#n1", 1)
    assert again.kind == "extra"
    assert world.review.log(ada)[-1].study_day == TODAY + 1
    # What was answered offline a minute ago was answered on the same day, and not on the wall's.
    late = world.answer(ada, "d#n2", 4, at=world.clock() - 60_000)
    assert (late.kind, late.due_on) == ("scheduled", TODAY + 2)


def test_a_clock_set_back_for_long_doubles_nothing(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    world.answer(ada, "d#n1", 4)
    world.clock.days(-5)
    assert world.review.study_day(ada) == TODAY - 5
    assert world.answer(ada, "d#n1", 4).kind == "extra"
    assert world.schedule(ada, "d#n1") == Schedule(Scheduled(Memory(1, 250, 1), TODAY + 1))


def test_the_eighth_lapse_makes_a_leech_and_then_every_fourth(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner()
    world.answer(ada, "d#n1", 4)
    marked = []
    for lapse in range(1, 17):
        world.clock.days(1)
        if world.answer(ada, "d#n1", 0).leech:
            marked.append(lapse)
    assert marked == [8, 12, 16]
    card = world.review.card(ada, world.card("d#n1"))
    assert (card.leech, card.lapses, card.state, card.path, card.line) == (True, 16, "scheduled", "d.md", 0)


def test_a_leech_is_suspended_by_a_row_of_its_own(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada = world.learner(suspend_leeches=True)
    world.answer(ada, "d#n1", 4)
    for _ in range(8):
        world.clock.days(1)
        given = world.answer(ada, "d#n1", 0)
    assert given.leech
    assert world.log(ada)[-2:] == [(9, "scheduled", None, 0, 0), (10, "manual", "leech", None, 0)]
    assert world.review.card(ada, world.card("d#n1")).state == "suspended"
    # Suspended: it is in no queue, and in no drill either.
    assert world.queue_keys(ada) == []


@pytest.mark.parametrize("grade", [True, 3.0, "3", -1, 6, None])
def test_grades_are_whole_numbers(world: StudyWorld, grade: Any) -> None:
    world.deck("d", 1)
    ada = world.learner()
    with pytest.raises(Invalid) as error:
        world.review.answer(ada, replace(world.an_answer("d#n1", 4), grade=grade))
    assert error.value.field == "grade"
    assert world.log(ada) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "not-a-uuid"),
        ("id", "{0b5e3f4e-6d0f-4d58-9d0e-0a4f9a1f7c11}"),
        ("id", "0b5e3f4e6d0f4d589d0e0a4f9a1f7c11"),
        ("id", 7),
        ("mode", "manual"),
        ("at", -1),
        ("at", 1.5),
        ("at", True),
        ("took_ms", "5"),
        ("took_ms", -5),
    ],
)
def test_what_is_wrong_is_named(world: StudyWorld, field: str, value: Any) -> None:
    world.deck("d", 1)
    ada = world.learner()
    with pytest.raises(Invalid) as error:
        world.review.answer(ada, replace(world.an_answer("d#n1", 4), **{field: value}))
    assert error.value.field == field


@pytest.mark.parametrize("card", ["", "0", "99", "abc", "1.0", "-1", "²", "9" * 30, 1, None])
def test_a_card_that_is_not_there(world: StudyWorld, card: Any) -> None:
    world.deck("d", 1)
    ada = world.learner()
    with pytest.raises(NotFound):
        world.review.answer(ada, replace(world.an_answer("d#n1", 4), card=card))


def test_whole_notes_reset_and_due_dates(world: StudyWorld) -> None:
    world.deck("d", {"a": ("c1", "c2", "c3")})
    ada = world.learner()
    world.answer(ada, "d#a/c2", 4)
    acted = world.review.act(ada, world.card("d#a/c2"), "suspend", whole_note=True)
    assert (acted.card.which, acted.card.state) == ("c2", "suspended")
    assert len(world.log(ada)) == 4
    assert {world.review.card(ada, world.card(f"d#a/c{n}")).state for n in (1, 2, 3)} == {"suspended"}
    world.review.act(ada, world.card("d#a/c2"), "unsuspend", whole_note=True)
    assert world.review.act(ada, world.card("d#a/c2"), "reset").card.state == "new"
    due = world.review.act(ada, world.card("d#a/c2"), "due", due_on=TODAY + 30).card
    assert (due.state, due.due_on, due.interval) == ("scheduled", TODAY + 30, 0)
    for wrong in (None, -1, True, TODAY + 40_000):
        with pytest.raises(Invalid):
            world.review.act(ada, world.card("d#a/c2"), "due", due_on=wrong)
    with pytest.raises(Invalid):
        world.review.act(ada, world.card("d#a/c2"), "explode")


def test_an_action_sent_twice_is_done_once(world: StudyWorld) -> None:
    world.deck("d", 2)
    ada, uid = world.learner(), str(uuid.uuid4())
    first = world.review.act(ada, world.card("d#n1"), "bury", id=uid)
    assert world.review.act(ada, world.card("d#n1"), "bury", id=uid) == first
    assert len(world.log(ada)) == 1
    with pytest.raises(Conflict):
        world.review.act(ada, world.card("d#n2"), "bury", id=uid)
    with pytest.raises(Conflict):
        world.review.answer(ada, replace(world.an_answer("d#n1", 4), id=uid))


def test_a_card_that_was_reset_can_be_learnt_again_the_same_day_only_if_it_was_not_moved(
    world: StudyWorld,
) -> None:
    world.deck("d", 2)
    ada = world.learner()
    world.answer(ada, "d#n1", 4)
    world.review.act(ada, world.card("d#n1"), "reset")
    assert world.answer(ada, "d#n1", 4).kind == "extra"
    world.clock.days(1)
    world.review.act(ada, world.card("d#n1"), "reset")
    assert world.answer(ada, "d#n1", 4).kind == "scheduled"


def test_learners_do_not_see_each_other(world: StudyWorld) -> None:
    world.deck("d", 1)
    ada, ben = world.learner("ada"), world.learner("ben")
    given = world.answer(ada, "d#n1", 4)
    assert world.review.card(ben, world.card("d#n1")).state == "new"
    assert world.review.log(ben) == ()
    with pytest.raises(NotFound):
        world.review.undo(ben, given.id)
    with pytest.raises(NotFound):
        world.review.undo(ben)
    assert world.answer(ben, "d#n1", 4).kind == "scheduled"


def test_the_end_of_a_log_and_its_latest_day_are_the_learners_own(world: StudyWorld) -> None:
    world.deck("d", 3)
    ada, bob = world.learner("ada"), world.learner("bob")
    world.answer(bob, "d#n1", 5)
    world.clock.days(1)
    for key in ("d#n1", "d#n2", "d#n3"):
        world.answer(ada, key, 5)
    world.clock.days(-1)
    assert world.review.queue(bob).seq == 1
    acted = world.review.act(bob, world.card("d#n2"), "suspend")
    assert acted.seq == 2
    days = world.db.all("SELECT study_day FROM review WHERE learner_id = ? ORDER BY seq", (bob.id,))
    assert days == [(TODAY,), (TODAY,)]
