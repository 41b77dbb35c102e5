"""The page that shows the built-in decks shows them as they are."""

from __future__ import annotations

from tests.decks.map import PAGE, TRACKS, page, rows


def test_the_page_is_what_the_decks_say() -> None:
    """`python -m tests.decks.map` writes it anew."""
    assert PAGE.read_text("utf-8") == page()


def test_every_deck_has_a_track_and_every_track_its_decks() -> None:
    decks = [deck for _, folder in rows() for deck in folder]

    assert len(decks) == 92
    assert [title for title, _, tracks in decks if not tracks] == []
    assert all(sum(track in tracks for _, _, tracks in decks) >= 25 for track in TRACKS)
