"""Reviewing: the queue, the answers, undo, and what is known of cards.

One service in three parts, each in a module of its own: the writes (`answers`), the day's queue (`queue`),
and reads of cards and of the log (`cards`).
"""

from __future__ import annotations

from flashcards.services.answers import Answers
from flashcards.services.cards import Cards
from flashcards.services.queue import Queues
from flashcards.services.review_values import (
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


class ReviewService(Answers, Queues, Cards):
    """Everything that a learner does with cards: `ReviewService(database, clock)`."""
