"""A learner takes everything along, and leaves nothing behind."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.services.review.facade import Answer
from flashcards.storage import models
from tests.site import PASSWORD, Site, copy_data, open_site


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    with open_site(copy_data(prepared, tmp_path)) as site:
        yield site


def _studied(site: Site, name: str) -> int:
    learner = site.learner(name)
    for card in site.services.review.queue(learner, limit=3).cards:
        site.services.review.answer(learner, Answer(str(uuid.uuid4()), card.id, 4))
    return learner.id


def test_all_that_is_stored_of_oneself_and_of_nobody_else(site: Site, tmp_path: Path) -> None:
    _studied(site, "Ann")
    _studied(site, "Ben")
    ben = site.client(site.services.accounts.find("Ben"))
    response = ben.get("/settings/my-data.json", buffered=True)
    assert response.headers["Content-Disposition"] == "attachment; filename=flashcards.json"
    assert response.headers["Cache-Control"] == "no-store"
    document = json.loads(response.data)
    assert [learner["name"] for learner in document["learners"]] == ["Ben"]
    assert len(document["reviews"]) == 3
    assert b"password_hash" not in response.data
    with open_site(tmp_path / "new", tmp_path / "decks") as other:
        path = tmp_path / "mine.json"
        path.write_bytes(response.data)
        assert other.services.export.load_json(path).counts["reviews"] == 3


def test_leaving_needs_the_password_and_takes_everything(site: Site) -> None:
    ann, ben = _studied(site, "Ann"), _studied(site, "Ben")
    client = site.client(site.services.accounts.find("Ben"))
    refused = client.post("/settings/leave", data={"leave": "not it"})
    assert refused.status_code == 422
    assert "This is not your password." in refused.text
    assert site.services.accounts.find("Ben").id == ben
    gone = client.post("/settings/leave", data={"leave": PASSWORD})
    assert (gone.status_code, gone.location) == (303, "/login")
    assert gone.headers["Clear-Site-Data"] == '"cache"'
    assert client.get("/settings").status_code == 303
    database = site.services.database
    columns = [field for name in models.__all__ for field in getattr(models, name)._meta.sorted_fields]
    owned = {field.model._meta.table_name: field for field in columns if field.column_name == "learner_id"}
    assert {"review", "schedule", "session", "memory", "plan"} <= set(owned)
    for table, learner in owned.items():
        assert database.all(f"SELECT 1 FROM {table} WHERE learner_id = ?", (ben,)) == [], table
        if table == "audit":  # it outlives them, without the name
            assert database.all("SELECT 1 FROM audit WHERE name_then = 'Ben'") == []
            continue
        assert learner.on_delete == "CASCADE", f"what learners have in {table} outlives them"
    assert database.one("SELECT count(*) FROM review WHERE learner_id = ?", (ann,)) == (3,)


def test_the_last_administrator_of_others_stays(site: Site) -> None:
    _studied(site, "Ann")
    client = site.client(site.services.accounts.find("Ann"))
    _studied(site, "Ben")
    refused = client.post("/settings/leave", data={"leave": PASSWORD})
    assert refused.status_code == 409
    assert "the last administrator" in refused.text


@pytest.mark.parametrize("what", ["an answer", "a batch", "a search", "a page's form"])
def test_who_is_deleted_while_they_store_something_is_told_that_nothing_is_stored(site: Site, what: str) -> None:
    site.learner("Ann")
    ben = site.learner("Ben")
    client = site.client(ben)
    card = site.services.review.queue(ben, limit=1).cards[0].id
    answer = {"id": str(uuid.uuid4()), "card": card, "grade": 4}
    said: list[str] = []

    def delete() -> None:  # after it was found out who asks, and before anything is stored
        site.services.accounts.delete_learner("Ben")
        said.append("deleted")

    site.app.before_request_funcs.setdefault(None, []).append(delete)
    if what == "an answer":
        response = client.post("/api/v1/reviews", json=answer)
    elif what == "a batch":
        response = client.post("/api/v1/reviews/batch", json={"items": [answer]})
    elif what == "a search":
        response = client.put(f"/api/v1/searches/{uuid.uuid4()}", json={"name": "mine", "q": "is:due"})
    else:
        response = client.post("/searches", data={"id": str(uuid.uuid4()), "name": "mine", "q": "is:due"})
    assert said == ["deleted"]
    assert response.status_code == 401, response.text
    assert site.services.database.one("SELECT count(*) FROM review") == (0,)
    if response.is_json:
        assert response.json["detail"] == "Your account was deleted meanwhile; nothing was stored."
    else:
        assert "You are not logged in any more." in response.text
