"""Reviewing: the day's queue, answers and undo, cards and decks as learners see them, searches, statistics."""
