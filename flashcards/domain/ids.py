"""The numbers of learners, decks, notes and cards: a type for each, so that none passes for another.

They are plain integers where they are stored and sent; mypy refuses a note's number where a card's is asked for. A
number from outside becomes one of them where it is looked at: in `storage/` for rows, in `card_number` for the card
that an address names.
"""

from __future__ import annotations

from typing import NewType

LearnerId = NewType("LearnerId", int)
DeckId = NewType("DeckId", int)
NoteId = NewType("NoteId", int)
CardId = NewType("CardId", int)

NO_LEARNER = LearnerId(0)
"""Nobody: no account has this number, so nothing that is a learner's own is found under it."""
