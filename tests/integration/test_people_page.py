"""People and roles: what was done is said, and what was refused can be mended."""

from __future__ import annotations

from html import unescape

from bs4 import BeautifulSoup

from tests.site import PASSWORD, Site


def test_what_was_done_is_said(site: Site) -> None:
    ann = site.learner("Ann")
    client = site.client(ann)
    made = client.post("/admin/people", data={"name": "Bob <b>", "password": PASSWORD}, follow_redirects=True)
    assert "The account of Bob <b> is made." in unescape(made.text)
    bob = site.services.accounts.find("Bob <b>")
    saved = client.post(f"/admin/people/{bob.id}", data={"author": "on"}, follow_redirects=True)
    assert "The roles of Bob <b> are saved." in unescape(saved.text)
    for address in ("?done=roles", "?done=roles&who=999", "?done=roles&who=x", f"?done=x&who={bob.id}"):
        page = client.get(f"/admin/people{address}")
        assert page.status_code == 200
        assert "are saved" not in page.text


def test_a_refused_account_keeps_what_was_entered(site: Site) -> None:
    client = site.client(site.learner("Ann"))
    refused = client.post("/admin/people", data={"name": "Ann", "password": PASSWORD, "author": "on"})
    form = BeautifulSoup(refused.text, "html.parser").select_one('form[action="/admin/people"]')
    assert refused.status_code == 409
    assert form
    assert [it.get("value") for it in form.select("#name")] == ["Ann"]
    assert [it["name"] for it in form.select("[checked]")] == ["author"]


def test_who_gives_the_role_away_is_led_to_a_page_of_their_own(site: Site) -> None:
    ann, bob = site.learner("Ann"), site.learner("Bob")
    site.services.accounts.set_roles(bob.id, admin=True, author=None, acting=None)
    left = site.client(ann).post(f"/admin/people/{ann.id}", data={"author": "on"}, follow_redirects=True)
    assert left.status_code == 200
    assert left.request.path == "/settings"
