"""Reviewing: the queue, the answers, undo, and what is known of cards.

One service in parts, each in a module of its own: the writes (`answers`, `undo`), the day's queue (`queue`), reads
of cards and of the log (`card_lookup`), sets to study (`sets`), and saved searches (`saved_searches`).
"""

from __future__ import annotations

from flashcards.services.review.contract import (
    Acted,
    Answer,
    Answered,
    CardState,
    DayCount,
    DeckCounts,
    Found,
    LastAction,
    Left,
    LogRow,
    OpenSet,
    Page,
    Queue,
    QueueCard,
    StudySet,
    Summary,
    Today,
    Undone,
)
from flashcards.services.review.deck_list import DeckLists
from flashcards.services.review.saved_searches import SavedSearches
from flashcards.services.review.undo import Undo

__all__ = [
    "Acted",
    "Answer",
    "Answered",
    "CardState",
    "DayCount",
    "DeckCounts",
    "Found",
    "LastAction",
    "Left",
    "LogRow",
    "OpenSet",
    "Page",
    "Queue",
    "QueueCard",
    "ReviewService",
    "StudySet",
    "Summary",
    "Today",
    "Undone",
]


class ReviewService(Undo, SavedSearches, DeckLists):
    """Everything that a learner does with cards: `ReviewService(database, clock)`."""
