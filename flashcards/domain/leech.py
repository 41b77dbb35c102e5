"""Leeches: cards that were forgotten so often that they should be rewritten."""

from __future__ import annotations

FIRST_LEECH = 8
NEXT_LEECH = 4


def is_leech(lapses: int) -> bool:
    """Whether a card is shown as a leech."""
    return lapses >= FIRST_LEECH


def becomes_leech(lapses: int) -> bool:
    """Whether this very lapse marks the card: the 8th, and then every 4th."""
    return is_leech(lapses) and (lapses - FIRST_LEECH) % NEXT_LEECH == 0
