"""Folders within folders have an end, whichever way they come in; what is stored opens."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.deckfiles.parse.find import MAX_LEVELS
from flashcards.errors import Invalid
from flashcards.services.accounts.facade import Learner
from flashcards.services.bring.decks import bring
from tests.integration.anki_packages import add, collection, export
from tests.site import DECKS, HOST, Site, copy_data, open_site

API = "/api/v1"
DEEP = "/".join(["a"] * 480)


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    """With a decks folder of its own, to be written in."""
    shutil.copytree(DECKS, tmp_path / "decks")
    with open_site(copy_data(prepared, tmp_path), tmp_path / "decks") as site:
        yield site


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann")


def opens(site: Site, ann: Learner) -> None:
    """Every page with a list of decks on it."""
    site.services.sync.sync()
    client = site.client(ann)
    for address in ("/", "/decks", "/browse", "/stats", "/export", "/settings"):
        assert client.get(address).status_code == 200, address


def test_in_the_editor_it_is_refused_by_name(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    body = {"path": f"{DEEP}/b.md", "source": "## Q?\n\nA\n", "version": ""}
    refused = client.put(f"{API}/source", json=body, headers={"Origin": HOST})
    assert (refused.status_code, refused.json["field"]) == (422, "path")
    for answer in (
        client.post("/new-deck", data={"path": f"{DEEP}/b", "title": "Deep"}),
        client.post("/decks/science/algebra/edit", data={"what": "move", "to": f"{DEEP}/b"}),
    ):
        assert answer.status_code == 422
        assert f"more than {MAX_LEVELS} levels deep" in answer.text
    assert not (site.config.decks / "a").exists()
    opens(site, ann)


def test_decks_of_anki_stand_together_in_the_last_folder(site: Site, ann: Learner, tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        add(opened, "Basic", "Deep", "deep?", "Yes.")
        # Anki refuses it today; collections of former years have such decks.
        opened.db.execute("UPDATE decks SET name = ? WHERE name = 'Deep'", "\x1f".join(["a"] * 40))
        package = export(opened, tmp_path / "deep.apkg", legacy=False)
    report = site.services.anki_import.bring(package, site.config.decks / "anki", ann)
    [file] = [name for name in report.files if name.endswith(".md")]
    assert file.count("/") < MAX_LEVELS
    assert [problem for problem in report.problems if problem.severity == "error"] == []
    opens(site, ann)
    assert [card.title for card in site.services.review.cards(ann, q="deep").items] == ["deep?"]


def test_of_a_source_of_decks_what_lies_too_deep_stands_in_the_last_folder(tmp_path: Path) -> None:
    deep = tmp_path / "source" / Path(*["a"] * 90)
    deep.mkdir(parents=True)
    (deep / "b.md").write_text("Q: deep?\nA: Yes.\n")
    (tmp_path / "source" / "c.md").write_text("Q: here?\nA: Yes.\n")
    report = bring("hashcards", tmp_path / "source", tmp_path / "into")
    written = [path.relative_to(tmp_path / "into").as_posix() for path in (tmp_path / "into").rglob("*.md")]
    assert sorted(path.count("/") for path in written) == [0, MAX_LEVELS - 1]
    assert report.notes == 2


def test_a_folder_so_deep_that_no_deck_in_it_is_read_is_refused(site: Site, ann: Learner, tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        add(opened, "Basic", "D", "q", "a")
        package = export(opened, tmp_path / "a.apkg", legacy=False)
    (tmp_path / "c.md").write_text("Q: here?\nA: Yes.\n")
    for depth, refused in ((MAX_LEVELS, True), (MAX_LEVELS - 1, False)):
        for kind, bring_in in (
            ("anki", lambda into: site.services.anki_import.bring(package, into, ann)),
            ("text", lambda into: site.services.bring.bring("hashcards", tmp_path / "c.md", into, ann)),
        ):
            into = site.config.decks / kind / Path(*["b"] * (depth - 1))
            if refused:
                with pytest.raises(Invalid, match="levels deep"):
                    bring_in(into)
                assert not (site.config.decks / kind).exists()
            else:
                bring_in(into)
    opens(site, ann)
    assert len(site.services.review.cards(ann, limit=500, q="deck:anki").items) == 1
    assert len(site.services.review.cards(ann, limit=500, q="deck:text").items) == 1
