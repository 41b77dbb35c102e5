"""The editor over HTTP: its forms without a script, its API, and who may use them."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer
from tests.integration.test_authoring import ann, answer_deck, prepared_to_write, site
from tests.integration.test_deck_pages import png
from tests.integration.test_pages import text
from tests.site import Site, new_id

__all__ = ["ann", "prepared_to_write", "site"]
API = "/api/v1"
PATH = "languages/capitals.md"
EDIT = "/decks/languages/capitals/edit"


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


def field(page: str, name: str) -> str:
    """What a form would send for a field."""
    area = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\n(.*?)</textarea>', page, re.S)
    if area:
        return unescape(area[1]).replace("\n", "\r\n")
    found = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def form(page: str, **more: str) -> dict[str, str]:
    return {"source": field(page, "source"), "version": field(page, "version"), **more}


def test_forms_preview_save_and_keep_the_bytes(site: Site, client: FlaskClient) -> None:
    page = client.get(EDIT).text
    file = site.config.decks / PATH
    before = file.read_bytes()
    assert client.post(EDIT, data=form(page, what="save")).status_code == 303
    assert file.read_bytes() == before
    data = form(page, what="preview")
    data["source"] += "\r\n## New one?\r\n\r\n$\\foo$\r\n"
    preview = text(client.post(EDIT, data=data).text)
    assert "1 new" in preview
    assert "Unknown command" in preview or "\\foo" in preview
    assert "Go to line" in preview
    assert file.read_bytes() == before
    saved = client.post(EDIT, data={**data, "what": "save"}, follow_redirects=True)
    assert "Saved. Cards: 1 new." in text(saved.text)
    assert file.read_bytes().startswith(before)


def test_a_substantive_edit_by_forms(site: Site, ann: Learner, client: FlaskClient) -> None:
    review, today = site.services.review, site.services.review.study_day(ann)
    answer_deck(site, ann, "languages/capitals")
    card = next(card.id for card in review.cards(ann).items if card.note == "mongolia")
    review.act(ann, card, "due", due_on=today + 30)
    page = client.get(EDIT).text
    assert 'name="substantive"' not in page
    data = form(page, what="preview")
    data["source"] = data["source"].replace("Ulaanbaatar", "Ulan Bator")
    preview = client.post(EDIT, data=data).text
    assert re.findall(r'name="substantive" value="(\w+)"(?! checked)', preview) == ["mongolia"]
    ticked = {**data, "substantive": "mongolia"}
    assert 'value="mongolia" checked' in client.post(EDIT, data=ticked).text
    saved = client.post(EDIT, data={**ticked, "what": "save"}, follow_redirects=True)
    assert "Saved. Cards: 1 changed, 1 back tomorrow." in text(saved.text)
    assert review.card(ann, card).due_on == today + 1
    page = client.get(f"/cards/{card}").text
    history = text(page)
    assert "Brought back: an author changed it" in history
    assert "it came back for that." in history
    assert "The answer changed since you last answered it" in history
    assert '<ins><span class="vh">[inserted: </span>Ulan Bator<span class="vh">]</span></ins>' in page
    assert '<del><span class="vh">[deleted: </span>Ulaanbaatar<span class="vh">]</span></del>' in page


def test_the_review_says_what_changed(site: Site, ann: Learner, client: FlaskClient) -> None:
    review, authoring = site.services.review, site.services.authoring
    card = next(card.id for card in review.cards(ann).items if card.note == "peru")
    review.answer(ann, Answer(new_id(), card, 4, at=site.services.clock() - 3 * 86_400_000))
    source = authoring.source(PATH)
    authoring.save(PATH, source.text.replace("Lima", "Lima <& on the coast"), source.version)
    queued = next(one for one in client.get(f"{API}/queue").json["cards"] if one["id"] == card)
    assert (queued["kind"], queued["returned_on"]) == ("due", None)
    assert (queued["changed"]["seen"], queued["changed"]["now"]) == (1, 2)
    assert "&lt;&amp; on the coast" in queued["changed"]["diff_html"]
    assert 'id="changed"' not in client.get("/review").text
    shown = client.get(f"/review?card={card}&show=1").text
    assert queued["changed"]["diff_html"] in shown
    assert shown.index('id="changed"') > shown.index('id="answer"')
    review.answer(ann, Answer(new_id(), card, 4))
    assert review.news(ann, card).changed is None


def test_a_substantive_edit_by_the_api(site: Site, ann: Learner, client: FlaskClient) -> None:
    review, today = site.services.review, site.services.review.study_day(ann)
    answer_deck(site, ann, "languages/capitals")
    card = next(card.id for card in review.cards(ann).items if card.note == "mongolia")
    review.act(ann, card, "due", due_on=today + 30)
    source = client.get(f"{API}/source?path={PATH}").json
    new = source["source"].replace("Ulaanbaatar", "Ulan Bator")
    preview = client.post(f"{API}/preview", json={"path": PATH, "source": new}).json
    assert [note["note"] for note in preview["notes"] if note["edited"]] == ["mongolia"]
    body = {"path": PATH, "source": new, "version": source["version"]}
    refused = client.put(f"{API}/source", json={**body, "substantive": ["none"]})
    assert (refused.status_code, refused.json["field"]) == (422, "substantive")
    saved = client.put(f"{API}/source", json={**body, "substantive": ["mongolia"]}).json
    assert (saved["edited"], saved["returned"], saved["trouble"]) == (1, 1, "")
    row = client.get(f"{API}/reviews?limit=500").json["items"][-1]
    assert (row["kind"], row["verb"], row["grade"]) == ("manual", "edited", None)
    assert client.delete(f"{API}/reviews/{row['id']}").status_code == 409
    assert client.post(f"{API}/cards/{card}/edited", json={}).status_code == 404


def test_a_conflict_shows_both_and_saves_on_request(site: Site, client: FlaskClient) -> None:
    page = client.get(EDIT).text
    file = site.config.decks / PATH
    file.write_text(file.read_text() + "\n## Theirs?\n\nYes.\n")
    data = form(page, what="save")
    data["source"] = "## Mine?\r\n\r\nOnly.\r\n"
    answer = client.post(EDIT, data=data)
    assert answer.status_code == 409
    assert "## Theirs?" in answer.text
    assert "## Mine?" in answer.text
    assert "Save mine over it" in answer.text
    assert "## Theirs?" in file.read_text()
    assert client.post(EDIT, data=form(answer.text, what="save")).status_code == 303
    assert file.read_text() == "## Mine?\n\nOnly.\n"


def test_what_was_typed_survives_a_refusal(client: FlaskClient) -> None:
    data = {**form(client.get(EDIT).text), "source": "kept \x00 text", "what": "save"}
    answer = client.post(EDIT, data=data)
    assert answer.status_code == 422
    assert "NUL" in answer.text
    assert "kept" in answer.text


def test_new_move_delete_by_forms(site: Site, client: FlaskClient) -> None:
    refused = client.post("/new-deck", data={"path": "../x", "title": ""})
    assert refused.status_code == 422
    assert 'value="../x"' in refused.text
    named = client.post("/new-deck", data={"path": "es/", "title": "Ser & estar"})
    assert named.location.startswith("/decks/es/ser-estar/edit?done=made")
    assert [
        deck.cards
        for deck in site.services.review.deck_counts(site.services.accounts.find("Ann"))
        if deck.key == "es/ser-estar"
    ] == [0]
    assert client.post("/new-deck", data={"path": "", "title": ""}).status_code == 422
    made = client.post("/new-deck", data={"path": "es/ser", "title": "Ser & estar"})
    assert made.location.startswith("/decks/es/ser/edit?done=made")
    assert "Ser &amp; estar" in client.get(made.location).text
    moved = client.post("/decks/es/ser/edit", data={"what": "move", "to": "es/verbs"})
    assert moved.location.startswith("/decks/es/verbs/edit?")
    assert "keeps its history" in client.get(moved.location).text
    gone = client.post("/decks/es/verbs/edit", data={"what": "delete"}, follow_redirects=True)
    assert ".trash/es/verbs.md" in gone.text
    assert client.get("/decks/es/verbs/edit").status_code == 404
    assert client.post(EDIT, data={"what": "explode"}).status_code == 422


def test_a_move_says_which_decks_name_cards_by_the_old_path(site: Site, client: FlaskClient) -> None:
    def make(path: str, text: str) -> None:
        (site.config.decks / path).write_text(text)

    def moved(path: str, to: str) -> str:
        made = client.post(f"/decks/{path}/edit", data={"what": "move", "to": to})
        return client.get(made.location).text

    make("old.md", "## Q? {#q}\n\nA\n")
    make("kept.md", "---\nid: kept\n---\n\n## R? {#r}\n\nA\n")
    make("names.md", "## One? {#one requires=old#q}\n\n1\n")
    make("points.md", '## Two? {#two .core}\n\n2\n\n### Rubric\n- a point {#"old#q" .mid}\n- other {#kept#r}\n')
    make("talks.md", "## Three?\n\nSee old#q, C:old.\n")
    site.services.sync.sync()
    assert "2 other decks name cards of this one by its old path" in moved("old", "new/place")
    assert "old path" not in moved("kept", "new/kept")
    assert "did you mean &#39;new/place#q&#39;?" in client.get("/decks/names/edit").text
    make("names.md", "## One? {#one requires=r}\n\n1\n")
    assert "did you mean &#39;kept#r&#39;?" in client.get("/decks/names/edit").text
    assert client.get("/decks/names/edit?done=moved&report=&naming=x").status_code == 200


def test_a_move_that_is_refused_leads_back_to_the_editor(site: Site, client: FlaskClient) -> None:
    for to, status, words in (("../x", 422, "inside the decks folder"), ("science/algebra", 409, "is there already")):
        answer = client.post(EDIT, data={"what": "move", "to": to})
        assert answer.status_code == status
        assert words in answer.text
        assert field(answer.text, "to") == to
        assert field(answer.text, "source").replace("\r\n", "\n") == (site.config.decks / PATH).read_text()
    assert client.post("/decks/no/such/edit", data={"what": "move", "to": "a"}).status_code == 404
    assert client.post("/decks/no/such/edit", data={"what": "delete"}).status_code == 404


def test_a_deck_that_is_called_edit_has_its_page(site: Site, client: FlaskClient) -> None:
    site.services.authoring.create("es/edit", "A deck called edit")
    assert "A deck called edit" in client.get("/decks/es/edit").text
    assert "Save" in client.get("/decks/es/edit/edit").text


def test_only_authors(site: Site, ann: Learner) -> None:
    reader = site.client(site.learner("Ben"))
    assert "/edit" not in reader.get("/decks/languages/capitals").text
    assert "New deck" not in reader.get("/decks").text
    body = {"path": PATH, "source": "x", "version": ""}
    answers = [
        reader.get(EDIT), reader.post(EDIT, data={"what": "delete"}), reader.get("/new-deck"),
        reader.post("/new-deck", data={"path": "x"}), reader.get(f"{API}/source?path={PATH}"),
        reader.put(f"{API}/source", json=body), reader.post(f"{API}/preview", json=body),
        reader.post(f"{API}/pictures?path={PATH}", data=png(2, 2)),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert [
        guest.status_code for guest in (site.client().get(EDIT), site.client().post(f"{API}/preview", json=body))
    ] == [303, 401]


def test_the_api(site: Site, client: FlaskClient) -> None:
    got = client.get(f"{API}/source?path={PATH}")
    source = got.json
    assert client.get(f"{API}/source?path={PATH}", headers={"If-None-Match": got.headers["ETag"]}).status_code == 304
    preview = client.post(f"{API}/preview", json={"path": PATH, "source": source["source"]}).json
    assert {card["status"] for card in preview["cards"]} == {"unchanged"}
    assert all(card["question_html"] and card["answer_html"] for card in preview["cards"])
    known = [note["render"] for note in preview["notes"]][1:]
    again = client.post(f"{API}/preview", json={"path": PATH, "source": source["source"], "known": known}).json
    assert [card["question_html"] is None for card in again["cards"]] == [False] + [True] * (len(again["cards"]) - 1)
    new = source["source"] + "\n## Chad? {#chad}\n\nN Djamena.\n"
    saved = client.put(f"{API}/source", json={"path": PATH, "source": new, "version": source["version"]})
    assert (saved.status_code, saved.json["new"], saved.json["trouble"]) == (200, 1, "")
    stale = client.put(f"{API}/source", json={"path": PATH, "source": "x", "version": source["version"]})
    assert stale.status_code == 409
    assert stale.mimetype == "application/problem+json"
    assert "chad" in (site.config.decks / PATH).read_text()
    picture = client.post(f"{API}/pictures?path={PATH}", data=png(5, 5), content_type="image/png")
    assert picture.status_code == 201
    assert (site.config.decks / "languages" / picture.json["name"]).exists()
    assert client.post(f"{API}/pictures?path={PATH}", data=b"no", content_type="image/png").status_code == 422


@pytest.mark.parametrize("size", [9, 21])
def test_a_paste_that_is_too_large(site: Site, client: FlaskClient, size: int) -> None:
    """A little over the limit of a deck, and over what is read at all."""
    big = "x" * (size << 20)
    for answer in (
        client.put(f"{API}/source", json={"path": PATH, "source": big, "version": ""}),
        client.post(f"{API}/preview", json={"path": PATH, "source": big}),
        client.post(EDIT, data={"what": "save", "source": big, "version": ""}),
    ):
        assert answer.status_code == (422 if size < 20 else 413)
    assert (site.config.decks / PATH).stat().st_size < 10_000


def test_every_other_address_takes_less(client: FlaskClient) -> None:
    assert client.post(f"{API}/reviews/batch", json={"items": ["x" * (3 << 20)]}).status_code == 413


def test_a_file_that_no_text_field_can_hold(site: Site, client: FlaskClient) -> None:
    Path(site.config.decks / "latin.md").write_bytes(b"## Qu\xe9?\n\nOui.\n")
    answer = client.get("/decks/latin/edit")
    assert answer.status_code == 422
    assert "not UTF-8" in answer.text
