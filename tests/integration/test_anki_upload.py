"""The upload page: authors only, work in the background, a report; and the command line's way to the same."""

from __future__ import annotations

import io
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flashcards.cli.main import main
from flashcards.web.api.imports import IMPORT, REPORT
from tests.databases import settings_for
from tests.integration.anki_packages import add, answer_some, collection, export
from tests.integration.test_api import checked, problem
from tests.site import DECKS, Site, copy_data, open_site


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("anki")
    with collection(folder) as opened:
        add(opened, "Basic", "Tiere::Haus", "Katze", "cat")
        add(opened, "Cloze", "Tiere::Haus", "Der {{c1::Hund}} bellt")
        opened.decks.select(opened.decks.id("Tiere::Haus"))
        answer_some(opened, 1)
        return export(opened, folder / "tiere.apkg", legacy=False)


@pytest.fixture
def own_site(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    """A site whose decks may be written to."""
    shutil.copytree(DECKS, tmp_path / "decks")
    with open_site(copy_data(prepared, tmp_path), tmp_path / "decks") as made:
        yield made


def upload(client: FlaskClient, data: bytes, name: str = "tiere.apkg", **fields: str) -> TestResponse:
    form = {"into": "anki", "history": "on", **fields}
    return client.post("/import", data={**form, "file": (io.BytesIO(data), name)})


def finished(client: FlaskClient, response: TestResponse) -> str:
    """The page at the end of the work."""
    assert response.status_code == 303, response.text
    for _ in range(600):
        state = client.get(f"{response.location}/progress").get_json()["state"]
        if state != "running":
            return client.get(response.location).text
        time.sleep(0.05)
    raise AssertionError("the import does not end")


def test_an_author_brings_a_package_with_history(own_site: Site, package: Path) -> None:
    ann = own_site.learner()
    client = own_site.client(ann)
    assert "Import from Anki" in client.get("/import").text
    assert 'href="/import"' in client.get("/decks").text
    page = finished(client, upload(client, package.read_bytes()))
    assert "2 notes (2 cards) in 1 deck" in page
    assert "1 answer, 1 schedule" in page
    assert (own_site.config.decks / "anki/tiere/haus.md").exists()
    assert client.get("/decks/anki/tiere/haus").status_code == 200
    assert own_site.services.review.log(ann)[0].kind == "imported"
    again = finished(client, upload(client, package.read_bytes()))
    assert "No new notes, 0 answers, 0 schedules. 2 notes were here already" in " ".join(again.split())


def test_a_learner_may_not_upload(own_site: Site, package: Path) -> None:
    own_site.learner()
    bob = own_site.client(own_site.learner("Bob"))
    assert bob.get("/import").status_code == 403
    assert upload(bob, package.read_bytes()).status_code == 403
    assert 'href="/import"' not in bob.get("/decks").text
    assert not (own_site.config.decks / "anki").exists()


def test_another_author_does_not_see_the_work(own_site: Site, package: Path) -> None:
    client = own_site.client(own_site.learner())
    response = upload(client, package.read_bytes())
    finished(client, response)
    cleo = own_site.learner("Cleo")
    own_site.services.accounts.set_roles(cleo.id, author=True, admin=None, acting=None)
    assert own_site.client(cleo).get(response.location).status_code == 404


@pytest.mark.parametrize(
    "into", ["", "/", "../outside", "a/../../b", ".hidden", "_private", "a//b", "a\\b", "/etc/../.."]
)
def test_a_folder_that_is_none_is_refused(own_site: Site, package: Path, into: str) -> None:
    response = upload(own_site.client(own_site.learner()), package.read_bytes(), into=into)
    assert response.status_code == 422
    assert "Name a folder" in response.text


def test_a_refused_form_keeps_what_was_chosen(own_site: Site, package: Path) -> None:
    client = own_site.client(own_site.learner())
    form = client.get("/import").text
    assert 'name="history" checked' in form
    assert 'name="reschedule" checked' not in form
    data = {"into": "../x", "reschedule": "on", "file": (io.BytesIO(package.read_bytes()), "x.apkg")}
    refused = client.post("/import", data=data).text
    assert 'value="../x"' in refused
    assert 'name="history" checked' not in refused
    assert 'name="reschedule" checked' in refused


def test_a_wrong_file_is_refused_with_what_to_do(own_site: Site) -> None:
    client = own_site.client(own_site.learner())
    assert upload(client, b"x", "notes.txt").status_code == 422
    assert client.post("/import", data={"into": "anki"}).status_code == 422
    page = finished(client, upload(client, b"this is no package"))
    assert "This is no Anki package" in page
    assert not (own_site.config.decks / "anki").exists()


def test_the_command_line_brings_the_same(
    prepared: Path, tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(DECKS, tmp_path / "decks")
    data = copy_data(prepared, tmp_path)
    with open_site(data, tmp_path / "decks") as made:
        made.learner("Ann")
    for name, value in settings_for(data, tmp_path / "decks").items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main([*arguments])
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    code, out, err = run("import", "anki", str(package), "--into", str(tmp_path / "elsewhere"), "--user", "Ann")
    assert (code, out) == (2, "")
    assert "not below the decks folder" in err
    code, out, err = run(
        "import", "anki", str(package), "--into", str(tmp_path / "decks/anki"), "--user", "Ann", "--json"
    )
    report = json.loads(out)
    assert code == 0, err
    assert (report["notes"], report["history"]["reviews"]) == (2, 1)
    code, out, err = run("import", "anki", str(package), "--into", str(tmp_path / "decks/anki"), "--merge")
    assert (code, out) == (0, "")
    assert "0 notes edited in Anki, 0 conflicts, 2 the same" in err
    code, _, err = run("import", "anki", str(package), "--into", str(tmp_path / "decks"), "--apply")
    assert code == 2
    (tmp_path / "bad.apkg").write_bytes(b"nothing")
    code, _, err = run("import", "anki", str(tmp_path / "bad.apkg"), "--into", str(tmp_path / "decks/bad"))
    assert code == 1
    assert err.startswith("flashcards: This is no Anki package.")
    assert not (tmp_path / "decks/bad").exists()


def test_a_card_s_page_and_the_log_show_what_was_imported(own_site: Site, tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        note = add(opened, "Basic", "Deck", "Frage", "Antwort")
        opened.decks.select(opened.decks.id("Deck"))
        answer_some(opened, 1)
        opened.sched.set_due_date([note.cards()[0].id], "3")  # Anki logs this as a row without an answer
        file = export(opened, tmp_path / "x.apkg", legacy=True)
    ann = own_site.learner()
    client = own_site.client(ann)
    finished(client, upload(client, file.read_bytes()))
    log = own_site.services.review.log(ann)
    rows = [(row.kind, row.grade) for row in log]  # at night Anki's test mode tells the time of one row two hours off
    assert sorted(rows[:2], key=str) == [("imported", 1), ("imported", None)]
    assert rows[2:] == [("manual", None)]
    assert client.get(f"/cards/{log[0].card}").status_code == 200
    items = client.get("/api/v1/reviews").get_json()["items"]
    assert [item["kind"] for item in items] == ["imported", "imported", "manual"]
    refused = problem(client.delete(f"/api/v1/reviews/{items[0]['id']}"), 409)
    assert "another program's log" in refused["detail"]
    assert own_site.services.doctor.examine().ok


def test_a_program_brings_a_package(own_site: Site, package: Path) -> None:
    ann = own_site.learner()
    client = own_site.client(ann)
    sent = client.post("/api/v1/import?into=anki&history=1", data=package.read_bytes())
    assert (sent.status_code, checked(IMPORT, sent.json)["report"]) == (202, None)
    state = sent.json
    for _ in range(600):
        if (state := client.get(f"/api/v1/import/{sent.json['id']}").json)["state"] != "running":
            break
        time.sleep(0.05)
    report = checked(REPORT, checked(IMPORT, state)["report"])
    assert (report["notes"], report["cards"], report["files"]) == (2, 2, ["anki/_anki.json", "anki/tiere/haus.md"])
    assert report["history"]["reviews"] == 1
    assert len(own_site.services.review.cards(ann, q="deck:anki").items) == 2


def test_what_a_program_may_not_send(own_site: Site) -> None:
    ann, ben = own_site.learner(), own_site.learner("Ben")
    client = own_site.client(ann)
    problem(client.post("/api/v1/import", data=b"x"), 422, "into")
    problem(client.post("/api/v1/import?into=../x", data=b"x"), 422, "into")
    problem(client.post("/api/v1/import?into=a&history=yes", data=b"x"), 422, "history")
    problem(client.post("/api/v1/import?into=a", data=b""), 422, "body")
    problem(client.get("/api/v1/import/unheard"), 404)
    problem(own_site.client(ben).post("/api/v1/import?into=a", data=b"x"), 403)
    sent = client.post("/api/v1/import?into=a", data=b"no package")
    for _ in range(600):
        if (state := client.get(f"/api/v1/import/{sent.json['id']}").json)["state"] != "running":
            break
        time.sleep(0.05)
    assert (state["state"], state["report"]) == ("failed", None)
    assert state["error"]
