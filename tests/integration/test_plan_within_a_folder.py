"""A plan about decks within a folder, made elsewhere, and tuned on its page, which weighs folders."""

from __future__ import annotations

from datetime import timedelta

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from flashcards.domain.study_day import date_of
from tests.site import Site

API = "/api/v1"


def fields_of(client: FlaskClient, where: str, form: str) -> MultiDict[str, str]:
    """What a browser would send."""
    found: MultiDict[str, str] = MultiDict()
    chosen = BeautifulSoup(client.get(where).text, "html.parser").select_one(form)
    assert chosen is not None
    for it in chosen.select("input"):
        if it.get("type") not in ("radio", "checkbox") or it.has_attr("checked"):
            found.add(str(it["name"]), str(it.get("value", "")))
    return found


def tuned(client: FlaskClient, **changes: str) -> dict[str, object]:
    """The plan, after its page was asked for other things and *Keep this* was pressed."""
    asked = fields_of(client, "/plan", "#tune")
    for name, value in changes.items():
        asked[name] = value
    address = client.get("/plan", query_string=asked).request.url
    client.post("/plan", data=fields_of(client, address, 'form[action="/plan"][method="post"]'))
    found: dict[str, object] = client.get(f"{API}/plan").json
    return found


def test_it_stays_about_them(site: Site) -> None:
    ann = site.learner()
    client = site.client(ann)
    day = str(date_of(site.services.review.study_day(ann)) + timedelta(14))
    decks = [it["address"] for it in client.get(f"{API}/decks").json["items"] if it["address"].startswith("science/")]
    assert len(decks) > 1
    about = [{"deck": decks[0], "weight": 3}]
    client.put(f"{API}/plan", json={"date": day, "minutes": 15, "about": about})
    found = tuned(client, minutes="20")
    assert (found["minutes"], found["about"]) == (20, about)
    of = found["known"]["of"]  # type: ignore[index]
    # A folder that is weighed comes in beside it; one that is left out goes.
    found = tuned(client, **{"weight-languages": "2"})
    assert found["about"] == [*about, {"deck": "languages", "weight": 2}]
    assert found["known"]["of"] > of  # type: ignore[index]
    assert tuned(client, **{"weight-languages": "0"})["about"] == about
    # Left out whole, the folder of the deck takes it along; weighed again, it is as all folders are.
    found = tuned(client, **{"weight-languages": "2", "weight-science": "0"})
    assert found["about"] == [{"deck": "languages", "weight": 2}]
