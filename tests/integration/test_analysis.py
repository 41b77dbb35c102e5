"""Item analysis over real logs: what is counted, who may see it, and what nobody is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.services.authoring.item_analysis import AnalysisService
from tests.integration.study_world import StudyWorld
from tests.integration.test_commands import run
from tests.integration.test_pages import text
from tests.site import Site, new_id


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    world = StudyWorld(tmp_path)
    world.deck("a/one", 3)
    world.deck("b", 2)
    yield world
    world.close()


@pytest.fixture
def three(world: StudyWorld) -> list[Learner]:
    return [world.learner(name) for name in ("ada", "ben", "cy")]


def keys(world: StudyWorld, **more: object) -> list[str]:
    return [card.key for card in AnalysisService(world.db).cards(**more).items]  # type: ignore[arg-type]


def test_what_is_counted(world: StudyWorld, three: list[Learner]) -> None:
    ada, ben, cy = three
    world.answer(ada, "b#n1", 1, took_ms=8000)  # wrong at first
    world.answer(ada, "b#n1", 4, took_ms=6000)  # the drill
    world.answer(ben, "b#n1", 4, took_ms=4000)
    world.answer(cy, "b#n1", 5)  # no time
    world.clock.days(1)
    world.answer(ada, "b#n1", 4, took_ms=2000)
    world.answer(ben, "b#n1", 2, took_ms=10_000)  # a lapse
    world.answer(cy, "b#n1", 3, took_ms=1000, mode="cram")  # neither asked nor timed
    (card,) = AnalysisService(world.db).cards().items
    assert (card.key, card.path, card.line, card.deck_address) == ("b#n1/forward", "b.md", 0, "b")
    it = card.figures
    assert (it.learners, it.answers, it.asked, it.lapses, it.first_wrong) == (3, 7, 2, 1, 1)
    assert it.median_ms == 6000  # of 2, 4, 6, 8, 10 seconds


def test_undone_answers_never_count(world: StudyWorld, three: list[Learner]) -> None:
    for learner in three:
        world.answer(learner, "b#n1", 1)
    world.review.undo(three[0])
    assert keys(world) == []
    world.answer(three[0], "b#n1", 4)
    (card,) = AnalysisService(world.db).cards().items
    assert (card.figures.answers, card.figures.first_wrong) == (3, 2)


def test_below_three_learners_a_card_is_not_listed(world: StudyWorld, three: list[Learner]) -> None:
    for grade in (1, 1, 4, 1, 4):
        for learner in three[:2]:
            world.answer(learner, "b#n1", grade)
        world.clock.days(1)
    assert keys(world) == []


def test_acts_are_no_answers(world: StudyWorld, three: list[Learner]) -> None:
    for learner in three[:2]:
        world.answer(learner, "b#n1", 4)
    world.review.act(three[2], world.card("b#n1"), "suspend")
    assert keys(world) == []


def test_imported_answers_count_but_not_their_times(world: StudyWorld, three: list[Learner]) -> None:
    for learner in three:
        world.answer(learner, "b#n1", 1, took_ms=5000)
    with world.db.write():
        world.db.execute("UPDATE review SET kind = 'imported' WHERE learner_id <> ?", (three[0].id,))
        world.db.execute("UPDATE review SET took_ms = 50000 WHERE learner_id <> ?", (three[0].id,))
    (card,) = AnalysisService(world.db).cards().items
    assert (card.figures.learners, card.figures.first_wrong, card.figures.median_ms) == (3, 3, 5000)


def test_removed_cards_and_drafts_are_left_out(world: StudyWorld, three: list[Learner]) -> None:
    for learner in three:
        for key in ("a/one#n1", "a/one#n2", "b#n1"):
            world.answer(learner, key, 4)
    world.remove("b#n1")
    with world.db.write():
        world.db.execute("UPDATE note SET draft = 1 WHERE key = 'n2'")
    assert keys(world) == ["a/one#n1/forward"]


@pytest.fixture
def learnt(world: StudyWorld, three: list[Learner]) -> StudyWorld:
    """n1 is forgotten by one in three, n2 by all, n3 by none; b#n1 has but three answers, all right."""
    grades = {"a/one#n1": (1, 4, 4), "a/one#n2": (1, 1, 1), "a/one#n3": (4, 4, 4)}
    for learner in three:
        for key in (*grades, "b#n1"):
            world.answer(learner, key, 4)
    world.clock.days(1)
    for key, given in grades.items():
        for learner, grade in zip(three, given, strict=True):
            world.answer(learner, key, grade, took_ms=1000 * grade)
    return world


def test_sorting(learnt: StudyWorld) -> None:
    n1, n2, n3, b1 = "a/one#n1/forward", "a/one#n2/forward", "a/one#n3/forward", "b#n1/forward"
    assert keys(learnt) == [n2, n1, n3, b1]
    assert keys(learnt, sort="place") == [n1, n2, n3, b1]
    assert keys(learnt, sort="time") == [n1, n3, n2, b1]
    assert keys(learnt, sort="answers") == [n1, n2, n3, b1]
    assert keys(learnt, deck="a") == keys(learnt, deck="a/one.md") == [n2, n1, n3]
    with pytest.raises(Invalid):
        keys(learnt, sort="name")
    with pytest.raises(NotFound):
        keys(learnt, deck="c")


@pytest.mark.parametrize("sort", ["lapses", "first", "time", "answers", "learners", "place"])
def test_pages_give_each_card_once(learnt: StudyWorld, sort: str) -> None:
    service, since, seen = AnalysisService(learnt.db), None, []
    while True:
        page = service.cards(sort=sort, since=since, limit=3)
        seen += [card.key for card in page.items]
        assert page.total == 4
        if (since := page.next) is None:
            break
    assert seen == keys(learnt, sort=sort)


@pytest.mark.parametrize("since", ["x", "1", "1.", "1.2.3", "--1.2", "1.9999999999999999999", "１.2"])
def test_a_wrong_cursor_is_refused(world: StudyWorld, since: str) -> None:
    with pytest.raises(Invalid):
        AnalysisService(world.db).cards(since=since)


# --- the page and the command


def answered_by(site: Site, count: int) -> tuple[Learner, str]:
    """So many accounts answer the first card of the first deck; the first of them is the author."""
    learners = [site.learner(f"learner {number}") for number in range(count)]
    card = site.services.review.queue(learners[0], deck="languages/capitals", limit=1).cards[0].id
    for learner in learners:
        site.client(learner).post("/api/v1/reviews", json={"id": new_id(), "card": card, "grade": 1, "took_ms": 4200})
    return learners[0], card


def test_the_page_leads_to_the_line(site: Site) -> None:
    author, card = answered_by(site, 3)
    page = site.client(author).get("/analysis")
    assert page.status_code == 200
    state = site.services.review.card(author, card)
    assert f'href="/decks/languages/capitals/edit?line={state.line}"' in page.text
    assert f"{state.path}:{state.line} 3 learners, 3 answers, 4.2 s 3 3 – 100% 4.2 s" in text(page.text)
    assert "split it, or mend the question" in page.text
    assert 'aria-sort="descending"' in page.text
    elsewhere = site.client(author).get("/analysis?deck=science")
    assert "No card has been answered by 3 learners yet." in elsewhere.text
    assert site.client(author).get("/analysis?deck=none").status_code == 404
    assert site.client(author).get("/analysis?sort=none").status_code == 422
    assert site.client(author).get("/analysis?since=x").status_code == 422


def test_two_learners_show_nothing_on_the_page(site: Site) -> None:
    author, _ = answered_by(site, 2)
    assert "languages/capitals.md" not in site.client(author).get("/analysis").text


def test_only_authors_may_see_it_and_are_led_to_it(site: Site) -> None:
    author, other = site.learner("Ann"), site.learner("Ben")
    assert not other.is_author
    refused = site.client(other).get("/analysis")
    assert refused.status_code == 403
    assert "Only authors may do this." in refused.text
    assert site.client().get("/analysis").status_code == 303
    for path, target in {
        "/decks": '"/analysis"',
        "/decks/languages/": '"/analysis?deck=languages"',
        "/decks/languages/capitals": '"/analysis?deck=languages%2Fcapitals"',
    }.items():
        assert f"href={target}" in site.client(author).get(path).text
        assert "/analysis" not in site.client(other).get(path).text


def test_the_command(site: Site, tmp_path: Path) -> None:
    answered_by(site, 3)
    (tmp_path / "decks").mkdir(exist_ok=True)
    done = run(tmp_path, "analysis", "--deck", "languages")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split() == ["learners", "answers", "lapses", "first", "wrong", "median", "card"]
    assert done.stdout.splitlines()[1].split()[:6] == ["3", "3", "-", "100%", "4.2", "s"]
    assert "languages/capitals.md:" in done.stdout
    assert done.stderr.startswith("1 card that 3 or more learners have answered.")
    (row,) = json.loads(run(tmp_path, "analysis", "--json").stdout)
    assert (row["learners"], row["first_wrong"], row["lapse_rate"], row["median_ms"]) == (3, 1.0, None, 4200)
    assert run(tmp_path, "analysis", "--deck", "none").returncode == 1
