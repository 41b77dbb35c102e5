"""Rounds over HTTP, by forms alone, and the partner's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from flashcards.services.authoring.item_analysis import LEAST_LEARNERS
from flashcards.services.practice.contract import Wish
from flashcards.services.practice.points import asked_and_told
from tests.integration.practice_world import MINUTE, Practice, practice_site, prepare
from tests.site import new_id

HOUR = 3_600_000


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("practice"))


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Practice]:
    with practice_site(tmp_path, prepared) as site:
        yield site


@pytest.fixture
def ann(site: Practice) -> FlaskClient:
    return site.client(site.learner())


def begin(client: FlaskClient, **form: str) -> str:
    """The address of a new round."""
    answer = client.post("/practice", data={"kind": "one", "where": "ml/concepts/pca", "id": new_id(), **form})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def answer(client: FlaskClient, address: str, **form: str) -> str:
    """Answers the first question; gives the answer's id."""
    uid = new_id()
    given = client.post(f"{address}/answer", data={"q": "1", "id": uid, "text": "I say.", **form})
    assert given.status_code == 303, given.text
    return uid


def keys_of(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="mark-([^"]+)"', page)))


def test_a_whole_round_by_forms(site: Practice, ann: FlaskClient) -> None:
    home = ann.get("/practice").text
    assert "Concepts, 6" in home
    assert '<a href="/practice" data-key="p" aria-current="page">' in home
    address = begin(ann)
    page = ann.get(address).text
    assert "What is pca?" in page
    assert "explained here" not in page  # the model answer waits
    uid = answer(ann, address)
    page = ann.get(f"{address}?q=1").text
    assert "explained here" in page
    assert "I say." in page
    keys = keys_of(page)
    points, follow = [key for key in keys if not key.startswith("follow")], [k for k in keys if k.startswith("follow")]
    assert len(points) == 4
    assert len(follow) == 2
    assert page.count("<template data-later>") == 1  # the second follow-up comes after the first
    ticked = {f"mark-{key}": "said" for key in points[:3]} | {f"mark-{points[3]}": "missed"}
    kept = ann.post(
        f"{address}/ticks",
        data={"q": "1", "id": uid, "to": "follow-1", f"reply-{follow[0]}": "Then I sample.", **ticked},
    )
    assert kept.location.endswith("?q=1#follow-1")
    page = ann.get(f"{address}?q=1").text
    assert "Then I sample." in page
    assert "3 said, 0 partly, 1 missed." in page
    assert re.search(r'q3 proposed" name="grade" value="3"', page)
    graded = ann.post(f"{address}/ticks", data={"q": "1", "id": uid, "grade": "3"})
    assert graded.location == f"{address}/report"
    report = ann.get(graded.location).text
    assert "3 of 4 points said" in report
    assert "remembers serving" in report
    assert ann.get(address).location == f"{address}/report"
    assert "One question: What is pca?" in ann.get("/practice").text
    (row,) = site.services.review.log(site.services.accounts.find("Ann"))
    assert (row.kind, row.grade) == ("mock", 3)


def test_the_way_to_the_grade_names_what_is_open(site: Practice, ann: FlaskClient) -> None:
    """By forms alone: points, then follow-ups, then the grade; or the grade at once, without losing a tick."""
    address = begin(ann)
    uid = answer(ann, address)

    def tick(to: str, **marks: str) -> str:
        sent = ann.post(f"{address}/ticks", data={"q": "1", "id": uid, "to": to, **marks})
        return ann.get(sent.location).text

    def is_hidden(page: str, name: str) -> bool:
        return bool(re.search(rf'id="{name}"[^>]* hidden>', page))

    page = ann.get(f"{address}?q=1").text
    points = [f"mark-{key}" for key in keys_of(page) if not key.startswith("follow")]
    first, second = (f"mark-{key}" for key in keys_of(page) if key.startswith("follow"))
    assert 'value="points">Next point (4 left)</button>' in page
    assert "Good is proposed if all 4 are said, Hard from 2. Only “said” counts, and no follow-up." in page
    assert (is_hidden(page, "guide"), is_hidden(page, "grades")) == (False, True)
    page = tick("points", **dict.fromkeys(points, "said"))
    assert 'value="follow-1">Answer follow-up 1 of 2</button>' in page
    page = tick("grade", **{first: "partly"})  # now, whatever is open
    assert (is_hidden(page, "guide"), is_hidden(page, "grades")) == (True, False)
    assert 'value="follow-2">Answer follow-up 2 of 2</button>' in ann.get(f"{address}?q=1").text  # the tick was kept
    page = tick("follow-2", **{second: "missed"})
    assert (is_hidden(page, "guide"), is_hidden(page, "grades")) == (True, False)
    assert re.search(r'q4 proposed" name="grade" value="4"', page)  # follow-ups do not count


@pytest.mark.parametrize(("buttons", "word"), [(4, "Again"), (6, "Wrong")])
def test_a_grade_has_the_word_of_the_learners_own_button(site: Practice, buttons: int, word: str) -> None:
    client = site.client(site.services.accounts.save_settings(site.learner(), buttons=buttons))
    address = begin(client)
    uid = answer(client, address)
    assert f"<b>{word}</b>" in client.get(f"{address}?q=1").text
    client.post(f"{address}/ticks", data={"q": "1", "id": uid, "grade": "1"})
    report = client.get(f"{address}/report").text
    (row,) = site.services.review.log(site.services.accounts.find("Ann"))
    for page in (report, client.get(f"/cards/{row.card}").text):
        assert [it in page for it in ("Again", "Wrong")] == [it == word for it in ("Again", "Wrong")]


@pytest.mark.parametrize(
    ("item", "asked", "told"),
    [
        ("The data? A table.", "The data?", "A table."),
        ("Why <em>this?</em> one? So. Really?", "Why <em>this?</em> one?", "So. Really?"),
        ("Ten million users.", "", "Ten million users."),
        ("<a href='/x?y=1'>Scale</a> 10?", "<a href='/x?y=1'>Scale</a> 10?", ""),
        ("", "", ""),
    ],
)
def test_what_is_asked_to_clarify_and_what_is_told(item: str, asked: str, told: str) -> None:
    assert asked_and_told(item) == (asked, told)


def test_a_second_click_on_begin_and_the_back_button(site: Practice, ann: FlaskClient) -> None:
    uid = new_id()
    first, second = begin(ann, id=uid), begin(ann, id=uid)
    assert first == second
    one = new_id()
    for text in ("First thought.", "First thought.", "Second thought."):
        answer(ann, first, id=one, text=text)
    page = ann.get(f"{first}?q=1").text
    assert "Second thought." in page
    assert page.count("First thought.") == 1  # kept, once


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"where": "nowhere"}, "There is no deck, folder or tag"),
        ({"minutes": "0"}, "from 1 to 180"),
        ({"minutes": "ten"}, "Give minutes as a whole number"),
        ({"questions": "13"}, "from 1 to 12"),
        ({"questions": "0"}, "from 1 to 12"),
        ({"folder": "nowhere"}, "There is no deck, folder or tag"),
        ({"kind": "coding", "level": "senior", "where": ""}, "take another level, another deck, or another kind"),
    ],
)
def test_a_choice_that_cannot_be_is_said_where_it_was_made(ann: FlaskClient, form: dict[str, str], says: str) -> None:
    refused = ann.post("/practice", data={"kind": "concepts", "id": new_id(), **form})
    assert refused.status_code in {404, 422}
    assert says in refused.text
    assert '<details class="choose" open' in refused.text


def test_folders_are_ticked_decks_are_listed_and_questions_counted(site: Practice, ann: FlaskClient) -> None:
    page = ann.get("/practice").text
    folders = re.findall(r'name="folder" value="([^"]+)"', page)
    assert sorted(folders) == ["ml/behavioural", "ml/coding", "ml/concepts", "ml/system-design"]
    assert '<option value="ml/concepts/svm">SVM</option>' in page
    kinds = re.findall(r'name="kind" value="[a-z]+"[^>]*><span>([^<]+)', page)
    assert kinds == ["Concepts", "Coding", "System design", "Behavioural", "Mixed", "One question"]
    for wanted, folder in ((2, "ml/concepts"), (6, ["ml/coding", "ml/concepts"])):
        form = {"kind": "concepts", "questions": str(wanted), "id": (uid := new_id()), "folder": folder}
        assert ann.post("/practice", data=form).status_code == 303
        opened = site.services.practice.open(site.services.accounts.find("Ann"), uid)
        assert (len(opened.questions), opened.round.minutes) == (wanted, round(wanted * 3.75))


def test_the_report_shows_answers_grades_and_follow_ups_and_its_times_add_up(ann: FlaskClient) -> None:
    address = begin(ann, kind="concepts", where="ml/concepts", questions="2")
    for place, took in ((1, "13900"), (2, "12600")):
        data = {"q": str(place), "id": (uid := new_id()), "text": f"What I say <b>{place}</b>", "took_ms": took}
        ann.post(f"{address}/answer", data=data)
        keys = keys_of(ann.get(f"{address}?q={place}").text)
        first = next(key for key in keys if key.startswith("follow"))
        told = {f"reply-{first}": "Then I sample.", f"mark-{first}": "partly", f"mark-{keys[0]}": "said"}
        ann.post(f"{address}/ticks", data={"q": str(place), "id": uid, "grade": "3", **told})
    report = ann.get(f"{address}/report").text
    assert "What I say &lt;b&gt;2&lt;/b&gt;" in report
    assert report.count("Then I sample.") == 2
    assert "1 of 4 said · Hard · 0:14" in report
    assert "1 of 4 said · Hard · 0:13" in report
    assert "in 27 s" in report
    assert "1 round</" not in (home := ann.get("/practice").text)
    assert "1 round, 27 s" in home


def test_too_long_an_answer_comes_back_to_be_shortened(ann: FlaskClient) -> None:
    address = begin(ann)
    text = "word " * 5_000
    refused = ann.post(f"{address}/answer", data={"q": "1", "id": new_id(), "text": text})
    assert refused.status_code == 422
    assert "at most 20,000 are kept" in refused.text
    assert text.strip() in refused.text
    answer(ann, address, text="x" * 10_000)
    assert "x" * 10_000 in ann.get(f"{address}?q=1").text


def test_nothing_of_an_answer_or_a_sketch_is_run(ann: FlaskClient) -> None:
    address = begin(ann, kind="design", where="")
    evil = '<script>alert(1)</script><svg onload="x">'
    answer(
        ann,
        address,
        text=evil,
        what=evil[:60],
        many='"><img src=x onerror=y>',
        sketch='[["text",[10,10],"<script>a</script>"],["pen",[0,0,9999,-5,3.6,2],"<i>"],["box",[1,2,3,4],""]]',
    )
    page = ann.get(f"{address}?q=1").text
    for bad in ("<script>alert", "<svg onload", "<img src=x", "<script>a", "<i>"):
        assert bad not in page
    assert "&lt;script&gt;a&lt;/script&gt;" in page
    assert 'd="M0 0L560 0L4 2"' in page  # drawn anew, from numbers within the sheet


@pytest.mark.parametrize(
    "sketch",
    [
        "{",
        "[1]",
        '[["box",[1,2,3],""]]',
        '[["star",[1,2,3,4],""]]',
        '[["pen",["a",2,3,4],""]]',
        '[["pen",[1e999,2,3,4],""]]',
        "[" * 100_000,
    ],
    ids=range(7),
)
def test_a_sketch_that_is_none(ann: FlaskClient, sketch: str) -> None:
    address = begin(ann, kind="design", where="")
    refused = ann.post(f"{address}/answer", data={"q": "1", "id": new_id(), "text": "Kept.", "sketch": sketch})
    assert refused.status_code == 422
    assert "Kept." in refused.text


def test_a_question_that_was_removed_says_so_and_can_be_skipped(site: Practice, ann: FlaskClient) -> None:
    address = begin(ann)
    (site.config.decks / "ml" / "concepts" / "pca.md").unlink()
    site.services.sync.sync()
    page = ann.get(address).text
    assert "removed from its deck while the round went on" in page
    assert "What is pca?" in page
    skipped = ann.post(f"{address}/answer", data={"q": "1", "id": new_id(), "skip": "1"})
    assert ann.get(skipped.location).location == f"{address}/report"
    assert "skipped" in ann.get(f"{address}/report").text


def test_a_round_is_ended_and_deleted(ann: FlaskClient) -> None:
    address = begin(ann, kind="concepts", where="")
    answer(ann, address)
    assert "Go on with the round" in ann.get("/practice").text
    assert ann.post(f"{address}/finish").location == f"{address}/report"
    assert "Go on with the round" not in ann.get("/practice").text
    assert ann.post(f"{address}/delete").location == "/practice?deleted=1"
    assert ann.get(address).status_code == 404
    assert ann.get(f"{address}?q=77").status_code == 404


def test_every_round_that_was_left_is_gone_on_with_or_deleted(site: Practice, ann: FlaskClient) -> None:
    def open_rounds() -> set[str]:
        return set(re.findall(r'href="(/practice/[0-9a-f-]{36})"', ann.get("/practice").text))

    begun = []
    for count in range(1, 12):  # more than are listed at once
        site.later(MINUTE)
        begun.append(begin(ann, kind="concepts" if count % 2 else "one", where="", questions="1"))
        assert open_rounds() == set(begun)
    answer(ann, begun[0])
    page = ann.get("/practice").text
    assert "10 more rounds left open" in page
    assert "2 more rounds</summary>" in page
    assert "Left open" in page
    labels = re.findall(r'Delete<span class="vh"> ([^<]+)', page)
    assert len(set(labels)) == 10
    assert ann.post(f"{begun[4]}/delete").location == "/practice?deleted=1"
    ann.post(f"{begun[-1]}/finish")
    assert open_rounds() == {address for address in begun[:-1] if address != begun[4]}
    for address in begun[1:-1]:
        ann.post(f"{address}/delete")
    page = ann.get("/practice").text
    assert open_rounds() == {begun[0]}
    assert "Left open" not in page
    assert "Go on with the round" in page


def test_a_round_of_another_year_says_its_year(site: Practice, ann: FlaskClient) -> None:
    address = begin(ann)
    year = re.search(r"Go on with the round of \w+ \d+ \w+<", ann.get("/practice").text)
    assert year, "a round of this year needs none"
    site.later(60 * 24 * HOUR)
    assert re.search(r"Go on with the round of \w+ \d+ \w+ 20\d\d<", ann.get("/practice").text)
    assert re.search(r"\w+ \d+ \w+ 20\d\d, ", ann.get(f"{address}/report").text)


def test_microphone_and_blobs_on_the_page_of_a_question_alone(ann: FlaskClient) -> None:
    address = begin(ann)
    on = ann.get(address).headers
    assert "microphone=(self)" in on["Permissions-Policy"]
    assert "media-src 'self' blob:" in on["Content-Security-Policy"]
    assert len(on.getlist("Permissions-Policy")) == 1
    for path in ("/practice", f"{address}/report", "/", "/decks"):
        off = ann.get(path).headers
        assert "microphone=()" in off["Permissions-Policy"], path
        assert "blob:" not in off["Content-Security-Policy"], path


def test_another_learners_round_is_not_there(site: Practice, ann: FlaskClient) -> None:
    address = begin(ann)
    ben = site.client(site.learner("Ben"))
    assert ben.get(address).status_code == 404
    for path in ("answer", "ticks", "finish", "partner"):
        assert ben.post(f"{address}/{path}", data={"q": "1", "id": new_id(), "text": ""}).status_code == 404


def test_a_round_begins_from_today_from_a_card_and_from_a_deck(site: Practice, ann: FlaskClient) -> None:
    today = ann.get("/").text
    assert "Aloud" in today
    card = re.search(r'name="card" value="(\d+)"', today)
    assert card
    begun = ann.post("/practice", data={"kind": "one", "card": card[1], "id": new_id()})
    page = ann.get(f"/cards/{card[1]}").text
    assert "Practise this aloud" in page
    assert "Points in practice" not in page
    title = re.search(r'<h1 class="title" dir="auto">([^<]+)', page)
    assert title
    assert title[1] in ann.get(begun.location).text
    assert "Practise this aloud" in ann.get("/decks/ml/concepts/pca").text
    assert "Practise a question aloud" in ann.get("/decks/ml/coding/sort").text
    fact = next(one for one in site.services.review.cards(site.services.accounts.find("Ann"), q="id:pca-fact").items)
    assert "Practise this aloud" not in ann.get(f"/cards/{fact.id}").text


def test_what_was_missed_is_found_and_stands_on_its_card(site: Practice, ann: FlaskClient) -> None:
    assert "No card is found" in ann.get("/browse?q=is:missed").text
    address = begin(ann)
    uid = answer(ann, address)
    key, *_ = keys_of(ann.get(f"{address}?q=1").text)
    ann.post(f"{address}/ticks", data={"q": "1", "id": uid, "grade": "1", f"mark-{key}": "missed"})
    found = ann.get("/browse?q=is:missed").text
    card = re.search(r'href="/cards/(\d+)">What is pca\?', found)
    assert card
    page = ann.get(f"/cards/{card[1]}").text
    assert "Points in practice" in page
    assert "never ticked" in page
    # Said the next time, it is no longer missed.
    site.later(HOUR)
    again = begin(ann)
    uid = answer(ann, again)
    ann.post(f"{again}/ticks", data={"q": "1", "id": uid, "grade": "4", f"mark-{key}": "said"})
    assert "No card is found" in ann.get("/browse?q=is:missed").text
    assert ann.get("/api/v1/cards?state=missed").json["items"] == []


def test_what_teaches_a_point_is_shown_and_becomes_a_set(site: Practice, ann: FlaskClient) -> None:
    address = begin(ann)
    # What an interviewer would answer, if asked: each by itself.
    assert "<details><summary>The data?</summary><p>A table of pca.</p></details>" in ann.get(address).text
    uid = answer(ann, address)
    page = ann.get(f"{address}?q=1").text
    assert re.search(r"data-taught hidden>Taught by <a[^>]*>A fact about pca</a>", page)
    assert '<span class="sub">senior</span>' in page
    key = "pca-fact"  # a point is known by the id of its card
    ann.post(f"{address}/ticks", data={"q": "1", "id": uid, "to": "points", f"mark-{key}": "missed"})
    page = ann.get(f"{address}?q=1").text
    assert re.search(r"data-taught>Taught by <a[^>]*>A fact about pca</a>", page)
    assert "It is a fact." in page  # the answer to the first follow-up stands behind it
    report = ann.get(f"{address}/report").text
    assert "Put 1 card into my review" in report
    assert "A fact about pca" in report
    for _ in range(2):  # a double click
        assert ann.post(f"{address}/misses").location == f"{address}/report"
    report = ann.get(f"{address}/report").text
    assert "1 card is in a set of its own, beside today’s cards." in report
    started = re.findall(r"/review\?set=[\w-]+", report)
    assert len(started) == 1
    assert "A fact about" in ann.get(started[0]).text
    found = {card["key"] for card in ann.get("/api/v1/cards?q=is:missed").json["items"]}
    assert found == {"ml/concepts/pca#pca-fact/forward"}


def numbers(pattern: str, page: str) -> list[int]:
    return [int(number) for number in re.findall(pattern, page)]


def test_misses_are_one_number_of_cards_everywhere(site: Practice, ann: FlaskClient) -> None:
    """Points and follow-ups, missed and said in part, lead to cards; those are what every page counts."""
    address = begin(ann)
    uid = answer(ann, address)
    page = ann.get(f"{address}?q=1").text
    points = [key for key in keys_of(page) if not key.startswith("follow")]
    first, second = (key for key in keys_of(page) if key.startswith("follow"))
    # Two points that only the question teaches, one that its fact teaches, as does the first follow-up.
    marks = dict(zip(points, ("missed", "partly", "missed", "said"), strict=True)) | {first: "missed", second: "partly"}
    ticked = {f"mark-{key}": mark for key, mark in marks.items()}
    ann.post(f"{address}/ticks", data={"q": "1", "id": uid, "grade": "1", **ticked})
    report = ann.get(f"{address}/report").text
    assert "3 points and 2 follow-ups, taught by 2 cards" in report
    assert numbers(r"Put (\d+) cards into my review", report) == [2]
    assert len(ann.get("/api/v1/cards?q=is:missed").json["items"]) == 2
    ann.post(f"{address}/misses")
    report, home = ann.get(f"{address}/report").text, ann.get("/practice").text
    assert numbers(r"(\d+) cards are in a set of their own", report) == [2]
    assert numbers(r"Study what was missed: (\d+) cards left", home) == [2]
    assert "Missed in One question: What is pca?" in home
    started = re.findall(r"/review\?set=([\w-]+)", home)[0]
    queue = ann.get(f"/api/v1/queue?set={started}").json
    assert queue["left"]["new"] == 2


def test_misses_stay_until_they_are_done_and_can_be_had_again(site: Practice, ann: FlaskClient) -> None:
    me = site.services.accounts.find("Ann")
    address = begin(ann)
    uid = answer(ann, address)
    ticks = {"q": "1", "id": uid, "grade": "1", "mark-pca-fact": "missed"}
    ann.post(f"{address}/ticks", data=ticks)
    ann.post(f"{address}/misses")
    (one,) = site.services.review.open_sets(me)
    # Another point is missed after all: the set has both cards then, at the same address.
    other = next(key for key in keys_of(ann.get(f"{address}?q=1").text) if key != "pca-fact")
    ann.post(f"{address}/ticks", data={"q": "1", "id": uid, "to": "points", f"mark-{other}": "missed"})
    ann.post(f"{address}/misses")
    (two,) = site.services.review.open_sets(me)
    assert (one.left, two.left, two.made.id) == (1, 2, one.made.id)
    while queue := site.services.review.set_queue(me, two.made.id).cards:
        answered = {"id": new_id(), "card": queue[0].id, "grade": 5, "mode": "review"}
        assert ann.post("/api/v1/reviews", json=answered).status_code in {200, 201}
        left = [it.left for it in site.services.review.open_sets(me)]
        assert left in ([1], [])
    assert "Study what was missed" not in ann.get("/practice").text
    report = ann.get(f"{address}/report").text
    assert "What this round left out is studied: 2 cards." in report
    assert "Put 2 cards into my review again" in report
    ann.post(f"{address}/misses")
    assert [it.left for it in site.services.review.open_sets(me)] == [2]


def test_nothing_missed_is_nothing_to_study(ann: FlaskClient) -> None:
    address = begin(ann)
    refused = ann.post(f"{address}/misses")
    assert refused.status_code == 422
    assert "into my review" not in ann.get(f"{address}/report").text


def test_points_that_nobody_says_are_shown_to_authors_once_nobody_can_be_told_apart(
    site: Practice, ann: FlaskClient
) -> None:
    for number in range(LEAST_LEARNERS):
        assert "Points that go unsaid" not in ann.get("/analysis").text
        client = site.client(site.learner(f"Learner {number}"))
        address = begin(client)
        uid = answer(client, address)
        marks = {"mark-pca-fact": "missed" if number else "said"}
        client.post(f"{address}/ticks", data={"q": "1", "id": uid, "grade": "3", **marks})
    page = ann.get("/analysis").text
    assert "Points that go unsaid" in page
    assert "warns of leakage" in page
    assert f"<td>{round(100 * (LEAST_LEARNERS - 1) / LEAST_LEARNERS)}%</td>" in page
    assert "warns of leakage" not in ann.get("/analysis?deck=ml/concepts/svm").text


def test_a_question_is_flagged_in_its_round_and_nothing_written_is_lost(site: Practice, ann: FlaskClient) -> None:
    me = site.services.accounts.find("Ann")
    address = begin(ann)
    page = ann.get(address).text
    assert f'formaction="{address}/flag" formnovalidate name="flag" value="3"' in page
    card = re.search(r'href="/cards/(\d+)#fault">Report a fault', page)
    assert card
    flagged = ann.post(f"{address}/flag", data={"q": "1", "flag": "3", "text": "Half a thought", "id": new_id()})
    assert "The flag is set." in flagged.text
    assert "Half a thought</textarea>" in flagged.text
    assert site.services.review.card(me, card[1]).flag == 3
    uid = answer(ann, address)
    kept = {"q": "1", "flag": "0", "id": uid, "mark-pca-fact": "partly"}
    assert re.search(r'name="mark-pca-fact" value="partly" checked', ann.post(f"{address}/flag", data=kept).text)
    assert site.services.review.card(me, card[1]).flag == 0
    for bad in ("8", "", "x"):
        assert ann.post(f"{address}/flag", data={"q": "1", "flag": bad}).status_code == 422
    assert ann.post(f"{address}/flag", data={"q": "7", "flag": "1"}).status_code == 404


def test_a_fault_is_reported_and_an_author_sees_to_it(site: Practice, ann: FlaskClient) -> None:
    ben = site.client(site.learner("Ben"))  # Ann was the first, and so an author
    card = re.search(r'href="/cards/(\d+)#fault"', ben.get(begin(ben)).text)
    assert card
    uid, remark = new_id(), "It is <b>x</b>, not y."
    for _ in range(2):  # a double click
        sent = ben.post(f"/cards/{card[1]}/fault", data={"id": uid, "remark": remark})
        assert sent.location == f"/cards/{card[1]}?done=fault#fault"
    assert "nobody has seen to it yet" in ben.get(sent.location).text
    assert ben.get("/analysis").status_code == 403
    page = ann.get("/analysis").text
    assert page.count("It is &lt;b&gt;x&lt;/b&gt;, not y.") == 1
    assert "Ben" in page
    action = re.search(r'action="(/analysis/faults/\d+/[\w-]+)"', page)
    assert action
    assert ben.post(action[1], data={"answer": "mine"}).status_code == 403
    ann.post(action[1], data={"answer": "Mended, thank you."})
    assert "Reported faults" not in ann.get("/analysis").text
    assert 'answered: <span dir="auto">Mended, thank you.</span>' in ben.get(f"/cards/{card[1]}").text
    assert "Mended" not in ann.get(f"/cards/{card[1]}").text  # whose report it was


@pytest.mark.parametrize(("remark", "status"), [("", 422), (" \n ", 422), ("x" * 2_001, 422)])
def test_a_report_that_is_none(ann: FlaskClient, remark: str, status: int) -> None:
    card = re.search(r'href="/cards/(\d+)#fault"', ann.get(begin(ann)).text)
    assert card
    assert ann.post(f"/cards/{card[1]}/fault", data={"id": new_id(), "remark": remark}).status_code == status
    assert ann.post("/cards/999999/fault", data={"id": new_id(), "remark": "Wrong."}).status_code == 404


# --- with a partner


def link_of(client: FlaskClient, address: str) -> str:
    page = client.post(f"{address}/partner", data={"q": "1", "what": "make"}).text
    found = re.search(r"/practice/with/[\w-]{20,}", page)
    assert found
    return found[0]


def test_two_people_tick_one_answer(site: Practice, ann: FlaskClient) -> None:
    address = begin(ann)
    link = link_of(ann, address)
    partner = site.client()
    door = partner.get(link).text
    assert "Join" in door
    assert "pca" not in door
    assert partner.post(f"{link}/join").status_code == 303
    page = partner.get(link).text
    assert "What is pca?" in page
    assert "names when it fits" in page
    assert "Ann" not in page
    keys = [key for key in keys_of(page) if not key.startswith("follow")]
    marks = {f"mark-{keys[0]}": "said", f"mark-{keys[1]}": "missed"}
    assert partner.post(f"{link}/marks", data={"q": "1", **marks}).status_code == 303
    assert partner.get(f"{link}/state").json == {
        "position": 0, "answered": False, "marks": {keys[0]: "said", keys[1]: "missed"},
    }  # fmt: skip
    uid = answer(ann, address)
    assert partner.get(f"{link}/state").json["answered"] is True
    assert "Your partner:" not in ann.get(f"{address}?q=1").text  # not before the own ticks are done
    mine = {f"mark-{keys[0]}": "said", f"mark-{keys[1]}": "said"}
    ann.post(f"{address}/ticks", data={"q": "1", "id": uid, "grade": "4", **mine})
    assert "1 of 2 ticks agree; the 1 others are marked" in ann.get(f"{address}/report").text
    assert "Your partner: missed." in ann.get(f"{address}?q=1").text
    # The round is over, and the link with it.
    for dead in (
        partner.get(link),
        partner.get(f"{link}/state"),
        partner.post(f"{link}/marks", data={"q": "1", **marks}),
    ):
        assert dead.status_code == 404
        assert "leads nowhere any more" in dead.text


def test_a_preview_joins_nobody_and_the_first_browser_wins(site: Practice, ann: FlaskClient) -> None:
    link = link_of(ann, begin(ann))
    for _ in range(3):
        assert site.client().get(link).status_code == 200
        assert site.client().get(f"{link}/state").status_code == 403
        assert site.client().post(f"{link}/marks", data={"q": "1", "mark-x": "said"}).status_code == 403
    first, second = site.client(), site.client()
    first.post(f"{link}/join")
    late = second.post(f"{link}/join")
    assert late.status_code == 403
    assert "joined by this link already" in late.text
    assert second.get(link).status_code == 403
    assert first.get(f"{link}/state").status_code == 200


def test_a_link_ends_when_it_is_late_taken_back_or_replaced(site: Practice, ann: FlaskClient) -> None:
    address = begin(ann)
    old = link_of(ann, address)
    partner = site.client()
    partner.post(f"{old}/join")
    new = link_of(ann, address)
    assert partner.get(f"{old}/state").status_code == 404
    partner.post(f"{new}/join")
    assert "Your partner has joined." in ann.get(address).text
    revoked = ann.post(f"{address}/partner", data={"q": "1", "what": "revoke"})
    assert "taken back" in revoked.text
    assert partner.get(new).status_code == 404
    last = link_of(ann, address)
    site.later(4 * HOUR)
    assert site.client().get(last).status_code == 404
    assert site.client().get("/practice/with/nonsense").status_code == 404


def test_a_link_shows_its_secret_once_and_is_stored_as_a_hash(site: Practice, ann: FlaskClient) -> None:
    address = begin(ann)
    secret = link_of(ann, address).rpartition("/")[2]
    assert secret not in ann.get(address).text
    stored = [
        value
        for table in ("partner_link",)
        for row in site.services.database.all(f"SELECT * FROM {table}")
        for value in row
    ]
    assert not any(secret in str(value) for value in stored)


def test_no_link_after_the_end(ann: FlaskClient) -> None:
    address = begin(ann)
    ann.post(f"{address}/finish")
    assert ann.post(f"{address}/partner", data={"q": "1", "what": "make"}).status_code == 422


# --- the API


def test_a_round_over_the_api(site: Practice) -> None:
    learner = site.learner()
    token = {"Authorization": f"Bearer {site.services.accounts.create_token(learner, 'laptop')}"}
    client, uid = site.app.test_client(), new_id()
    body = {"id": uid, "kind": "one", "decks": ["ml/concepts/pca.md"]}
    made = client.post("/api/v1/rounds", json=body, headers=token)
    assert (made.status_code, made.headers["Location"]) == (201, f"/api/v1/rounds/{uid}")
    assert client.post("/api/v1/rounds", json=body, headers=token).status_code == 200
    (question,) = made.json["questions"]
    assert (question["points"], question["follow_ups"], "answer" in question) == ([], [], False)
    answers = f"/api/v1/rounds/{uid}/answers"
    given = {"id": new_id(), "question": question["card"], "took_ms": 61_000, "text": "I say."}
    first = client.post(answers, json=given, headers=token)
    assert (first.status_code, first.headers["Location"]) == (201, f"{answers}/{given['id']}")
    assert client.post(answers, json=given, headers=token).status_code == 200
    assert client.post(answers, json={**given, "text": "Other."}, headers=token).status_code == 409
    assert "explained here" in first.json["answer"]["answer_html"]
    points = [point["point"] for point in first.json["points"]]
    follow = first.json["follow_ups"][0]["point"]
    ticks = {
        "points": [{"point": point, "mark": "said"} for point in points],
        "follow_ups": [{"point": follow, "text": "Then I sample.", "mark": "partly"}],
    }
    ticked = client.patch(f"{answers}/{given['id']}", json=ticks, headers=token)
    assert ticked.json["answer"]["proposed"] == 4
    graded = client.patch(f"{answers}/{given['id']}", json={"grade": 4}, headers=token)
    assert (graded.json["answer"]["grade"], graded.json["answer"]["closed"]) == (4, True)
    assert client.patch(f"{answers}/{given['id']}", json={"grade": 1}, headers=token).status_code == 409
    assert client.get(f"/api/v1/rounds/{uid}", headers=token).json["state"] == "finished"
    assert client.post(f"/api/v1/rounds/{uid}/finish", headers=token).status_code == 200
    (line,) = client.get("/api/v1/rounds", headers=token).json["items"]
    assert line["points"] == {"said": 4, "partly": 0, "missed": 0, "unmarked": 0}
    assert client.delete(f"/api/v1/rounds/{uid}", headers=token).status_code == 204
    assert client.get(f"/api/v1/rounds/{uid}", headers=token).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "chess"}, "kind"),
        ({"kind": "one", "minutes": 500}, "minutes"),
        ({"kind": "one", "level": "boss"}, "level"),
        ({"kind": "one", "decks": "all"}, "decks"),
        ({"kind": "one", "id": "x"}, "id"),
        ({"kind": "coding", "level": "senior"}, "kind"),
    ],
)
def test_rounds_that_the_api_refuses_name_the_field(ann: FlaskClient, body: dict[str, object], field: str) -> None:
    refused = ann.post("/api/v1/rounds", json=body)
    assert (refused.status_code, refused.json["field"]) == (422, field)


def test_what_the_api_does_not_find(site: Practice, ann: FlaskClient) -> None:
    learner = site.services.accounts.find("Ann")
    round_ = site.services.practice.begin(learner, Wish(kind="one")).round
    answers = f"/api/v1/rounds/{round_.id}/answers"
    assert ann.post(answers, json={"id": new_id(), "question": "999999"}).status_code == 404
    assert ann.patch(f"{answers}/{new_id()}", json={}).status_code == 404
    assert ann.get(f"/api/v1/rounds/{new_id()}").status_code == 404
    assert ann.post("/api/v1/rounds", json={"kind": "one", "card": "999999"}).status_code == 404
    assert ann.post("/api/v1/rounds", json={"kind": "one", "again": new_id()}).status_code == 404
