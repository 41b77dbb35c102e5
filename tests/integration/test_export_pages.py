"""Export from the page and from the API."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from flashcards.errors import TooMany, Unavailable
from flashcards.services.anki.importing import import_decks
from flashcards.services.upkeep.long_work import KEPT_MS, MOST_OF_ONE, LongWork, Work
from tests.integration.anki_packages import add, collection, export
from tests.integration.anki_world import Anki, rows_of
from tests.site import Site, open_site


def finished(client: FlaskClient, address: str) -> str:
    """The page when the work is done."""
    for _ in range(200):
        told = client.get(address.partition("?")[0] + "/progress").get_json()
        if told["state"] != "running":
            return client.get(address).get_data(as_text=True)
        time.sleep(0.05)
    raise AssertionError("it never ends")


def test_a_package_from_the_page(site: Site, tmp_path: Path) -> None:
    me = site.learner()
    client = site.client(me)
    page = client.get("/export").get_data(as_text=True)
    for told in ("one-time seed", "they are tagged, and stay", "appears as a new, empty one"):
        assert told in page
    answer = client.post("/export", data={"learner": me.id, "deck": "", "history": "on"})
    assert answer.status_code == 303
    assert "Download the package" in finished(client, answer.location)
    with client.get(answer.location.partition("?")[0] + "/flashcards.apkg") as file:
        assert file.headers["Content-Disposition"] == "attachment; filename=flashcards.apkg"
        assert file.headers["Cache-Control"] == "no-store"
        (tmp_path / "x.apkg").write_bytes(file.data)
    collection = Anki(tmp_path)
    log = collection.take(tmp_path / "x.apkg")
    assert log.new == site.services.decks.collection_state().notes
    collection.close()


def test_the_page_names_the_cards_that_stay_here(tmp_path: Path) -> None:
    with collection(tmp_path, "theirs") as opened:
        add(opened, "Basic", "Words", "q", "a")
        package = export(opened, tmp_path / "theirs.apkg", legacy=False)
    root = tmp_path / "decks"
    import_decks(package, root)
    deck = root / "words.md"
    deck.write_text(deck.read_text().replace("}\n", " .reversed}\n", 1))
    with open_site(tmp_path / "data", root) as site:
        site.services.sync.sync()
        me = site.learner()
        client = site.client(me)
        answer = client.post("/export", data={"learner": me.id, "deck": ""})
        assert "its reversed card can only be here" in finished(client, answer.location)


def test_a_deck_has_a_button_and_its_own_package(site: Site) -> None:
    client = site.client(site.learner())
    deck = site.services.decks.tree().decks[0].address if site.services.decks.tree().decks else ""
    folders = [folder.path for folder in site.services.decks.tree().folders]
    pages = ["/decks", *[f"/decks/{deck}"][: bool(deck)], *[f"/decks/{folder}/" for folder in folders]]
    for page in pages:
        assert "/export" in client.get(page).get_data(as_text=True), page
    assert client.get("/export?deck=no/such").status_code == 404
    assert client.post("/export", data={"deck": "no/such"}).status_code == 404


def test_what_is_another_learners_is_not_there(site: Site) -> None:
    one, other = site.learner("Ann"), site.learner("Bob")
    address = site.client(one).post("/export", data={}).location
    finished(site.client(one), address)
    assert site.client(other).get(address).status_code == 404
    assert site.client(other).get(address + "/flashcards.apkg").status_code == 404
    assert site.client().get("/export").status_code == 303


def test_the_api_gives_the_file(site: Site, tmp_path: Path) -> None:
    client = site.client(site.learner())
    answer = client.get("/api/v1/export.apkg?history=1")
    assert (answer.status_code, answer.mimetype) == (200, "application/apkg")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert "collection.anki2" in archive.namelist()
    path = tmp_path / "x.apkg"
    path.write_bytes(answer.data)
    assert rows_of(path, "SELECT count(*) FROM notes") == [(site.services.decks.collection_state().notes,)]
    assert client.get("/api/v1/export.apkg?deck=no/such").status_code == 404
    assert client.get("/api/v1/export.apkg?history=perhaps").get_json()["field"] == "history"
    described = json.loads(client.get("/api/v1/openapi.json").data)["paths"]["/api/v1/export.apkg"]["get"]
    assert list(described["responses"]["200"]["content"]) == ["application/apkg"]


# --- work that goes on ---------------------------------------------------------------------------------------


class Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


def wait(work: Work) -> Work:
    for _ in range(200):
        if work.state != "running":
            return work
        time.sleep(0.01)
    raise AssertionError("it never ends")


def test_work_that_fails_says_why(caplog: pytest.LogCaptureFixture) -> None:
    works = LongWork(Clock())

    def refuse(_folder: Path, _progress: Any) -> None:
        raise Unavailable("The disk is full.")

    def break_(_folder: Path, _progress: Any) -> None:
        raise ZeroDivisionError

    refused, broken = works.start(1, "export", refuse), works.start(1, "export", break_)
    assert (wait(refused).state, refused.error) == ("failed", "The disk is full.")
    assert (wait(broken).state, broken.error) == ("failed", "Something broke on the server; its log says more.")
    assert "ZeroDivisionError" in caplog.text
    works.close()


def test_old_results_go_and_so_do_their_files() -> None:
    clock = Clock()
    works = LongWork(clock)
    first = wait(works.start(1, "export", lambda folder, _: (folder / "file").write_text("x")))
    assert (first.folder / "file").exists()
    clock.now = KEPT_MS + 1
    wait(works.start(2, "export", lambda *_: None))
    assert not first.folder.exists()
    works.close()
    assert not first.folder.parent.exists()


def test_nobody_takes_all_the_turns() -> None:
    works = LongWork(Clock())
    go_on = threading.Event()
    for _ in range(MOST_OF_ONE):
        works.start(1, "export", lambda *_: go_on.wait())
    with pytest.raises(TooMany):
        works.start(1, "export", lambda *_: None)
    works.start(2, "export", lambda *_: None)
    go_on.set()
    works.close()
