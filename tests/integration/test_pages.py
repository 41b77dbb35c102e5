"""The pages without a browser: what they say in each state, and that they work by forms alone."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from flashcards.counted import counted
from flashcards.domain.effect import effect
from flashcards.domain.typed_answer import BLANK, compare
from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer
from flashcards.web.shared.dates import interval_words, parse_instant, relative_day, stopwatch_words
from tests.site import PASSWORD, Site, copy_data, new_id, open_site, prepared_data


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann")


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


def text(page: str) -> str:
    """A page's words."""
    page = re.sub(r"<(script|svg|style)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page))).strip()


def hidden(page: str, form: str) -> dict[str, str]:
    """The hidden fields of the form with that id."""
    found = re.search(rf'<form id="{form}".*?</form>', page, re.S)
    assert found
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found[0]))


def answer_all(client: FlaskClient, grade: str = "4", query: str = "") -> int:
    """Answers by forms until the queue is empty; how many."""
    for count in range(200):
        page = client.get(f"/review{query}")
        if page.status_code == 303:
            return count
        client.post("/review/answer", data={**hidden(page.text, "grade-form"), "grade": grade})
    raise AssertionError("the queue never ends")


# --- today


def test_today_counts_and_lists_folders(client: FlaskClient) -> None:
    page = text(client.get("/").text)
    assert "20 cards today" in page
    assert "0 due, 20 new." in page
    assert "Languages 9 – – Programming 5 – – Science 6 – –" in page
    assert ".md" not in page
    assert "Is there an interview ahead?" in page
    assert "Start review" in page


def test_today_when_nothing_is_left(client: FlaskClient) -> None:
    assert answer_all(client) == 20
    page = text(client.get("/").text)
    assert "Nothing left for today." in page
    assert "Next: 20 cards tomorrow." in page
    assert "Today's limit of new cards is reached; 6 cards not seen yet." in page
    assert "Start review" not in page


def test_today_with_every_deck_off(site: Site, ann: Learner, client: FlaskClient) -> None:
    for deck in site.services.review.deck_counts(ann):
        client.post(f"/decks/{deck.path_address}", data={"what": "off"})
    assert "Every deck is switched off." in text(client.get("/").text)
    assert client.get("/review").location == "/done"


def test_a_decks_folder_that_has_gone_is_told_and_cards_go_on(prepared: Path, tmp_path: Path) -> None:
    decks = tmp_path / "decks"
    with open_site(copy_data(prepared, tmp_path), decks) as site:
        ann, ben = site.learner("Ann"), site.learner("Ben")
        for path in ("/", "/decks"):
            page = text(site.client(ann).get(path).text)
            assert (
                "The decks folder is not there. The cards stay as they were read last, and reviewing goes on." in page
            )
            assert f"The folder is {decks} ;" in page
            assert str(decks) not in site.client(ben).get(path).text
        assert answer_all(site.client(ben)) == 20
        decks.mkdir()
        assert "The decks folder is empty." in text(site.client(ann).get("/").text)
        (decks / "a.md").write_text("## Q?\n\nA\n")
        for path in ("/", "/decks"):
            assert "The decks folder" not in site.client(ann).get(path).text


def test_no_cards_and_no_folder(tmp_path: Path) -> None:
    with open_site(tmp_path / "data", tmp_path / "gone") as site:
        client = site.client(site.learner("Ann"))
        assert "That folder is not there at the moment." in text(client.get("/").text)
        (tmp_path / "gone").mkdir()
        assert "That folder" not in text(client.get("/").text)


def test_no_cards_yet(tmp_path: Path) -> None:
    decks = tmp_path / "my decks"
    decks.mkdir()
    with open_site(tmp_path / "data", decks) as site:
        client = site.client(site.learner())
        page = text(client.get("/").text)
        assert "No cards yet." in page
        assert str(decks) in page
        assert "There is no deck in" in text(client.get("/decks").text)
        assert "Nothing left for today." in text(client.get("/done").text)
        for way in ("/new-deck", "/import"):
            assert f'href="{way}"' in client.get("/").text
        reader = site.client(site.learner("Ben"))
        assert "The authors on this server have not written any yet." in text(reader.get("/").text)
        for path in ("/", "/decks"):
            assert str(decks) not in reader.get(path).text


def test_a_broken_deck_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    decks = tmp_path / "decks"
    decks.mkdir()
    (decks / "good.md").write_text("## Question\n\nAnswer.\n")
    (decks / "bad.md").write_text("## Fine\n\nYes.\n\n## No answer\n")
    with open_site(tmp_path / "data", decks) as site:
        site.services.sync.sync()
        client = site.client(site.learner())
        told = client.get("/").text
        assert "1 error in Bad" in text(told)
        assert "Everything else can be reviewed" in text(told)
        assert '<a href="/decks/bad">Bad</a>' in told
        assert "2 cards today" in text(told)
        deck = text(client.get("/decks/bad").text)
        assert "Error line 5, column" in deck
        (decks / "bad.md").write_text("## Fine\n\nYes.\n\n## No answer\n\nNow there is.\n")
        site.services.sync.sync()
        told = text(client.get("/").text)
        assert "Everything else" not in told
        assert "3 cards today" in told


def test_the_calendar_has_its_numbers_as_text(client: FlaskClient) -> None:
    answer_all(client)
    page = client.get("/stats").text
    assert page.count("<rect") > 371
    assert re.search(r"<title>\d+ \w{3} \d{4}: 20 reviews</title>", page)
    assert re.search(r"</th><td>20</td>", page)


def test_counts_are_grouped_by_thousands() -> None:
    assert [counted(count, "card") for count in (0, 1, 12_345)] == ["0 cards", "1 card", "12,345 cards"]


# --- review by forms


def test_the_review_works_by_forms(client: FlaskClient, site: Site, ann: Learner) -> None:
    asked = client.get("/review?deck=languages/capitals").text
    shown = client.get("/review", query_string={**hidden(asked, "show-form"), "show": "1", "typed": "Ulanbaatur"}).text
    assert f"<dd>Ula<del>{BLANK}</del>nbaat<del>u{BLANK}</del>r</dd>" in re.sub("</del><del>", "", shown)
    assert "<dd>Ula<ins>a</ins>nbaat<ins>a</ins>r</dd>" in shown
    form = hidden(shown, "grade-form")
    done = client.post("/review/answer", data={**form, "grade": "4"})
    assert (done.status_code, done.location) == (303, "/review?deck=languages%2Fcapitals")
    again = client.post("/review/answer", data={**form, "grade": "4"})
    assert again.status_code == 303
    clash = client.post("/review/answer", data={**form, "grade": "1"})
    assert clash.status_code == 409
    log = site.services.review.log(ann)
    assert [(row.card, row.grade) for row in log] == [(form["card"], 4)]
    assert log[0].took_ms is not None


def test_undo_by_form_shows_the_card_again(client: FlaskClient, site: Site, ann: Learner) -> None:
    first = hidden(client.get("/review").text, "grade-form")
    client.post("/review/answer", data={**first, "grade": "1"})
    back = client.post("/review/undo", data={})
    assert back.location == f"/review?card={first['card']}&undone={first['id']}"
    title = site.services.review.card(ann, first["card"]).title
    assert f"Undone: Again on “{title}”" in text(client.get(back.location).text)
    assert hidden(client.get(back.location).text, "grade-form")["card"] == first["card"]
    assert client.post("/review/undo", data={}).location == "/review"  # nothing more to take back
    assert [row.undone for row in site.services.review.log(ann)] == [True]


@pytest.mark.parametrize(("verb", "rows"), [("bury", 1), ("bury-note", 2), ("suspend", 1), ("suspend-note", 2)])
def test_actions_by_form(client: FlaskClient, site: Site, ann: Learner, verb: str, rows: int) -> None:
    page = client.get("/review?deck=languages/words").text
    form = hidden(page, "act-form")
    for _ in range(2):  # a double click
        done = client.post("/review/act", data={**form, "verb": verb})
        assert (done.status_code, done.location) == (303, "/review?deck=languages%2Fwords")
    assert len(site.services.review.log(ann)) == rows
    assert hidden(client.get("/review?deck=languages/words").text, "act-form")["card"] != form["card"]


@pytest.mark.parametrize("field", ["grade", "asked_at", "id", "card"])
def test_a_broken_form_is_a_message(client: FlaskClient, site: Site, ann: Learner, field: str) -> None:
    form = {**hidden(client.get("/review").text, "grade-form"), "grade": "4", field: "x"}
    response = client.post("/review/answer", data=form)
    assert response.status_code in {404, 422}
    assert "Traceback" not in response.text
    assert not site.services.review.log(ann)


def test_the_buttons_say_what_they_do(site: Site, ann: Learner, client: FlaskClient) -> None:
    page = client.get("/review").text
    assert re.findall(r"<b>(\w+)</b><small>([^<]+)</small>", page) == [
        ("Again", "today, then 1 d"), ("Hard", "today, then 1 d"), ("Good", "1 d"), ("Easy", "1 d"),
    ]  # fmt: skip
    site.services.accounts.save_settings(ann, buttons=6, drill=False)
    page = client.get("/review").text
    assert [name for name, _ in re.findall(r"<b>(\w+)</b><small>([^<]+)</small>", page)] == [
        "Blackout", "Wrong", "Almost", "Hard", "Good", "Easy",
    ]  # fmt: skip
    assert "today, then" not in page


def test_effects() -> None:
    def said(kind: str, *, drill: bool = True, by_plan: bool = False) -> list[str]:
        return [effect(quality, "36 d", kind, drill=drill, by_plan=by_plan) for quality in (1, 3, 4, 5)]

    assert said("due") == [*["today, then 36 d"] * 2, "36 d", "36 d"]
    assert said("drill") == ["today", "today", "36 d", "36 d"]
    assert said("new", drill=False) == ["36 d"] * 4
    assert said("ahead") == said("ahead", drill=False) == ["date stays"] * 4
    # Under a plan no date of its own says when the card comes again.
    for kind in ("due", "new", "drill", "plan"):
        assert said(kind, by_plan=True) == ["today", "today", "by plan", "later"]
    assert said("due", drill=False, by_plan=True) == ["by plan", "by plan", "by plan", "later"]
    assert said("cram", by_plan=True) == ["again", *["date stays"] * 3]


def test_failed_cards_come_back_until_they_are_known(client: FlaskClient) -> None:
    for _ in range(5):
        page = client.get("/review?deck=languages/capitals").text
        client.post("/review/answer", data={**hidden(page, "grade-form"), "grade": "1"})
    page = client.get("/review?deck=languages/capitals").text
    assert "<span>drill</span>" in page
    assert re.findall(r"<small>([^<]+)</small>", page) == ["today", "today", "1 d", "1 d"]
    assert answer_all(client, query="?deck=languages/capitals") == 5


def test_an_empty_queue_leads_to_the_end_and_undo_leads_back(client: FlaskClient) -> None:
    answer_all(client, query="?deck=languages/capitals")
    end = client.get("/review?deck=languages/capitals").location
    assert end == "/done?deck=languages%2Fcapitals"
    page = client.get(end).text
    assert "Nothing left for today." in page
    assert "You remembered 5 of 5 first tries (100%)." in text(page)
    assert "15 cards left in other decks." in text(page)
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    back = client.post("/review/undo", data=form)
    assert back.location.startswith("/review?deck=languages%2Fcapitals&card=")
    assert client.get(back.location).status_code == 200


def test_the_page_carries_the_next_cards(client: FlaskClient) -> None:
    page = client.get("/review").text
    found = re.search(r'<script type="application/json" id="session">(.*?)</script>', page, re.S)
    assert found
    assert "<" not in found[1]
    assert found[1].count('"question_html"') == 20


def test_an_unknown_deck_has_no_review(client: FlaskClient) -> None:
    assert client.get("/review?deck=no/such").status_code == 404


# --- decks and cards


def test_the_tree(client: FlaskClient) -> None:
    page = text(client.get("/decks").text)
    assert "26 cards in 5 decks" in page
    assert page.index("Languages") < page.index("Capitals") < page.index("Words") < page.index("Extremes")
    assert "languages/capitals.md" not in page


def test_a_whole_folder_is_switched_from_the_list(client: FlaskClient, site: Site, ann: Learner) -> None:
    def switches() -> dict[str, tuple[str, str]]:
        found = re.findall(r'aria-checked="(\w+)" aria-label="(\w+): [^>]*><span>([^<]*)<', client.get("/decks").text)
        return {name: (checked, shown) for checked, name, shown in found}

    assert switches()["Languages"] == ("true", "")
    off = client.post("/decks/languages/words", data={"what": "off", "back": ""})
    assert off.location == "/decks?open=languages%2Fwords"
    assert (switches()["Languages"], switches()["Words"]) == (("mixed", "1 of 2"), ("false", "off"))
    client.post("/decks/languages", data={"what": "on", "back": ""})
    assert (switches()["Languages"], switches()["Words"]) == (("true", ""), ("true", "✓"))
    assert client.post("/decks/languages", data={"what": "off", "back": "languages"}).location.startswith(
        "/decks/languages/?"
    )
    assert switches()["Languages"] == ("false", "")
    assert not site.services.review.queue(ann, deck="languages").cards


def test_a_deck_reads_as_a_document(client: FlaskClient) -> None:
    page = client.get("/decks/languages/words").text
    words = text(page)
    assert words.index("Nouns") < words.index("der Hund") < words.index("Grammar") < words.index("German has")
    assert 'class="cz"' in page
    assert "Forward: new" in words
    assert "Gap 1: new" in words
    rubric = text(client.get("/decks/programming/python").text)
    assert "names the axis that vanishes" in rubric


def test_a_folder_has_a_page(client: FlaskClient) -> None:
    for path in ("/decks/science/", "/decks/science"):
        page = client.get(path)
        assert "Algebra" in page.text
        assert "Capitals" not in text(page.text)
    assert client.get("/decks/no/such").status_code == 404


def test_a_deck_is_switched_and_limited(client: FlaskClient) -> None:
    address = "/decks/languages/capitals"
    assert client.post(address, data={"what": "off"}).location == address
    assert "Switched off" in text(client.get(address).text)
    client.post(address, data={"what": "on"})
    client.post(address, data={"what": "limit", "new_per_day": "2"})
    page = client.get(address).text
    assert "at most 2 new cards a day" in text(page)
    assert "0 due, 2 new" in text(page)
    client.post(address, data={"what": "limit", "new_per_day": " "})
    assert "at most" not in text(client.get(address).text)
    assert client.post(address, data={"what": "limit", "new_per_day": "-1"}).status_code == 422
    assert client.post("/decks/no/such", data={"what": "off"}).status_code == 404


def test_a_card_shows_its_history_and_is_changed_by_hand(client: FlaskClient) -> None:
    form = hidden(client.get("/review").text, "grade-form")
    client.post("/review/answer", data={**form, "grade": "3"})
    path = f"/cards/{form['card']}"
    page = text(client.get(path).text)
    assert "due tomorrow" in page
    assert "Hard scheduled 1 d 2.36" in page
    steps = {
        "suspend": "suspended",
        "unsuspend": "due tomorrow",
        "bury": "buried until tomorrow",
        "unbury": "due tomorrow",
        "reset": "new",
    }
    for verb, says in steps.items():
        response = client.post(path, data={"verb": verb, "id": new_id()})
        assert response.location == f"{path}?done={verb}"
        assert says in text(client.get(response.location).text).lower()
    client.post(path, data={"verb": "due", "due_on": "2031-05-06", "id": new_id()})
    page = client.get(path).text
    assert "6 May 2031" in page
    last = re.findall(r'name="id" value="([^"]*)"><button class="btn small">Undo', page)
    assert client.post(f"{path}/undo", data={"id": last[0]}).status_code == 303
    assert "6 May 2031" not in text(client.get(path).text).split("History")[0]
    assert client.post(path, data={"verb": "due", "due_on": "x"}).status_code == 422
    assert client.post(path, data={"verb": "explode"}).status_code == 422


# --- settings, people, help


SETTINGS = {
    "name": "Anna", "timezone": "America/Santiago", "day_start": "5", "new_per_day": "12", "due_per_day": "",
    "buttons": "6", "theme": "dark", "letter_keys": "on",
}  # fmt: skip


def test_settings_are_saved(client: FlaskClient, site: Site) -> None:
    assert client.post("/settings", data=SETTINGS).location == "/settings?done=settings"
    learner = site.services.accounts.find("Anna")
    assert (learner.timezone, learner.day_start, learner.new_per_day, learner.due_per_day) == (
        "America/Santiago",
        5,
        12,
        None,
    )
    assert (learner.buttons, learner.theme, learner.drill, learner.letter_keys) == (6, "dark", False, True)
    page = client.get("/settings").text
    assert 'data-theme="dark"' in page
    assert "<option selected>America/Santiago</option>" in page
    client.post("/settings", data={**SETTINGS, "letter_keys": ""} | {"due_per_day": "100"})
    assert site.services.accounts.find("Anna").due_per_day == 100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 41), ("name", "a\u202eb"), ("timezone", "Mars/Olympus"), ("day_start", "24"),
        ("new_per_day", "-1"), ("new_per_day", "many"), ("new_per_day", "10000"), ("due_per_day", "1e3"),
        ("buttons", "5"), ("theme", "pink"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_and_nothing_is_saved(
    client: FlaskClient, site: Site, ann: Learner, field: str, value: str
) -> None:
    response = client.post("/settings", data={**SETTINGS, field: value})
    assert response.status_code == 422
    assert f'id="{field}-wrong"' in response.text
    assert site.services.accounts.find("Ann") == ann


def test_a_taken_name_is_refused(client: FlaskClient, site: Site) -> None:
    site.learner("Ben")
    response = client.post("/settings", data={**SETTINGS, "name": "BEN"})
    assert response.status_code == 409
    assert "taken" in response.text


def test_the_password_changes_and_other_logins_end(client: FlaskClient, site: Site, ann: Learner) -> None:
    other = site.client(ann)
    wrong = client.post("/settings/password", data={"old": "nonsense", "new": "another password"})
    assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
    assert client.post("/settings/password", data={"old": PASSWORD, "new": "short"}).status_code == 422
    assert client.post("/settings/password", data={"old": PASSWORD, "new": "another password"}).status_code == 303
    assert client.get("/settings").status_code == 200
    assert other.get("/settings").status_code == 303
    assert site.client().post("/login", data={"name": "Ann", "password": "another password"}).status_code == 303


def test_sessions_are_listed_and_revoked(client: FlaskClient, site: Site, ann: Learner) -> None:
    other, third = site.client(ann), site.client(ann)
    page = client.get("/settings").text
    assert page.count('/revoke"') == 2
    session = re.findall(r'action="(/settings/sessions/\d+/revoke)"', page)[0]
    assert client.post(session).location == "/settings?done=session"
    assert sorted([other.get("/settings").status_code, third.get("/settings").status_code]) == [200, 303]
    client.post("/settings/sessions/revoke-others")
    assert third.get("/settings").status_code == other.get("/settings").status_code == 303
    assert client.get("/settings").status_code == 200


def test_a_token_is_shown_once(client: FlaskClient, site: Site) -> None:
    page = client.post("/settings/tokens", data={"name": "laptop"})
    token = re.findall(r'<code class="secret">(fc_[^<]+)</code>', page.text)[0]
    assert page.headers["Cache-Control"] == "no-store"
    assert token not in client.get("/settings").text
    assert site.client().get("/api/v1/decks", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    revoke = re.findall(r'action="(/settings/tokens/\d+/revoke)"', client.get("/settings").text)[0]
    assert client.post(revoke).location == "/settings?done=token"
    assert site.client().get("/api/v1/decks", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_people_get_roles_and_one_administrator_stays(client: FlaskClient, site: Site, ann: Learner) -> None:
    ben = site.learner("Ben")
    client.post(f"/admin/people/{ben.id}", data={"author": "on"})
    assert site.services.accounts.find("Ben").is_author
    response = client.post(f"/admin/people/{ann.id}", data={"author": "on"})
    assert response.status_code == 409
    assert "last administrator" in response.text
    assert client.post("/admin/people", data={"name": "Eve", "password": PASSWORD, "author": "on"}).status_code == 303
    assert site.services.accounts.find("Eve").is_author
    assert "administrator" not in text(client.get("/settings").text).lower() or ann.is_admin


def test_the_help_explains_keys_and_grades(client: FlaskClient) -> None:
    page = text(client.get("/help").text)
    assert "Why do Good and Easy say the same on a new card?" in page
    assert "Without a connection" in page


def test_hostile_text_stays_text(site: Site, ann: Learner) -> None:
    site.services.accounts.save_settings(ann, name="<img src=x>")
    page = site.client(ann).get("/settings").text
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page
    assert "<script>" not in site.client(ann).get("/review?tag=<script>&deck=science").text


def test_drafts_are_for_authors(tmp_path: Path) -> None:
    decks = tmp_path / "decks"
    decks.mkdir()
    (decks / "d.md").write_text("## Ready? {#a}\n\nYes.\n\n## Secret {#b .draft}\n\nNot yet.\n")
    with open_site(prepared_data(tmp_path / "data", decks), decks) as site:
        author, reader = site.client(site.learner("Ann")), site.client(site.learner("Ben"))
        assert "Not yet." in author.get("/decks/d").text
        assert "Not yet." not in reader.get("/decks/d").text


def test_a_cards_page_names_its_language(tmp_path: Path) -> None:
    """A screen reader changes its voice by it."""
    decks = tmp_path / "decks"
    decks.mkdir()
    (decks / "d.md").write_text("---\nlanguage: he\n---\n\n## מה זה תפוח? {#a}\n\nפרי.\n", "utf-8")
    with open_site(tmp_path / "data", decks) as site:
        site.services.sync.sync()
        ann = site.learner()
        card = site.services.review.cards(ann).items[0].id
        page = site.client(ann).get(f"/cards/{card}").text
        assert '<article lang="he">' in page
        assert '<h1 class="title" dir="auto">' in page


# --- words


def test_diffs() -> None:
    assert compare("lima", "Lima").expected[0].text == "L"
    assert compare("  Reykjavi\u0301k ", "Reykjav\u00edk").equal
    assert not compare("", "x").equal
    assert compare("x" * 5000, "x" * 5000).equal


@pytest.mark.parametrize(
    ("days", "words"), [(1, "1 d"), (99, "99 d"), (100, "3.3 mo"), (365, "1.0 y"), (1000, "2.7 y"), (36_500, "100 y")]
)
def test_intervals(days: int, words: str) -> None:
    assert interval_words(days) == words


def test_days_and_times_in_words() -> None:
    assert [relative_day(day, 100) for day in (98, 99, 100, 101)] == ["2 days ago", "yesterday", "today", "tomorrow"]
    assert relative_day(105, 100) == "on Thursday"
    assert relative_day(200, 100) == "on 20 Jul 1970"
    assert stopwatch_words(520_000) == "8 min 40 s"
    assert parse_instant("1970-01-01T00:00:01.5Z") == 1500


def test_copying_keeps_the_prepared_data_apart(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path)) as site:
        site.learner("Ann")
    with open_site(copy_data(prepared, tmp_path / "b")) as site:
        assert site.services.accounts.signup_state().first


def test_the_limit_of_new_cards_is_named_where_a_session_ends_by_it(site: Site) -> None:
    ann = site.learner("Ann", new_per_day=1)
    client = site.client(ann)
    card = site.services.review.queue(ann, limit=1).cards[0]
    site.services.review.answer(ann, Answer(new_id(), card.id, 4))
    done = client.get("/review?deck=languages/words", follow_redirects=True)
    assert done.request.path == "/done"
    assert "limit of new cards is reached; there are more in this deck" in done.text
    [link] = re.findall(r'href="(/review\?[^"]*more=[^"]*)">(\d+) more today', done.text)
    page = client.get(unescape(link[0]))
    assert f'<span id="left">{link[1]}</span>' in page.text
    assert client.get("/review?more=x").status_code == 422
