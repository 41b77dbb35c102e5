"""What Today, the review, the plan, Statistics and Browse say of one thing is the same on each of them."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from flashcards.services.accounts.facade import Learner
from flashcards.web.shared.percent import percent
from tests.integration.test_a_day_gets_less import Clock, answer, page, words
from tests.integration.test_a_day_gets_less import ann as ann
from tests.integration.test_a_day_gets_less import client as client
from tests.integration.test_a_day_gets_less import clock as clock
from tests.integration.test_a_day_gets_less import site as site
from tests.site import Site


def main(client: FlaskClient, address: str) -> str:
    return words(page(client, address).main)


def reckoned(site: Site, ann: Learner) -> None:
    """What the plan brings is worked out: the page, which else waits two seconds for it, comes with it."""
    plans = site.services.plans
    plans.outlook(ann, plans.choice(plans.plans(ann)[0]))


def answered(client: FlaskClient, clock: Clock, *grades: int) -> None:
    for grade in grades:
        answer(client, clock, grade)


def test_minutes_left_are_the_same_in_review_and_on_today(client: FlaskClient, clock: Clock) -> None:
    for grade in (4, 1, 4, 3, 1, 5, 4):
        answer(client, clock, grade)
        review = re.findall(r"about (\d+) minutes left", words(page(client, "/review").select_one(".bar .line")))
        assert review == re.findall(r"(\d+) minutes left today", main(client, "/"))
        assert review


def test_what_each_card_takes_adds_up_to_the_day(client: FlaskClient, clock: Clock) -> None:
    """The page reckons on with what the server said of each card: without a word it says what Today says."""
    answered(client, clock, 1, 4)
    queue = client.get("/api/v1/queue?limit=500").get_json()
    assert {it["kind"] for it in queue["cards"]} == {"new", "drill"}
    assert abs(sum(it["seconds"] for it in queue["cards"]) - queue["seconds_left"]) <= 1


def test_without_a_plan_no_card_takes_of_its_day(site: Site) -> None:
    other = site.client(site.learner("Bob"))
    assert {it["seconds"] for it in other.get("/api/v1/queue").get_json()["cards"]} == {None}


def test_a_card_that_was_failed_today_is_not_known(client: FlaskClient, clock: Clock) -> None:
    def known() -> float:
        return float(client.get("/api/v1/memory").get_json()["known"]["recalled"])

    answered(client, clock, 4, 1, 4)
    assert known() == 2
    assert "Known today 2" in main(client, "/stats")
    while "to drill" in main(client, "/"):
        answer(client, clock, 4)
    assert known() == client.get("/api/v1/memory").get_json()["known"]["seen"]


def test_browse_says_what_is_to_drill(client: FlaskClient, clock: Clock) -> None:
    answered(client, clock, 4, 1, 3)
    found = main(client, "/browse?q=is:failed")
    assert "to drill today" in found
    assert "due tomorrow" not in found
    assert "1 card 1 to drill Study these 1" in found.replace(" move no date", "")
    assert "their dates stay" not in found


def test_what_is_not_due_is_said_alike_on_browse_and_in_its_set(client: FlaskClient, clock: Clock) -> None:
    answered(client, clock, 4, 4)
    found = page(client, "/browse?q=is:scheduled")
    assert "2 not due: their dates stay" in words(found.main)
    form = found.select_one("form.foundbar")
    given = {it["name"]: it["value"] for it in form.find_all("input", {"type": "hidden"})}
    reply = client.post("/study", data=given)
    assert "A set: what is not due keeps its date." in words(page(client, reply.location).select_one(".bar .line"))


def test_browse_says_how_to_study_some_of_it(client: FlaskClient) -> None:
    assert "To study some of these as a set, search for them" in main(client, "/browse")
    assert "To study some of these as a set" not in main(client, "/browse?q=coding")


def test_shares_are_not_all_or_nothing_while_something_is_left(client: FlaskClient, clock: Clock) -> None:
    answered(client, clock, 4)
    cards = words(page(client, "/stats").find(id="cards"))
    assert "New 399 over 99%" in cards
    assert "Young, under 21 days 1 under 1%" in cards
    assert "Suspended 0 0%" in cards
    assert [percent(share) for share in (0, 0.001, 0.5, 0.994, 0.9999, 1)] == [
        "0%", "under 1%", "50%", "99%", "over 99%", "100%"
    ]  # fmt: skip


def test_folders_without_work_say_why(client: FlaskClient, site: Site, clock: Clock) -> None:
    assert client.post("/welcome", data={"date": "2027-02-20", "minutes": "20", "round": "coding"}).status_code == 303
    assert "1 folder with nothing to do today: your plan leaves them out" in main(client, "/")
    other = site.client(site.learner("Bob", new_per_day=1))
    assert "1 folder with nothing to do today: nothing is due, and new cards come from other folders" in main(
        other, "/"
    )


def test_folders_whose_cards_are_done_are_not_called_passed_over(client: FlaskClient, clock: Clock) -> None:
    while "Nothing left for today." not in (said := main(client, "/")):
        answer(client, clock, 4)
        if "with nothing to do today" in said:
            assert "today: done, or today's minutes go to what gains more" in said
    assert "2 folders with nothing to do today Folder" in main(client, "/")


def test_minutes_are_chosen_in_one_way(client: FlaskClient) -> None:
    for address in ("/plan", "/welcome"):
        found = page(client, address)
        assert found.find(id="minutes").get("list") is None
        assert found.find("datalist") is None


def test_the_plan_goes_on_as_today_does(site: Site, ann: Learner, client: FlaskClient, clock: Clock) -> None:
    def buttons() -> list[str]:
        reckoned(site, ann)
        return [words(page(client, address).select_one("a.btn.p")) for address in ("/", "/plan")]

    assert buttons() == ["Start Enter", "Start Enter"]
    answered(client, clock, 4)
    assert buttons() == ["Go on Enter", "Go on Enter"]


def test_new_and_again_are_called_so_on_today_and_plan(
    site: Site, ann: Learner, client: FlaskClient, clock: Clock
) -> None:
    reckoned(site, ann)
    assert "asked again" not in main(client, "/plan").lower()
    answered(client, clock, 1)
    assert "Drill: failed or hard today, until it is right." in main(client, "/")


def test_by_plan_is_explained(client: FlaskClient) -> None:
    assert "Good says “by plan”" in main(client, "/help")
