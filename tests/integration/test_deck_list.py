"""The pages of decks list as much as a page holds, whatever lies below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from flashcards.deckfiles.parse.find import MAX_LEVELS
from flashcards.services.accounts.facade import Learner
from flashcards.services.review import deck_list
from flashcards.services.review.deck_list import FolderEnd, ListedFolder
from flashcards.storage.database import Database
from tests.site import Site, open_site

DECK = "---\ntitle: {title}\n---\n\n## Question {n}?\n\nAnswer\n\n## Another {n}?\n\nAnswer\n"


def write(folder: Path, decks: int, first: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(first, first + decks):
        (folder / f"d{n:03}.md").write_text(DECK.format(title=f"Deck {n:03}", n=n))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """25 decks: one at the top, 4 and 2 in a folder of folders, 18 in another; a page holds 10 rows."""
    monkeypatch.setattr(deck_list, "MOST_ROWS", 10)
    decks = tmp_path / "decks"
    write(decks, 1)
    write(decks / "few" / "a", 4, 100)
    write(decks / "few" / "b", 2, 200)
    write(decks / "many", 18, 300)
    (decks / "many" / "_folder.yml").write_text("title: So many\n")
    with open_site(tmp_path, decks=decks) as opened:
        opened.services.sync.sync()
        yield opened


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann")


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


def names(page: str) -> list[str]:
    """What the list says, from above: decks, folders with what is in them, and in brackets folders that stay shut."""
    rows = re.findall(
        r'<li(?: class="off")?><span><a[^>]*>([^<]*)</a>|<summary><b[^>]*>([^<]*)</b>|<li class="shut[^>]*><span>'
        r"<a[^>]*><b[^>]*>([^<]*)</b>",
        page,
    )
    return [deck or folder or f"[{shut}]" for deck, folder, shut in rows]


def test_a_folder_that_has_no_room_leads_to_its_own_page(client: FlaskClient) -> None:
    page = client.get("/decks").text
    small = ["Deck 100", "Deck 101", "Deck 102", "Deck 103"]
    assert names(page) == ["Deck 000", "[Few]", "[So many]"]
    assert '<a href="/decks/many/"><b dir="auto">So many</b></a> <span class="sub">18 decks</span>' in page
    assert names(client.get("/decks/few/").text) == ["A", *small, "B", "Deck 200", "Deck 201"]


def test_a_long_folder_comes_in_parts(client: FlaskClient) -> None:
    first = client.get("/decks/many/").text
    assert names(first) == [f"Deck {n}" for n in range(300, 310)]
    assert "1 to 10 of 18" in first
    assert "36 cards" in first
    assert re.findall(r'rel="(next|prev)" href="([^"]*)"', first) == [("next", "/decks/many/?from=10")]
    second = client.get("/decks/many/?from=10").text
    assert names(second) == [f"Deck {n}" for n in range(310, 318)]
    assert re.findall(r'rel="(next|prev)" href="([^"]*)"', second) == [("prev", "/decks/many/?from=0")]
    for odd in ("99999999999999999999", "18", "-1", "x", "\u0663"):
        assert names(client.get(f"/decks/many/?from={odd}").text) == names(first)


def test_switching_a_deck_comes_back_to_its_part(client: FlaskClient) -> None:
    back = client.post("/decks/many/d312", data={"what": "off", "back": "many"}).location
    page = client.get(back).text
    assert names(page) == [f"Deck {n}" for n in range(310, 318)]
    assert 'aria-checked="false" aria-label="Deck 312: part of your reviews"' in page


def test_a_folder_sums_up_what_its_review_asks(site: Site, ann: Learner) -> None:
    review = site.services.review
    ann = site.services.accounts.save_settings(ann, new_per_day=5)
    review.set_deck_active(ann, "few/a/d100", False)
    rows = review.deck_list(ann, "few").rows
    folders = {row.title: row for row in rows if isinstance(row, ListedFolder)}
    assert {name: (it.cards, it.decks, it.on, it.today) for name, it in folders.items()} == {
        "A": (8, 4, 3, 5),
        "B": (4, 2, 2, 4),
    }
    for row in folders.values():
        assert row.today == len(review.queue(ann, deck=row.path).cards)
    decks = [row for row in rows if not isinstance(row, ListedFolder | FolderEnd)]
    assert decks == [it for it in review.deck_counts(ann) if it.path_address.startswith("few/")]


def test_new_cards_are_counted_no_further_than_a_day_takes(
    site: Site, ann: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A learner who has begun nothing has new cards in every deck: they are not counted for a folder's one number."""
    ann = site.services.accounts.save_settings(ann, new_per_day=4)
    asked = 0
    every = Database.each

    def counted(self: Database, sql: str, params: object = ()) -> object:
        nonlocal asked
        asked += 1
        return every(self, sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "each", counted)
    [*_, many] = (
        row for row in site.services.review.deck_list(ann).rows if isinstance(row, ListedFolder) and row.path == "many"
    )
    assert (many.today, many.shown) == (4, False)
    assert asked < 10


def test_there_is_no_list_where_there_is_no_folder(client: FlaskClient) -> None:
    for path in ("man", "many/d300/", "few/a/b", "nowhere"):
        answer = client.get(f"/decks/{path}")
        assert answer.status_code == 404
        assert f"There is no deck and no folder at {path.strip('/')}." in unescape(answer.text)


def test_a_tree_of_decks_as_deep_as_is_read(tmp_path: Path) -> None:
    deep = tmp_path / "decks" / Path(*["a"] * (MAX_LEVELS - 1))
    write(deep, 1)
    write(tmp_path / "decks" / "top", 1, 1)
    with open_site(tmp_path, decks=tmp_path / "decks") as site:
        site.services.sync.sync()
        client = site.client(site.learner("Ann"))
        for path in ("/", "/decks", "/decks/a/", "/decks/a/a/a/", "/decks/top/", "/stats", "/stats/memory"):
            assert client.get(path).status_code == 200
