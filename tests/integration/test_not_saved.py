"""Forms that are sent when the login is over: nothing is saved, that is said, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from flashcards.services.accounts.facade import Learner
from tests.site import HOST, PASSWORD, SAME_ORIGIN, Site


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner()


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


def main_of(reply: Any) -> Any:
    return BeautifulSoup(reply.text, "html.parser").main


def log_in(client: FlaskClient) -> None:
    assert client.post("/login", data={"name": "Ann", "password": PASSWORD}).status_code == 303


def send_again(client: FlaskClient, page: Any) -> Any:
    form = page.form
    fields: dict[str, list[str]] = {}
    for field in form.find_all("input"):
        fields.setdefault(field["name"], []).append(field["value"])
    return client.post(form["action"], data=fields)


def test_a_report_is_kept_on_the_page_and_sent_again(site: Site, ann: Learner, client: FlaskClient) -> None:
    card = site.services.review.queue(ann).cards[0].id
    remark = 'Wrong: <b>x</b> is "y" & z\r\nand more'
    report = {"learner": str(ann.id), "id": "5f0c8a52-9a3c-4d0e-9d53-0e6a3e4c1d11", "remark": remark}
    site.services.accounts.revoke_other_sessions(ann, "")
    refused = client.post(f"/cards/{card}/fault", data=report, headers={"Referer": f"{HOST}/cards/{card}"})
    assert refused.status_code == 401
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers["Clear-Site-Data"] == '"cache"'
    page = main_of(refused)
    assert page.h1.text == "Nothing was saved."
    assert "Log in in another tab" in page.text
    assert "<b>x</b>" not in refused.text
    again = send_again(client, page)  # too early
    assert again.status_code == 401
    log_in(client)
    assert send_again(client, main_of(again)).status_code == 303
    assert 'Wrong: <b>x</b> is "y" & z' in main_of(client.get(f"/cards/{card}")).text


def test_fields_of_one_name_all_come_again(site: Site, ann: Learner, client: FlaskClient) -> None:
    cards = [card.id for card in site.services.review.queue(ann, deck="science", limit=2).cards]
    site.services.accounts.revoke_other_sessions(ann, "")
    page = main_of(client.post("/browse?x=1", data={"verb": "suspend", "card": cards}))
    assert page.form["action"] == "/browse?x=1"
    log_in(client)
    assert send_again(client, page).status_code == 303
    assert [site.services.review.card(ann, card).state for card in cards] == ["suspended"] * 2


def test_another_account_does_not_send_it(site: Site, ann: Learner, client: FlaskClient) -> None:
    site.learner("Ben")
    site.services.accounts.revoke_other_sessions(ann, "")
    page = main_of(client.post("/plan/leave", data={"learner": str(ann.id)}))
    client.post("/login", data={"name": "Ben", "password": PASSWORD})
    assert send_again(client, page).status_code == 409


@pytest.mark.parametrize(
    "form",
    [
        {"data": {"old": "secret words", "new": "other words"}},
        {"data": {"password": "secret words"}},
        {"data": {"file": "x"}, "content_type": "multipart/form-data"},
        {"data": "{}", "content_type": "application/json"},
        {"data": {"source": "x" * (3 << 20)}},
    ],
)
def test_passwords_files_and_what_is_large_are_not_sent_again(site: Site, ann: Learner, form: dict[str, Any]) -> None:
    refused = site.client().post("/settings", **form, headers={"Referer": f"{HOST}/settings?x=1"})
    assert refused.status_code == 401
    page = main_of(refused)
    assert page.form is None
    assert page.a["href"] == "/login?next=/settings%3Fx%3D1"
    assert "secret words" not in refused.text


@pytest.mark.parametrize(
    "referer", ["https://evil.example/settings", "//evil.example", "", f"{HOST}//evil.example", "nonsense"]
)
def test_the_way_back_leads_nowhere_else(site: Site, ann: Learner, referer: str) -> None:
    refused = site.client().post("/settings", data={"password": "x"}, headers={"Referer": referer})
    assert main_of(refused).a["href"] == "/login?next=/"


def test_a_page_s_script_is_told_in_words_for_people(site: Site, ann: Learner) -> None:
    guest = site.client()
    program = guest.get("/api/v1/me").get_json()["detail"]
    assert program == "Log in first, or send a token: Authorization: Bearer TOKEN."
    ours = guest.put("/api/v1/source", json={}, headers={**SAME_ORIGIN, "Flashcards-Learner": str(ann.id)})
    assert (ours.status_code, ours.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert ours.get_json()["detail"] == "You are not logged in any more. Log in in another tab, then try again here."
