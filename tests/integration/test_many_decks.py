"""One deck's page asks the database for that deck, however many others there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import NotFound
from flashcards.services.review.facade import DeckCounts
from flashcards.storage.database import Database
from tests.site import Site, open_site

DECK = "---\ntitle: {title}\n---\n\n## Question {n}?\n\nAnswer\n"


def write(decks: Path, count: int) -> None:
    for number in range(count):
        folder = decks / "many" / f"f{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"d{number}.md").write_text(DECK.format(title=f"Deck {number}", n=number))
    (decks / "many" / "_folder.yml").write_text("title: So many\n")


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[dict[int, Site]]:
    """A site with few decks and one with many."""
    found = {}
    opened = []
    for count in (7, 140):
        write(tmp_path / str(count) / "decks", count)
        made = open_site(tmp_path / str(count), decks=tmp_path / str(count) / "decks")
        site = made.__enter__()
        opened.append(made)
        site.services.sync.sync()
        found[count] = site
    yield found
    for made in opened:
        made.__exit__(None, None, None)


def rows_read(site: Site, address: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """How many rows a page takes from the database, and its text."""
    client = (
        site.client(site.learner("Ann"))
        if not site.services.accounts.learners()
        else site.client(site.services.accounts.find("Ann"))
    )
    client.get(address)
    taken = 0
    every = Database.all

    def counted(self: Database, sql: str, params: object = ()) -> list[tuple[object, ...]]:
        nonlocal taken
        rows = every(self, sql, params)  # type: ignore[arg-type]
        taken += len(rows)
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(Database, "all", counted)
        answer = client.get(address)
    assert answer.status_code == 200
    return taken, answer.text


def test_a_decks_page_reads_no_more_rows_where_there_are_more_decks(
    sites: dict[int, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, pages = zip(*(rows_read(site, "/decks/many/f3/d3", monkeypatch) for site in sites.values()), strict=True)
    assert counts[0] == counts[1]
    for page in pages:
        assert "1 card, 1 not seen yet. Today: 0 due, 1 new" in page
        assert ">So many</a>" in page
        assert ">F3</a>" in page


def test_a_folder_holds_what_is_below_it_and_nothing_of_its_neighbours(sites: dict[int, Site]) -> None:
    site = sites[140]
    ann, review, decks = site.learner("Ann"), site.services.review, site.services.decks
    folder = review.deck_list(ann, "many/f3")
    assert (folder.path, folder.title, folder.cards) == ("many/f3", "F3", 20)
    assert {it.path_address for it in folder.rows if isinstance(it, DeckCounts)} == {
        f"many/f3/d{number}" for number in range(3, 140, 7)
    }
    for nowhere in ("many/f", "many/f3/d3"):
        with pytest.raises(NotFound, match=nowhere):
            review.deck_list(ann, nowhere)
    whole = review.deck_list(ann, "many")
    assert (whole.title, whole.cards, whole.entries) == ("So many", 140, 7)
    assert decks.trail("many/f3/d3") == [("many", "So many"), ("many/f3", "F3")]
    assert [decks.title(place) for place in ("many", "many/f3", "many/f3/d3", "many/f", "")] == [
        "So many", "F3", "Deck 3", None, None,
    ]  # fmt: skip


def test_the_places_of_statistics_are_in_study_order(sites: dict[int, Site]) -> None:
    places = sites[7].services.decks.places()
    assert places[:3] == (("many", "So many/", 0), ("many/f0", "F0/", 1), ("many/f0/d0", "Deck 0", 2))
    assert len(places) == 1 + 7 + 7


def test_folders_as_deep_as_a_path_can_be(tmp_path: Path) -> None:
    deep = tmp_path / "decks" / Path(*["a"] * 400)
    deep.mkdir(parents=True)
    (deep / "d.md").write_text(DECK.format(title="Deep", n=1))
    with open_site(tmp_path, decks=tmp_path / "decks") as site:
        site.services.sync.sync()
        assert site.services.decks.tree().cards in {0, 1}  # reading may refuse it; showing must not fail
        assert site.client(site.learner("Ann")).get("/stats").status_code == 200
