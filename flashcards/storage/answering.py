"""All that an answer begins with, in one look: it is the hottest write there is, and each query has its price."""

from __future__ import annotations

from typing import Any, NamedTuple

from peewee import JOIN, fn

from flashcards.domain.ids import CardId, LearnerId
from flashcards.domain.study_day import Day
from flashcards.storage import models
from flashcards.storage.database import Database
from flashcards.storage.memory import FIT_COLUMNS, MEMORY_COLUMNS, CardMemory, InForce, in_force_of, is_memory
from flashcards.storage.models import Card, FsrsParameters, LearnerFit, LearnerScheduler, LearnerState, Note, Review
from flashcards.storage.prepared import Query, prepared
from flashcards.storage.reviews import CARD_COLUMNS, CardRow, card_row, is_schedule


class Beginning(NamedTuple):
    """What an answer finds, before it does anything.

    `seq` is the end of the learner's log, `latest` the latest study day in it, `repeats` whether a row of it has the
    answer's id. `force` is what predicts, `chose` whether the learner ever chose a scheduler, `memory` what is stored
    of the card.
    """

    card: CardRow
    repeats: bool
    seq: int
    latest: Day | None
    force: InForce
    chose: bool
    memory: CardMemory | None

    @property
    def memory_is_known(self) -> bool:
        """Whether `memory` says all of the card's log: None then means that it was never answered."""
        if self.memory is None:
            return not self.card.stored
        return self.memory.parameters == self.force.name

    def has_answers_since(self, day: Day) -> bool:
        """Whether the card may have been answered on a study day or later, so far as this tells without the log."""
        return not self.memory_is_known or (self.memory is not None and self.memory.last_on >= day)


@prepared
def _beginning(learner: LearnerId, card: CardId, uid: str) -> Query:
    fit, log = LearnerFit.alias(), Review.alias()
    last_fit = fit.select(fn.max(fit.number)).where(fit.learner == learner, fit.taken == 1)
    same = log.select(log.seq).where(log.learner == learner, log.uid == uid)
    end = LearnerState.select(LearnerState.last_seq).where(LearnerState.learner == learner)
    day = Review.select(fn.max(Review.study_day)).where(Review.learner == learner)
    chose = LearnerScheduler.select(LearnerScheduler.folder).where(LearnerScheduler.learner == learner)
    schedule, memory = models.Schedule, models.Memory
    looked_up: tuple[Any, ...] = (fn.EXISTS(same), end, day, fn.EXISTS(chose))
    return (
        Card.select(*looked_up, *FIT_COLUMNS, *MEMORY_COLUMNS, *CARD_COLUMNS)
        .join(Note)
        .join(schedule, JOIN.LEFT_OUTER, on=is_schedule(learner, Card.id))
        .join(memory, JOIN.LEFT_OUTER, on=is_memory(learner, Card.id))
        .join(LearnerFit, JOIN.LEFT_OUTER, on=(LearnerFit.learner == learner) & (LearnerFit.number == last_fit))
        .join(FsrsParameters, JOIN.LEFT_OUTER, on=FsrsParameters.name == LearnerFit.parameters)
        .where(Card.id == card)
    )


_FIT = slice(4, 4 + len(FIT_COLUMNS))
_MEMORY = slice(_FIT.stop, _FIT.stop + len(MEMORY_COLUMNS))


def beginning(database: Database, learner: LearnerId, card: CardId, uid: str) -> Beginning | None:
    """What an answer with the id `uid` to a card begins with; None where there is no such card.

    Within the caller's transaction.
    """
    row = _beginning.one(database, learner, card, uid)
    if row is None:
        return None
    memory = row[_MEMORY]
    return Beginning(
        card_row(card, row[_MEMORY.stop :]), bool(row[0]), row[1] or 0, row[2], in_force_of(*row[_FIT]), bool(row[3]),
        None if memory[0] is None else CardMemory(*memory),
    )  # fmt: skip
