"""Small things on pages, as a careful designer has them: nothing twice, and what is said is so."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from flashcards.services.review.facade import Answer
from flashcards.web.shared.dates import local_time
from tests.site import PASSWORD, Site, new_id


@pytest.fixture
def client(site: Site) -> FlaskClient:
    return site.client(site.learner("Ann"))


def words(page: str) -> str:
    """What is read on a page."""
    page = re.sub(r"<(head|script|svg|style)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_the_page_of_a_card_names_its_file_once(site: Site, client: FlaskClient) -> None:
    ann = site.services.accounts.find("Ann")
    card = site.services.review.cards(ann, limit=1).items[0]
    page = client.get(f"/cards/{card.id}").text
    assert words(page).count(f"{card.path}:{card.line}") == words(page).count(card.path) == 1
    assert "By hand" not in re.findall(r"<h2>(.*?)</h2>", page)


def test_settings_begin_with_the_way_out_and_to_the_help(client: FlaskClient) -> None:
    head = client.get("/settings").text.partition('<form class="fields"')[0]
    assert "data-logout" in head.partition("<main")[2]
    assert 'href="/help"' in head.partition("<main")[2]


def test_browsers_have_their_names_on_the_settings(client: FlaskClient) -> None:
    said = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client.post("/login", data={"name": "Ann", "password": PASSWORD}, headers={"User-Agent": said})
    page = words(client.get("/settings").text)
    assert "Firefox on Linux" in page
    assert "Mozilla" not in page


def test_the_calendar_says_as_many_weeks_as_it_draws(site: Site, client: FlaskClient) -> None:
    ann = site.services.accounts.find("Ann")
    site.services.review.answer(ann, Answer(new_id(), site.services.review.queue(ann, limit=1).cards[0].id, 4))
    page = client.get("/stats").text
    [drawn] = re.findall(r'<svg class="chart heat w".*?</svg>', page, re.S)
    columns = len(set(re.findall(r'<rect class="h\d[^"]*" x="([\d.]+)"', drawn)))
    [said] = re.findall(r"<h2>The last (\d+) weeks</h2>", page)
    assert int(said) == columns


def test_the_statistics_name_the_grades_as_the_learner_has_them(site: Site, client: FlaskClient) -> None:
    ann = site.services.accounts.find("Ann")
    for card, grade in zip(site.services.review.queue(ann, limit=2).cards, (1, 4), strict=True):
        site.services.review.answer(ann, Answer(new_id(), card.id, grade))
    six = {"Blackout", "Wrong", "Almost"}
    page = client.get("/stats").text
    assert "Again" in page
    assert not six & set(re.findall(r"[A-Z][a-z]+", page))
    site.services.accounts.save_settings(ann, buttons=6)
    assert six <= set(re.findall(r"[A-Z][a-z]+", client.get("/stats").text))


def test_times_are_told_by_a_clock_of_24_hours(client: FlaskClient) -> None:
    assert local_time(1_795_875_660_000, "UTC") == "28 Nov 2026, 14:21"
    assert local_time(1_795_875_660_000, "America/New_York") == "28 Nov 2026, 09:21"
    hours = re.findall(r"<option[^>]*>([^<]*)", client.get("/settings").text.partition('id="day_start"')[2])[:24]
    assert hours[0::23] == ["00:00", "23:00"]


def test_a_switch_turns_off_what_is_on_and_on_what_is_not_all_on(client: FlaskClient) -> None:
    def does() -> dict[str, str]:
        found = re.findall(r'aria-label="(\w+): [^>]*? value="(\w+)">', client.get("/decks").text)
        return dict(found)

    assert (does()["Languages"], does()["Words"]) == ("off", "off")
    client.post("/decks/languages/words", data={"what": "off", "back": ""})
    assert (does()["Languages"], does()["Words"]) == ("on", "on")
