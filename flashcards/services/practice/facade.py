"""Practice, in parts that each have a module: what a learner does in a round, and reads over rounds."""

from __future__ import annotations

from flashcards.services.practice.reports import Reports
from flashcards.services.practice.rounds import Rounds


class PracticeService(Rounds, Reports):
    """Everything about rounds: `PracticeService(database, clock, review)`."""
