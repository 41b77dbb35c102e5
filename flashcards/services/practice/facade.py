"""Practice, in parts that each have a module: what a learner does in a round, reads over rounds,
and the partner who listens."""

from __future__ import annotations

from flashcards.services.practice.partner import Partners
from flashcards.services.practice.reports import Reports
from flashcards.services.practice.rounds import Rounds


class PracticeService(Rounds, Reports, Partners):
    """Everything about rounds: `PracticeService(database, clock, review)`."""
