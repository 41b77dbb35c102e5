"""What the day shows: order, siblings, limits, prerequisites, drill, filters, and the counts of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.known import KnownCards
from flashcards.services.review.facade import Answer, DayCount, Left
from flashcards.services.review.statistics import StatsService
from tests.integration.study_world import NOON, TODAY, StudyWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    yield world
    world.close()


def test_new_cards_come_in_deck_order_up_to_the_limit(world: StudyWorld) -> None:
    world.deck("b", 3)
    world.deck("a", 3)
    ada = world.learner(new_per_day=4)
    queue = world.review.queue(ada)
    assert [card.key for card in queue.cards] == ["b#n1/forward", "b#n2/forward", "b#n3/forward", "a#n1/forward"]
    assert (queue.left, queue.total_today, queue.study_day) == (Left(0, 4, 0), 4, TODAY)


def test_the_limit_counts_over_the_day_and_all_filters(world: StudyWorld) -> None:
    world.deck("a", 5)
    world.deck("b", 5)
    ada = world.learner(new_per_day=3)
    world.answer(ada, "a#n1", 4)
    world.answer(ada, "a#n2", 4)
    assert world.queue_keys(ada, deck="b") == ["new:n1"]
    assert not world.review.today(ada).new_limit_reached
    world.answer(ada, "b#n1", 4)
    assert world.queue_keys(ada) == []
    today = world.review.today(ada)
    assert (today.new, today.new_limit_reached, today.reviewed_today) == (0, True, 3)
    assert (today.next_due, today.next_due_count) == (TODAY + 1, 3)
    world.review.undo(ada)
    assert world.queue_keys(ada) == ["new:n3"]
    world.clock.days(1)
    assert world.review.queue(ada).left == Left(2, 3, 0)


def test_a_decks_own_limit_lies_within_the_learners(world: StudyWorld) -> None:
    world.deck("a", 5)
    world.deck("b", 5)
    ada = world.learner(new_per_day=4)
    world.review.set_deck_limit(ada, "a", 1)
    assert world.queue_keys(ada) == ["new:n1", "new:n1", "new:n2", "new:n3"]
    assert [(it.new, it.new_per_day) for it in world.review.deck_counts(ada)] == [(1, 1), (4, None)]  # each alone
    world.answer(ada, "a#n1", 4)
    assert world.queue_keys(ada, deck="a") == []
    world.review.set_deck_limit(ada, "a", None)
    assert world.queue_keys(ada, deck="a") == ["new:n2", "new:n3", "new:n4"]
    with pytest.raises(Invalid):
        world.review.set_deck_limit(ada, "a", -1)
    with pytest.raises(NotFound):
        world.review.set_deck_limit(ada, "zzz", 1)


def test_reset_and_unsuspended_cards_are_new_cards(world: StudyWorld) -> None:
    world.deck("a", 3)
    ada = world.learner()
    for note in ("n1", "n2", "n3"):
        world.answer(ada, f"a#{note}", 4)
    world.clock.days(1)
    world.review.act(ada, world.card("a#n2"), "reset")
    assert sorted(world.queue_keys(ada)) == ["due:n1", "due:n3", "new:n2"]
    world.review.act(ada, world.card("a#n2"), "suspend")
    world.review.act(ada, world.card("a#n1"), "bury")
    assert world.queue_keys(ada) == ["due:n3"]
    assert world.review.today(ada).next_due == TODAY + 2


def test_new_ones_are_spread_evenly_among_due_ones(world: StudyWorld) -> None:
    world.deck("a", 30)
    ada = world.learner(new_per_day=20)
    for number in range(1, 13):
        world.answer(ada, f"a#n{number}", 4)
    world.clock.days(1)
    ada = world.accounts.save_settings(ada, new_per_day=3)
    kinds = [card.kind[0] for card in world.review.queue(ada).cards]
    assert "".join(kinds) == "ddnddddnddddndd"


def test_the_most_overdue_relative_to_the_interval_first_the_same_on_every_device(world: StudyWorld) -> None:
    world.deck("a", 10)
    ada, ben = world.learner("ada", new_per_day=0), world.learner("ben", new_per_day=0)
    for learner in (ada, ben):
        for number in range(1, 9):
            world.answer(learner, f"a#n{number}", 4)
    with world.db.write():
        # n1 to n6: due today; n7: 3 days over of 6; n8: 10 days over of 40
        world.db.execute("UPDATE schedule SET due_on = ?, interval = 5", (TODAY,))
        for note, due, interval in (("n7", TODAY - 3, 6), ("n8", TODAY - 10, 40)):
            world.db.execute(
                "UPDATE schedule SET due_on = ?, interval = ? WHERE card_id = ?",
                (due, interval, world.card(f"a#{note}")),
            )
        world.db.execute("UPDATE review SET study_day = study_day - 50")
    first = world.queue_keys(ada)
    assert first[:2] == ["due:n7", "due:n8"]
    assert first[2:] != sorted(first[2:])
    assert world.queue_keys(ada) == first
    assert world.queue_keys(ada, limit=3) == first[:3]
    held = [card.id for card in world.review.queue(ada, limit=3).cards]
    assert world.queue_keys(ada, limit=3, exclude=["nonsense", "9" * 30, *held, "9" * 5000]) == first[3:6]
    assert world.queue_keys(ben)[2:] != first[2:]
    ada = world.accounts.save_settings(ada, due_per_day=2)
    today = world.review.today(ada)
    assert (world.queue_keys(ada), today.due, today.due_limit_reached) == (first[:2], 2, True)
    world.answer(ada, "a#n7", 4)
    assert world.queue_keys(ada) == ["due:n8"]


def test_siblings(world: StudyWorld) -> None:
    world.deck("a", {"x": ("c1", "c2", "c3"), "y": ("forward", "backward")})
    ada = world.learner()
    assert world.queue_keys(ada) == ["new:x/c1", "new:y"]
    # c2 was answered on another device although it was not shown: it hides c1 and c3 for today.
    world.answer(ada, "a#x/c2", 4)
    assert world.queue_keys(ada) == ["new:y"]
    world.clock.days(1)
    # Due before new.
    assert sorted(world.queue_keys(ada)) == ["due:x/c2", "new:y"]
    world.review.undo(ada)
    assert world.queue_keys(ada) == ["new:x/c1", "new:y"]
    for which in ("c1", "c2", "c3"):
        world.answer(ada, f"a#x/{which}", 4)
    world.clock.days(1)
    # The lower ordinal first among the due ones; a buried one makes room.
    assert sorted(world.queue_keys(ada)) == ["due:x/c1", "new:y"]
    world.review.act(ada, world.card("a#x/c1"), "bury")
    assert sorted(world.queue_keys(ada)) == ["due:x/c2", "new:y"]
    counts = world.review.deck_counts(ada)[0]
    assert (counts.due, counts.new, counts.unseen, counts.cards) == (1, 1, 2, 5)


def test_a_drill_ignores_siblings_comes_last_and_ends_at_4(world: StudyWorld) -> None:
    world.deck("a", {"x": ("c1", "c2"), "y": ("forward",), "z": ("forward",)})
    ada = world.learner()
    world.answer(ada, "a#x/c1", 1)
    assert world.queue_keys(ada) == ["new:y", "new:z", "drill:x/c1"]
    world.answer(ada, "a#x/c2", 3)
    world.answer(ada, "a#x/c1", 3)
    assert world.queue_keys(ada) == ["new:y", "new:z", "drill:x/c2", "drill:x/c1"]
    queue = world.review.queue(ada)
    assert (queue.left, queue.total_today) == (Left(0, 2, 2), 4)
    (drill, *_) = [card for card in queue.cards if card.kind == "drill"]
    assert drill.intervals == dict.fromkeys(range(6), 1)
    world.answer(ada, "a#x/c1", 4)
    queue = world.review.queue(ada)
    assert (queue.left, queue.total_today) == (Left(0, 2, 1), 4)
    off = world.accounts.save_settings(ada, drill=False)
    assert world.queue_keys(off) == ["new:y", "new:z"]
    world.review.act(ada, world.card("a#x/c2"), "suspend")
    assert world.queue_keys(ada) == ["new:y", "new:z"]
    world.review.undo(ada)
    world.review.act(ada, world.card("a#x/c2"), "reset")
    assert world.queue_keys(ada) == ["new:y", "new:z"]
    world.review.undo(ada)
    world.clock.days(1)
    assert sorted(world.queue_keys(ada)) == ["due:x/c1", "new:y", "new:z"]


def test_what_each_answer_would_do_is_on_the_card(world: StudyWorld) -> None:
    world.deck("a", 1)
    ada = world.learner()
    assert world.review.queue(ada).cards[0].intervals == dict.fromkeys(range(6), 1)
    for days in (0, 1, 6, 15):
        world.clock.days(days)
        shown = world.review.queue(ada).cards[0].intervals
        given = world.answer(ada, "a#n1", 4)
        assert given.interval == shown[4]
    assert shown == {0: 1, 1: 1, 2: 1, 3: 36, 4: 38, 5: 39}


def test_prerequisites(world: StudyWorld) -> None:
    world.deck("a", {"later": ("forward",), "first": ("c1", "c2"), "free": ("forward",)})
    world.deck("b", 1)
    ada = world.learner()
    world.requires("a#later", "a#first", "b#n1")
    assert world.queue_keys(ada) == ["new:first/c1", "new:free", "new:n1"]
    world.answer(ada, "a#first/c2", 0)
    assert world.queue_keys(ada) == ["new:free", "new:n1", "drill:first/c2"]
    world.review.set_deck_active(ada, "b", False)
    assert world.queue_keys(ada) == ["new:later", "new:free", "drill:first/c2"]
    world.review.set_deck_active(ada, "b", True)
    world.review.act(ada, world.card("b#n1"), "suspend")
    assert "new:later" in world.queue_keys(ada)
    world.review.undo(ada)
    assert "new:later" not in world.queue_keys(ada)
    world.remove("b#n1")
    assert "new:later" in world.queue_keys(ada)
    world.review.undo(ada)
    assert "new:later" not in world.queue_keys(ada)


def test_many_that_wait_do_not_hide_one_that_does_not(world: StudyWorld) -> None:
    world.deck("a", 160)
    world.deck("b", 1)
    ada = world.learner(new_per_day=2)
    for number in range(1, 160):
        world.requires(f"a#n{number}", "b#n1")
    assert world.queue_keys(ada) == ["new:n160", "new:n1"]


def test_decks_folders_and_tags(world: StudyWorld) -> None:
    world.deck("ml/a", 2, tags=("stats",))
    world.deck("ml/b", 2, note_tags={"n2": ("hard",)})
    world.deck("mlx", 1)
    ada = world.learner()
    keys = lambda **more: [card.key for card in world.review.queue(ada, **more).cards]  # noqa: E731
    assert len(keys(deck="ml")) == len(keys(deck="ml/")) == 4
    assert keys(deck="ml/b") == ["ml/b#n1/forward", "ml/b#n2/forward"]
    assert keys(tag="hard") == keys(tag="#hard") == ["ml/b#n2/forward"]
    assert keys(tag="stats") == ["ml/a#n1/forward", "ml/a#n2/forward"]
    assert keys(deck="mlx", tag="hard") == keys(tag="none") == []
    for wrong in ("m", "ml/a.md", "ml/c", "%", "ml/_"):
        with pytest.raises(NotFound):
            keys(deck=wrong)
    world.review.set_deck_active(ada, "ml", False)
    assert keys() == ["mlx#n1/forward"]
    assert keys(deck="ml/b") == []
    assert [(it.path_address, it.active, it.new) for it in world.review.deck_counts(ada)] == [
        ("ml/a", False, 0),
        ("ml/b", False, 0),
        ("mlx", True, 1),
    ]


def test_unseen_are_the_cards_in_the_state_new(world: StudyWorld) -> None:
    world.deck("a", 5)
    ada = world.learner(new_per_day=1)

    def unseen() -> int:
        counted = world.review.deck_counts(ada)[0].unseen
        assert counted == len(world.review.cards(ada, state="new").items)
        return counted

    assert unseen() == 5
    world.answer(ada, "a#n1", 4)
    assert unseen() == 4
    world.review.act(ada, world.card("a#n2"), "bury")  # it comes back tomorrow
    assert unseen() == 4
    world.review.act(ada, world.card("a#n3"), "suspend")
    assert unseen() == 3
    world.review.act(ada, world.card("a#n1"), "reset")
    assert unseen() == 4
    for left in (3, 4, 4, 5):
        world.review.undo(ada)
        assert unseen() == left


def test_drafts_and_removed_notes_are_not_asked(world: StudyWorld) -> None:
    world.deck("a", 3, drafts=("n1",))
    ada = world.learner()
    assert world.queue_keys(ada) == ["new:n2", "new:n3"]
    world.answer(ada, "a#n3", 1)
    world.remove("a#n3")
    assert world.queue_keys(ada) == ["new:n2"]
    assert world.review.deck_counts(ada)[0].unseen == 1
    world.clock.days(1)
    assert world.queue_keys(ada) == ["new:n2"]
    assert world.review.card(ada, world.card("a#n3")).state == "removed"
    with pytest.raises(NotFound):
        world.review.card(ada, world.card("a#n1"))


def test_the_text_of_a_draft_is_for_authors(world: StudyWorld) -> None:
    world.deck("a", 2, drafts=("n1",))
    ada, card = world.learner(), world.card("a#n1")
    ida = world.accounts.set_roles(world.learner("ida").id, author=True)
    assert world.review.card(ida, card).question_html == "<p>Q n1/forward</p>"
    assert [it.id for it in world.review.cards(ida).items] == [card, world.card("a#n2")]
    assert [it.id for it in world.review.cards(ada).items] == [world.card("a#n2")]
    # A device may still hold a card that has become a draft: the answer counts, the text is not given out.
    world.answer(ada, "a#n1", 4)
    states = [world.review.card(ada, card), world.review.act(ada, card, "bury").card, world.review.undo(ada).card]
    assert {(it.question_html, it.answer_html, it.title) for it in states} == {("", "", "")}
    assert {it.due_on for it in states} == {TODAY + 1}


def test_a_day_begins_at_the_learners_hour(world: StudyWorld) -> None:
    world.deck("a", 1)
    ada = world.learner(timezone="Europe/Berlin", day_start=4)
    world.clock.now = NOON - NOON % 86_400_000 + 86_400_000  # midnight UTC, 02:00 in Berlin: still yesterday
    assert world.review.study_day(ada) == TODAY
    world.answer(ada, "a#n1", 4)
    world.clock.seconds(2 * 3600 - 1)
    assert world.queue_keys(ada) == []
    world.clock.seconds(1)
    assert world.queue_keys(ada) == ["due:n1"]


def test_what_comes_next_is_what_will_be_shown_then(world: StudyWorld) -> None:
    """Siblings come one a day, cards of a deck that is switched off not at all, and no more than the limit."""
    pair = ("forward", "backward")
    world.deck("a", {"n1": pair, "n2": pair})
    world.deck("off", {"n3": pair})
    ada = world.learner()
    cards = [f"{note}/{which}" for note in ("a#n1", "a#n2", "off#n3") for which in pair]
    for card in cards:
        world.review.act(ada, world.card(card), "due", due_on=TODAY)
    world.review.act(ada, world.card("off#n3"), "bury")
    world.review.set_deck_active(ada, "off", False)
    world.answer(ada, "a#n1", 4)
    world.review.act(ada, world.card("a#n2"), "bury", whole_note=True)
    assert world.queue_keys(ada) == []
    today = world.review.today(ada)
    assert (today.next_due, today.next_due_count) == (TODAY + 1, 2)
    ada = world.accounts.save_settings(ada, due_per_day=1)
    assert world.review.today(ada).next_due_count == 1
    nothing = world.review.today(world.accounts.save_settings(ada, due_per_day=0))
    assert (nothing.next_due, nothing.next_due_count) == (None, 0)
    world.clock.days(1)
    assert world.review.today(ada).due == 1


def test_today(world: StudyWorld) -> None:
    world.deck("a", 3)
    world.deck("empty", 0)
    ada = world.learner(new_per_day=2)
    today = world.review.today(ada)
    assert (today.new, today.due, today.seconds_left, today.streak, today.next_due) == (2, 0, 48, 0, None)
    assert [(it.address, it.cards, it.unseen) for it in today.folders] == [("a", 3, 3), ("empty", 0, 0)]
    world.answer(ada, "a#n1", 1, took_ms=30_000)
    today = world.review.today(ada)
    assert (today.new, today.drill, today.seconds_left, today.streak) == (1, 1, 37, 1)
    world.answer(ada, "a#n1", 4)
    world.answer(ada, "a#n2", 5)
    today = world.review.today(ada)
    assert (today.new_limit_reached, today.next_due, today.next_due_count) == (True, TODAY + 1, 2)
    assert today.reviewed_today == 3
    world.clock.days(1)
    assert world.review.today(ada).streak == 1
    world.answer(ada, "a#n1", 4)
    assert world.review.today(ada).streak == 2
    assert world.review.calendar(ada) == {TODAY: 3, TODAY + 1: 1}
    world.clock.days(2)
    assert world.review.today(ada).streak == 0


def test_the_summary_of_a_session(world: StudyWorld) -> None:
    world.deck("a", 3)
    ada = world.learner()
    assert world.review.last_action(ada) is None
    for note, grade in (("n1", 1), ("n2", 4), ("n1", 0), ("n1", 4), ("n3", 3)):
        world.answer(ada, f"a#{note}", grade, took_ms=2000)
    summary = world.review.summary(ada)
    assert (summary.answered, summary.ms, summary.first_tries, summary.first_right) == (5, 10_000, 3, 2)
    assert summary.by_grade == {0: 1, 1: 1, 3: 1, 4: 2}
    assert [card.key for card in summary.failed_often] == ["a#n1/forward"]
    assert [(it.day, it.young, it.mature) for it in summary.next_days][:2] == [
        (TODAY + 1, 3, 0),
        (TODAY + 2, 0, 0),
    ]
    assert len(summary.next_days) == 7
    assert world.review.last_action(ada)


def test_lists_of_cards(world: StudyWorld) -> None:
    world.deck("ml/a", {"Größe": ("forward", "backward"), "x": ("forward",)}, tags=("t",))
    world.deck("b", 2)
    ada = world.learner()
    world.answer(ada, "b#n1", 4)
    world.review.act(ada, world.card("b#n2"), "suspend")
    keys = lambda **more: [card.key for card in world.review.cards(ada, **more).items]  # noqa: E731
    assert len(keys()) == 5
    assert keys(q="GRÖSSE q") == ["ml/a#Größe/forward", "ml/a#Größe/backward"]
    assert keys(q="100%") == []
    assert keys(deck="ml", state="new", tag="t") == keys(deck="ml/a")
    assert keys(state="scheduled") == ["b#n1/forward"]
    assert keys(state="suspended") == ["b#n2/forward"]
    world.remove("b#n1")
    assert keys(state="removed") == ["b#n1/forward"]
    assert keys(state="scheduled") == []
    page = world.review.cards(ada, limit=2)
    more = world.review.cards(ada, limit=2, since=page.next)
    assert [it.id for it in (*page.items, *more.items)] == [it.id for it in world.review.cards(ada).items]
    assert more.next is None
    for wrong in ({"state": "odd"}, {"since": "x"}):
        with pytest.raises(Invalid):
            keys(**wrong)
    (row,) = world.review.card_history(ada, world.card("b#n1"))
    assert (row.key, row.grade) == ("b#n1/forward", 4)


@pytest.mark.parametrize("grade", [4, 1])
def test_who_asks_for_one_card_at_a_time_sees_the_same_mix(world: StudyWorld, grade: int) -> None:
    world.deck("a", 60)
    ada = world.learner(new_per_day=45)
    for number in range(1, 46):
        world.answer(ada, f"a#n{number}", 4)
    world.clock.days(1)
    ada = world.accounts.save_settings(ada, new_per_day=7)
    page = world.queue_keys(ada, limit=52)
    assert [place for place, key in enumerate(page) if key.startswith("new")] == [3, 11, 18, 26, 33, 40, 48]
    asked = []
    for _ in page:
        [card] = world.review.queue(ada, limit=1).cards
        asked.append(f"{card.kind}:{card.key.partition('#')[2].removesuffix('/forward')}")
        world.review.answer(ada, Answer(str(uuid.uuid4()), card.id, grade))
    assert asked == page


def test_an_answer_given_earlier_that_arrives_later_does_not_end_the_drill(world: StudyWorld) -> None:
    world.deck("a", 1)
    ada = world.learner()
    quarter = world.clock() - 60_000
    assert world.answer(ada, "a#n1", 1, at=quarter).kind == "scheduled"
    late = world.answer(ada, "a#n1", 4, at=quarter - 600_000)
    assert (late.kind, world.queue_keys(ada)) == ("extra", ["drill:n1"])
    assert world.review.summary(ada).first_right == 1  # the first try is the one that was given first
    # Nor does one that was forgotten before it was known bring it back.
    known = world.answer(ada, "a#n1", 4, at=quarter + 30_000)
    between = world.answer(ada, "a#n1", 2, at=quarter + 20_000)
    assert (known.kind, between.kind, world.queue_keys(ada)) == ("drill", "drill", [])


def test_the_counts_of_a_deck_are_what_its_review_asks(world: StudyWorld) -> None:
    world.deck("x/a", 30)
    world.deck("x/b", 25)
    world.deck("c", {f"n{number}": ("forward", "backward") for number in range(1, 4)})
    world.deck("off", 3)
    ada = world.learner(new_per_day=20, due_per_day=2)
    for note in ("n1", "n2", "n3"):
        world.answer(ada, f"c#{note}", 4)
        world.answer(ada, f"x/b#{note}", 4)
    world.clock.days(1)
    world.review.set_deck_limit(ada, "x/a", 15)
    world.review.set_deck_active(ada, "off", False)
    world.answer(ada, "c#n1", 1)
    found = {it.key: (it.due, it.new, it.drill) for it in world.review.deck_counts(ada)}
    assert found == {"x/a": (0, 15, 0), "x/b": (1, 20, 0), "c": (1, 0, 1), "off": (0, 0, 0)}
    for deck, counts in found.items():
        left = world.review.queue(ada, deck=deck, limit=0).left
        assert (left.due, left.new, left.drill) == counts, deck
    limits = world.review.left_of_limits(ada)
    assert (limits.new, limits.due) == (20, 1)
    assert world.review.queue(ada, deck="x", limit=0).left == Left(1, 20, 0)
    # Today says what lies in each folder, and each deck outside of folders, of what it holds in all.
    today = world.review.today(ada)
    assert [(it.address, it.new) for it in today.folders] == [("x", 20), ("c", 0)]
    assert sum(it.due for it in today.folders) == today.due == 1


def test_today_by_folder_follows_whatever_changes(world: StudyWorld) -> None:
    world.deck("x/a", 3)
    world.deck("x/y/b", 2)
    world.deck("c", 1)
    ada, ben = world.learner(new_per_day=20), world.learner("ben", new_per_day=20)

    def folders(learner: Learner) -> list[tuple[str, int, int, int]]:
        return [(it.address, it.cards, it.unseen, it.new) for it in world.review.today(learner).folders]

    both = [("x", 5, 5, 5), ("c", 1, 1, 1)]
    assert folders(ada) == folders(ben) == both
    # A folder that holds decks itself stands for those below it; without such decks they stand for themselves.
    world.review.set_deck_active(ada, "x/a", False)
    assert folders(ada) == [("x/y", 2, 2, 2), ("c", 1, 1, 1)]
    assert folders(ben) == both
    world.review.set_deck_active(ada, "x/a", True)
    assert folders(ada) == both
    # Cards that were answered are seen, until they are reset.
    world.answer(ada, "x/a#n1", 4)
    assert folders(ada) == [("x", 5, 4, 4), ("c", 1, 1, 1)]
    world.review.act(ada, world.card("x/a#n1"), "reset")
    assert folders(ada)[0] == ("x", 5, 5, 4)  # its note was answered today
    # A sync that adds a deck, and one that takes a note out of another.
    world.deck("x/d", 2)
    assert folders(ben) == [("x", 7, 7, 7), ("c", 1, 1, 1)]
    world.remove("x/y/b#n1")
    assert folders(ben) == [("x", 6, 6, 6), ("c", 1, 1, 1)]


def test_every_page_says_the_same_of_the_days_to_come(world: StudyWorld) -> None:
    pair = ("forward", "backward")
    world.deck("a", {f"n{number}": pair for number in range(1, 7)})
    ada = world.learner(new_per_day=0)
    stats = StatsService(world.db, world.clock, KnownCards(world.db))
    for number, (day, other) in enumerate([(0, 0), (0, 1), (1, 1), (1, 4), (-2, 5)], start=1):
        world.review.act(ada, world.card(f"a#n{number}"), "due", due_on=TODAY + day)
        world.review.act(ada, world.card(f"a#n{number}/backward"), "due", due_on=TODAY + other)
    found = stats.statistics(ada)
    assert found.overdue.young + found.overdue.mature + sum(_total(found.forecast[:1])) == world.review.today(ada).due
    for note in ("n1", "n2", "n5"):
        world.answer(ada, f"a#{note}", 4)
    world.review.act(ada, world.card("a#n3"), "bury")  # comes tomorrow in any case
    for limit, coming in ((None, [5, 0, 0, 1, 1]), (2, [2, 2, 1, 1, 1])):
        ada = world.accounts.save_settings(ada, due_per_day=limit)
        today, forecast = world.review.today(ada), stats.statistics(ada).forecast
        assert (today.next_due, today.next_due_count) == (TODAY + 1, coming[0])
        assert _total(forecast[1:6]) == _total(world.review.summary(ada).next_days[:5]) == coming
    world.clock.days(1)
    assert world.review.today(world.accounts.save_settings(ada, due_per_day=None)).due == 5


def _total(days: Sequence[DayCount]) -> list[int]:
    return [day.young + day.mature for day in days]


def test_ten_more_than_the_limit_as_often_as_one_likes(world: StudyWorld) -> None:
    world.deck("a", 12)
    world.deck("b", 27)
    ada = world.learner(new_per_day=12)
    assert world.review.beyond_limit(ada) is None
    for number in range(1, 13):
        world.answer(ada, f"a#n{number}", 4)
    assert world.review.beyond_limit(ada, deck="a") is None  # there is nothing left in it
    world.review.set_deck_limit(ada, "b", 1)
    seen = 0
    for held in (10, 10, 7):
        beyond = world.review.beyond_limit(ada, deck="b")
        assert beyond is not None
        assert beyond.held == held
        cards = world.review.queue(ada, deck="b", more=beyond.more, limit=500).cards
        assert len(cards) == held
        for card in cards:
            world.review.answer(ada, Answer(str(uuid.uuid4()), card.id, 4))
        seen += held
        assert world.review.queue(ada, deck="b", more=beyond.more).cards == ()
    assert seen == 27
    assert world.review.beyond_limit(ada, deck="b") is None


@pytest.mark.parametrize("due_on", [None, TODAY - 1, TODAY, TODAY + 1])
@pytest.mark.parametrize("suspended", [False, True])
@pytest.mark.parametrize("buried_until", [None, TODAY, TODAY + 1])
def test_what_is_asked_is_one_rule_in_the_database_as_in_the_domain(
    world: StudyWorld, due_on: int | None, suspended: bool, buried_until: int | None
) -> None:
    world.deck("a", 1)
    ada = world.learner()
    world.answer(ada, "a#n1", 4)
    with world.db.write():
        world.db.execute("UPDATE review SET study_day = study_day - 50")
        world.db.execute(
            "UPDATE schedule SET due_on = ?, suspended = ?, buried_until = ?", (due_on, int(suspended), buried_until)
        )
    schedule = world.schedule(ada, "a#n1")
    assert schedule is not None
    assert bool(world.queue_keys(ada)) == schedule.asked_on(TODAY)
    is_due = [card.key for card in world.review.cards(ada, q="is:due").items]
    assert bool(is_due) == (schedule.asked_on(TODAY) and due_on is not None)
