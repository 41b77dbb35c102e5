"""How much is known today is one number, wherever it is said; a plan's curve says what it means."""

from __future__ import annotations

import re
from datetime import timedelta

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from flashcards.domain.plan.model import Known, PathPoint
from flashcards.domain.study_day import date_of
from flashcards.services.plan.contract import PlanRow, PlanToday
from flashcards.services.review.facade import Answer
from flashcards.web.plan.charts import today_chart
from tests.site import Site, new_id

DAY_MS = 86_400_000


def words(client: FlaskClient, address: str) -> str:
    page = BeautifulSoup(client.get(address, follow_redirects=True).text, "html.parser")
    assert page.main
    return " ".join(page.main.get_text(" ").split())


def known(client: FlaskClient, address: str) -> tuple[int, int]:
    """What a page says is known today, and of how many cards."""
    found = re.search(r"Known today ([\d,]+) of ([\d,]+) cards, expected", words(client, address))
    assert found
    return int(found[1]), int(found[2])


def test_one_number_on_both_pages_and_in_the_api(site: Site) -> None:
    """Reviewed, failed, crammed and practised, days ago and today."""
    ann = site.learner("Ann", new_per_day=100)
    client, review = site.client(ann), site.services.review
    cards = [card.id for card in review.cards(ann, limit=20).items]
    now = site.services.clock()
    for place, card in enumerate(cards):
        mode = ("review", "mock", "cram", "review")[place % 4]
        at = now - (40 - place) * DAY_MS if place < 12 else now
        review.answer(ann, Answer(new_id(), card, (4, 1, 3, 5)[place % 4], mode, at=at))
    on_days, on_memory = known(client, "/stats"), known(client, "/stats/memory")
    assert on_days == on_memory
    assert 0 < on_days[0] < 20  # what was answered long ago counts less than whole
    counted = client.get("/api/v1/stats").get_json()["cards"]["known"]
    assert counted == client.get("/api/v1/memory").get_json()["known"]["recalled"]
    of_decks = [client.get(f"/api/v1/stats?deck={it}").get_json()["cards"]["known"] for it in folders(site)]
    assert abs(sum(of_decks) - counted) < 0.2


def folders(site: Site) -> list[str]:
    return ["languages", "programming", "science"]


def test_the_curve_of_a_plan_says_of_which_moment_it_is(site: Site) -> None:
    ann = site.learner("Ann")
    client = site.client(ann)
    day = date_of(site.services.review.study_day(ann)) + timedelta(14)
    assert client.post("/api/v1/plans", json={"date": str(day), "minutes": 20}).status_code == 201
    site.services.plans.today(ann)
    assert "Cards expected to be known as each day begins" in words(client, "/")
    assert "cards, as each day begins" in words(client, "/plan")


def test_where_two_numbers_are_said_of_today_each_says_why(site: Site) -> None:
    ann = site.learner("Ann", new_per_day=100)
    client, review = site.client(ann), site.services.review
    long_ago = site.services.clock() - 9 * DAY_MS
    for card in review.cards(ann, limit=9).items:
        review.answer(ann, Answer(new_id(), card.id, 4, at=long_ago))
    why = "counts what the plan is about, as the day begins, with one strength for the whole memory."
    pages = ("/", "/plan", "/stats", "/stats/memory")
    assert not any(why in words(client, page) for page in pages)
    day = date_of(review.study_day(ann)) + timedelta(14)
    assert client.post("/api/v1/plans", json={"date": str(day), "minutes": 20}).status_code == 201
    site.services.plans.today(ann)
    assert [words(client, page).count(why) for page in pages] == [1, 1, 1, 1]
    today = BeautifulSoup(client.get("/").text, "html.parser")
    dot, curve, cell = (today.select(it)[0] for it in (".dot title", "figure svg.chart", "figure tbody td"))
    said = re.fullmatch(r"As today begins: (\d+) cards? known", dot.text)
    assert said
    assert f"{said[1]} as today begins" in str(curve["aria-label"])
    assert cell.text == said[1]
    client.post("/plan/leave")
    assert not any(why in words(client, page) for page in ("/", "/stats", "/stats/memory"))


def test_one_card_is_no_cards() -> None:
    path = (PathPoint(9, 1.2, 0.0), PathPoint(10, 3.0, 1.0))
    plan = PlanRow(1, "", 10, None, {}, {}, 40, {}, "most", created_at=0)
    today = PlanToday(plan, 1, 40, Known(1.0, 3.0, 5.0), 9, path, (), 1.0, None, on_break=False)
    chart = today_chart(today, 9)
    assert chart is not None
    assert chart.dots[0][2] == "As today begins: 1 card known"
