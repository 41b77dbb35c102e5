"""The page that shows the built-in decks shows them as they are."""

from __future__ import annotations

import re
from collections import Counter

from flashcards.deckfiles.parse.card_rows import card_rows
from flashcards.deckfiles.parse.collection import load
from tests.decks.map import DECKS, PAGE, ROOT, TRACKS, page, rows


def test_the_page_is_what_the_decks_say() -> None:
    """`python -m tests.decks.map` writes it anew."""
    assert PAGE.read_text("utf-8") == page()


def test_every_deck_has_a_track_and_every_track_its_decks() -> None:
    decks = [deck for _, folder in rows() for deck in folder]

    assert len(decks) == 92
    assert [title for title, _, tracks in decks if not tracks] == []
    assert all(sum(track in tracks for _, _, tracks in decks) >= 25 for track in TRACKS)


def test_the_readme_counts_the_cards_as_they_are() -> None:
    table = re.findall(
        r"^\| \**([^|*]+?)\** \| \**(\d+)\** \| \**([\d,]+)\** \|", (ROOT / "README.md").read_text("utf-8"), re.M
    )
    told = {folder: (int(decks), int(cards.replace(",", ""))) for folder, decks, cards in table}
    files = load([DECKS], DECKS).files
    decks = Counter(file.parsed.deck.id.split("/")[1] for file in files)
    cards = Counter(str(row["deck"]).split("/")[1] for row in card_rows(files))

    assert told.pop("together") == (len(files), cards.total())
    assert sorted(told.values()) == sorted((decks[folder], cards[folder]) for folder in decks)
