"""What a card says, word for word, so that a number computed in a test is held to the card that prints it."""

from __future__ import annotations

from tests.decks.test_facts import note_source


def said(deck: str, note: str, *texts: str) -> bool:
    """Whether the Markdown of a note, its lines joined, holds each of the texts."""
    source = " ".join(note_source(deck, note).split())
    missing = [text for text in texts if text not in source]
    assert missing == [], f"{deck}#{note}"
    return True
