"""How long the long form of an answer may be."""

from __future__ import annotations

from collections.abc import Iterator

from flashcards.deckfiles.parse.deck import Parsed
from flashcards.deckfiles.parse.parts import locate
from flashcards.deckfiles.text.positions import Issue, warning
from flashcards.deckfiles.text.words import spoken_words

MAX_WORDS = 1200


def long_forms(parsed: Parsed) -> Iterator[tuple[str, Issue]]:
    """The long forms of a file that are too long, each with its note's id."""
    for note in parsed.deck.notes:
        count = spoken_words(note.in_full) if len(note.in_full) > 2 * MAX_WORDS else 0
        if count > MAX_WORDS:
            message = f"'### In full' has {count:,} words; shorten it to {MAX_WORDS:,}"
            at = locate(parsed.places[note.id].parts["in_full"], 0)
            yield note.id, warning(at, "in-full-too-long", message)
