"""Reviewing: the queue, the answers, undo, and what is known of cards.

One service in three parts, each in a module of its own: the writes (`answers`), the day's queue (`queue`),
and reads of cards and of the log (`cards`).
"""

from __future__ import annotations

from flashcards.services.review.answers import Answers
from flashcards.services.review.card_lookup import Cards
from flashcards.services.review.contract import (
    Acted,
    Answer,
    Answered,
    CardState,
    DayCount,
    DeckCounts,
    LastAction,
    Left,
    LogRow,
    Page,
    Queue,
    QueueCard,
    Summary,
    Today,
    Undone,
)

__all__ = [
    "Acted",
    "Answer",
    "Answered",
    "CardState",
    "DayCount",
    "DeckCounts",
    "LastAction",
    "Left",
    "LogRow",
    "Page",
    "Queue",
    "QueueCard",
    "ReviewService",
    "Summary",
    "Today",
    "Undone",
]


class ReviewService(Answers, Cards):
    """Everything that a learner does with cards: `ReviewService(database, clock)`."""
