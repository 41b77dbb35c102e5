"""Statistics over real logs: what counts, whose it is, at which day; the page and the interface."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.domain.statistics import Share
from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.services.memory.known import KnownCards
from flashcards.services.review.statistics import Statistics, StatsService
from flashcards.storage.counters import count_anew
from flashcards.web.api.stats import STATS
from tests.integration.study_world import TODAY, StudyWorld
from tests.integration.test_api import API, get, problem
from tests.integration.test_pages import answer_all, text
from tests.site import Site


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a/one", 3)
    world.deck("b", 4)
    yield world
    world.close()


@pytest.fixture
def ada(world: StudyWorld) -> Learner:
    return world.learner("ada")


def stats(world: StudyWorld, learner: Learner, **more: Any) -> Statistics:
    return StatsService(world.db, world.clock, KnownCards(world.db)).statistics(learner, **more)


def kept(found: Statistics, window: str) -> tuple[Share, Share]:
    return next((it.young, it.mature) for it in found.retention if it.window == window)


def test_nothing_answered(world: StudyWorld, ada: Learner) -> None:
    found = stats(world, ada, days="all")
    assert not found.answered
    assert (found.first_day, found.reviews, found.calendar) == (TODAY, {}, {})
    assert (found.daily_load, found.remembered) == (0, Share())
    assert (found.cards.total, found.cards.new, found.cards.known) == (7, 7, 0)
    assert [day.day for day in found.forecast] == list(range(TODAY, TODAY + 30))


def test_what_counts_as_remembered(world: StudyWorld, ada: Learner) -> None:
    world.answer(ada, "b#n1", 4, took_ms=3000)  # new: says nothing
    world.clock.days(1)
    world.answer(ada, "b#n1", 1, took_ms=2000)  # the first answer of the day: forgotten
    world.answer(ada, "b#n1", 4, took_ms=1000)  # its drill
    world.answer(ada, "b#n1", 5)  # extra
    world.answer(ada, "b#n2", 5, mode="cram")
    found = stats(world, ada)
    assert kept(found, "today") == (Share(0, 1), Share())
    assert found.remembered == Share(0, 1)
    assert found.reviews == {
        TODAY: {"mature": 0, "young": 0, "new": 1, "drill": 0, "other": 0},
        TODAY + 1: {"mature": 0, "young": 1, "new": 0, "drill": 1, "other": 2},
    }
    assert (found.today.answers, found.today.ms, found.today.again) == (4, 3000, 1)
    assert found.buttons == (0, 1, 0, 0, 1, 0)
    assert found.calendar == {TODAY: 1, TODAY + 1: 4}


@pytest.mark.parametrize(("interval", "expected"), [(1, (1, 0)), (20, (1, 0)), (21, (0, 1))])
def test_young_and_mature(world: StudyWorld, ada: Learner, interval: int, expected: tuple[int, int]) -> None:
    world.answer(ada, "b#n1", 4)
    with world.db.write():
        world.db.execute("UPDATE schedule SET interval = ?, due_on = ?", (interval, TODAY + 30))
    world.clock.days(30)
    world.answer(ada, "b#n1", 4)
    young, mature = kept(stats(world, ada), "today")
    assert (young.asked, mature.asked) == expected


def test_undone_answers_never_count(world: StudyWorld, ada: Learner) -> None:
    world.answer(ada, "b#n1", 4)
    world.clock.days(1)
    before = stats(world, ada)
    world.answer(ada, "b#n1", 1, took_ms=9000)
    assert stats(world, ada) != before
    world.review.undo(ada)
    assert stats(world, ada) == before


def test_two_learners_are_never_mixed(world: StudyWorld, ada: Learner) -> None:
    ben = world.learner("ben")
    world.answer(ada, "b#n1", 4, took_ms=1000)
    world.clock.days(1)
    world.answer(ada, "b#n1", 4)
    before = stats(world, ada)
    for key in ("b#n1", "b#n2", "a/one#n1"):
        world.answer(ben, key, 1, took_ms=5000)
    world.review.act(ben, world.card("b#n3"), "suspend")
    assert stats(world, ada) == before
    assert stats(world, ben).today.answers == 3


def test_old_answers_are_the_learners_own_too(world: StudyWorld, ada: Learner) -> None:
    ben = world.learner("ben")
    for learner, grade in ((ada, 4), (ben, 1)):
        world.answer(learner, "b#n1", 4)
        world.answer(learner, "b#n2", 4)
        world.clock.days(1)
        world.answer(learner, "b#n1", grade)
        world.answer(learner, "b#n2", 1)
        world.review.undo(learner)
    world.clock.days(100)
    assert kept(stats(world, ada, days="30"), "all") == (Share(1, 1), Share())
    assert kept(stats(world, ben, days="30"), "all") == (Share(0, 1), Share())


def test_the_day_begins_at_the_learners_hour(world: StudyWorld) -> None:
    world.clock.days(0.625)  # 03:00 UTC of the next day
    night, early = world.learner("night"), world.learner("early", day_start=0)
    for learner in (night, early):
        world.answer(learner, "b#n1", 4)
    assert stats(world, night).calendar == {TODAY: 1}
    assert stats(world, early).calendar == {TODAY + 1: 1}
    world.clock.days(1 / 24)  # 04:00: the night's day begins
    assert stats(world, night).study_day == TODAY + 1
    assert stats(world, night).today.answers == 0
    assert kept(stats(world, night), "yesterday") == (Share(), Share())


def test_hours_follow_the_learners_zone(world: StudyWorld) -> None:
    learner = world.learner("far", timezone="Asia/Tokyo")
    world.answer(learner, "b#n1", 4)
    world.clock.days(1)  # 12:00 UTC is 21:00 there
    world.answer(learner, "b#n1", 4)
    hours = stats(world, learner).hours
    assert [(hour, it) for hour, it in enumerate(hours) if it.asked] == [(21, Share(1, 1))]


def _schedule(world: StudyWorld, learner: Learner, cards: dict[str, tuple[int, int]]) -> None:
    """Cards with their interval, and in how many days they are due."""
    with world.db.write():
        for key, (interval, due) in cards.items():
            card = world.db.one("SELECT note_id, ordinal FROM card WHERE id = ?", (world.card(key),))
            assert card
            world.db.execute(
                "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, interval, due_on)"
                " SELECT ?, ?, n.id, ?, n.deck_id, 2, ?, ? FROM note n WHERE n.id = ?",
                (learner.id, world.card(key), card[1], interval, TODAY + due, card[0]),
            )
        count_anew(world.db)


def test_the_forecast_and_the_backlog(world: StudyWorld, ada: Learner) -> None:
    _schedule(world, ada, {
        "a/one#n1": (5, -3), "a/one#n2": (30, -1), "a/one#n3": (5, 0), "b#n1": (50, 1), "b#n2": (4, 29),
        "b#n3": (4, 30),
    })  # fmt: skip
    found = stats(world, ada)
    assert (found.overdue.young, found.overdue.mature) == (1, 1)
    due = {day.day - TODAY: (day.young, day.mature) for day in found.forecast if day.young + day.mature}
    assert due == {0: (1, 0), 1: (0, 1), 29: (1, 0)}
    assert found.daily_load == pytest.approx(1 / 5 + 1 / 30 + 1 / 5 + 1 / 50 + 1 / 4 + 1 / 4)
    assert (found.cards.young, found.cards.mature, found.cards.new) == (4, 2, 1)
    assert found.cards.known == 0  # nothing was answered: dates alone say nothing of the memory
    assert found.intervals == ((4, 2), (5, 2), (30, 1), (50, 1))
    assert found.eases == ((250, 6),)

    world.review.act(ada, world.card("b#n1"), "suspend")
    world.review.set_deck_active(ada, "a", False)
    found = stats(world, ada)
    assert (found.overdue.young, found.overdue.mature) == (0, 0)
    assert (found.cards.total, found.cards.suspended, found.cards.young, found.cards.new) == (4, 1, 2, 1)
    assert found.daily_load == pytest.approx(0.5)
    assert stats(world, ada, deck="a").cards.total == 0


def test_the_forecast_counts_siblings_of_one_day_once_by_the_longest_interval(world: StudyWorld, ada: Learner) -> None:
    world.deck("c", {"x": ("c1", "c2", "c3"), "y": ("forward", "backward"), "z": ("forward",)})
    _schedule(world, ada, {
        "c#x/c1": (5, 7), "c#x/c2": (30, 7), "c#x/c3": (5, 8), "c#y/forward": (4, 7), "c#y/backward": (4, 7),
        "c#z": (40, 7),
    })  # fmt: skip
    due = {day.day - TODAY: (day.young, day.mature) for day in stats(world, ada).forecast if day.young + day.mature}
    assert due == {7: (1, 2), 8: (1, 0)}


def test_a_deck_alone(world: StudyWorld, ada: Learner) -> None:
    for key in ("a/one#n1", "a/one#n2", "b#n1"):
        world.answer(ada, key, 4)
    world.clock.days(1)
    world.answer(ada, "a/one#n1", 4)
    world.answer(ada, "b#n1", 1)
    assert stats(world, ada).remembered == Share(1, 2)
    for deck in ("a", "a/one", "a/one.md", "a/"):
        found = stats(world, ada, deck=deck)
        assert found.remembered == Share(1, 1)
        assert found.calendar == {TODAY: 2, TODAY + 1: 1}
        assert (found.cards.total, found.cards.young) == (3, 2)
    with pytest.raises(NotFound):
        stats(world, ada, deck="c")


def test_cards_that_left_the_files_count_no_more_in_a_deck(world: StudyWorld, ada: Learner) -> None:
    for note in ("a/one#n1", "a/one#n2"):
        world.answer(ada, note, 4)
    world.remove("a/one#n1")
    found = stats(world, ada, deck="a")
    assert (found.today.answers, sum(found.buttons), found.calendar) == (1, 1, {TODAY: 1})
    assert stats(world, ada).today.answers == 2


def test_periods(world: StudyWorld, ada: Learner) -> None:
    world.answer(ada, "b#n1", 4)
    world.clock.days(40)
    world.answer(ada, "b#n1", 4)
    assert set(stats(world, ada, days="30").reviews) == {TODAY + 40}
    assert set(stats(world, ada).reviews) == set(stats(world, ada, days="all").reviews) == {TODAY, TODAY + 40}
    assert stats(world, ada, days="41").first_day == stats(world, ada, days="all").first_day == TODAY
    assert set(stats(world, ada, days="40").reviews) == {TODAY + 40}
    # What has a time of its own does not follow the period.
    assert kept(stats(world, ada, days="1"), "all") == kept(stats(world, ada, days="all"), "all")
    assert stats(world, ada, days="1").calendar == stats(world, ada, days="all").calendar
    for wrong in ("0", "-1", "x", "1.5", "36501", "９", "99999999"):
        with pytest.raises(Invalid):
            stats(world, ada, days=wrong)


def test_imported_answers_count_by_the_interval_they_came_with(world: StudyWorld, ada: Learner) -> None:
    for key in ("b#n1", "b#n2", "b#n3"):
        world.answer(ada, key, 4)
    with world.db.write():
        world.db.execute("UPDATE review SET kind = 'imported', before_interval = seq * 10 - 10")  # 0, 10, 20
        world.db.execute("UPDATE review SET before_interval = 40 WHERE before_interval = 20")
    found = stats(world, ada)
    assert kept(found, "today") == (Share(1, 1), Share(1, 1))
    assert found.reviews[TODAY] == {"mature": 1, "young": 1, "new": 0, "drill": 0, "other": 1}


def test_cards_added(world: StudyWorld, ada: Learner) -> None:
    note = world.db.one("SELECT min(id) FROM note")
    assert note
    with world.db.write():
        world.db.execute("INSERT INTO revision VALUES (?, 1, '', ?)", (note[0], world.clock()))
        world.db.execute("INSERT INTO revision VALUES (?, 2, '', ?)", (note[0], world.clock()))
        world.db.execute("INSERT INTO revision VALUES (?, 1, '', ?)", (note[0] + 1, world.clock() - 200 * 86_400_000))
    assert stats(world, ada).added == {TODAY: 1}
    assert stats(world, ada, days="all").added == {TODAY: 1}  # from the first answer on, and there is none
    assert stats(world, ada, days="365").added == {TODAY - 200: 1, TODAY: 1}
    assert stats(world, ada, deck="b").added == {}


def test_leeches(world: StudyWorld, ada: Learner) -> None:
    world.answer(ada, "b#n2", 4)
    with world.db.write():
        world.db.execute("UPDATE schedule SET lapses = 9")
    (leech,) = stats(world, ada).leeches
    assert (leech.note_key, leech.path, leech.line, leech.lapses) == ("n2", "b.md", 10, 9)


def test_the_migration_keeps_an_index_for_the_queue(world: StudyWorld) -> None:
    row = world.db.one("SELECT sql FROM sqlite_master WHERE name = 'review_day'")
    assert row
    assert "learner_id, study_day, kind, card_id, undone" in row[0]


# --- the page and the interface


def test_the_figures_as_json(site: Site) -> None:
    ann = site.learner("Ann", new_per_day=100)
    client = site.client(ann)
    get(client, "/stats", STATS)
    count = answer_all(client)
    body = get(client, "/stats?days=30&deck=languages", STATS)
    assert (body["days"], body["deck"]) == (30, "languages")
    assert body["today"]["answers"] == sum(day["answers"] for day in body["calendar"]) == body["reviews"][0]["new"]
    everything = get(client, "/stats?days=all", STATS)
    assert everything["today"]["answers"] == count > body["today"]["answers"]
    assert everything["days"] is None
    assert everything["retention"][0]["window"] == "today"
    assert everything["retention"][0]["all"] == {"right": 0, "asked": 0, "rate": None}
    assert len(everything["hours"]) == 24
    assert everything["buttons"] == [0, 0, 0, 0, count, 0]
    problem(client.get(f"{API}/stats?days=x"), 422, "days")
    problem(client.get(f"{API}/stats?days=0"), 422, "days")
    problem(client.get(f"{API}/stats?deck=none"), 404)
    problem(site.client().get(f"{API}/stats"), 401)


def test_the_page(site: Site) -> None:
    client = site.client(site.learner("Ann", new_per_day=100))
    empty = client.get("/stats")
    assert "Nothing has been answered yet." in empty.text
    assert '<svg class="chart' not in empty.text
    count = answer_all(client)
    page = client.get("/stats")
    assert page.status_code == 200
    assert f"Today {count}" in text(page.text)
    assert f"Known today {count} of 26 cards" in text(page.text)
    assert page.text.count('<svg class="chart w') == page.text.count('<svg class="chart n') == 7
    assert "style=" not in page.text
    for chart in re.findall(r'<svg class="chart [wn]".*?</svg>', page.text, re.S):
        marks = re.findall(r"<g>.*?</g>", chart, re.S)
        assert all(mark.startswith("<g><title>") for mark in marks)
    assert page.text.count("The same as a table") == 8
    assert client.get("/stats?days=365&deck=science").status_code == 200
    assert client.get("/stats?days=x").status_code == 422
    assert client.get("/stats?deck=none").status_code == 404
    assert site.client().get("/stats").status_code == 303


def test_authors_are_led_to_the_line_of_a_leech(site: Site) -> None:
    ann, ben = site.learner("Ann"), site.learner("Ben")
    for learner in (ann, ben):
        answer_all(site.client(learner), query="?deck=languages/capitals")
    with site.services.database.write():
        site.services.database.execute("UPDATE schedule SET lapses = 8")
    link = 'href="/decks/languages/capitals/edit?line='
    assert link in site.client(ann).get("/stats").text
    other = site.client(ben).get("/stats").text
    assert link not in other
    assert "languages/capitals.md:" in other
