"""Faults in cards that learners report, and what authors answer."""

from __future__ import annotations

from flashcards.clock import Clock
from flashcards.domain.ids import CardId, LearnerId
from flashcards.errors import Conflict, Invalid
from flashcards.services.accounts.people import Learner
from flashcards.services.review.facade import ReviewService
from flashcards.services.review.incoming import checked_uuid
from flashcards.storage.cards import CardRows
from flashcards.storage.database import Database
from flashcards.storage.proposals import Fault as Fault
from flashcards.storage.proposals import ProposalRows

LONGEST = 2_000
"""Characters of a remark, and of its answer."""
MOST_OPEN = 50
"""Remarks of one learner that wait for an author."""
SHOWN = 100


class FaultService:
    """Remarks on notes: made by learners, seen to by authors."""

    def __init__(self, database: Database, clock: Clock, review: ReviewService) -> None:
        self._db = database
        self._clock = clock
        self._review = review
        self._rows = ProposalRows(database)
        self._cards = CardRows(database)

    def report(self, learner: Learner, card_id: str, remark: str, id: str) -> None:
        """Stores what a learner says is wrong with a card's note; the same id again changes nothing.

        Raises Invalid (nothing is said, or too much), NotFound, and Conflict where too many of them wait.
        """
        words, uid = _checked(remark, "remark"), checked_uuid(id)
        if not words:
            raise Invalid("Say what is wrong with the card.", field="remark")
        card = self._review.card(learner, card_id)
        with self._db.write():
            record = self._cards.cards(learner.id, [CardId(int(card.id))])[CardId(int(card.id))]
            if self._rows.open_of(learner.id) >= MOST_OPEN:
                raise Conflict(f"{MOST_OPEN} of your reports wait for an author: tell them so before you make more.")
            self._rows.add_remark(learner.id, uid, record.note_id, record.revision, words, self._clock())

    def of_card(self, learner: Learner, card_id: str) -> tuple[Fault, ...]:
        """What the learner has reported of a card's note, with the answers; raises NotFound."""
        card = self._review.card(learner, card_id)
        with self._db.read():
            note = self._cards.cards(learner.id, [CardId(int(card.id))])[CardId(int(card.id))].note_id
            return tuple(self._rows.of_note(learner.id, note))

    def open(self) -> tuple[Fault, ...]:
        """For authors: what nobody has answered yet, the oldest first."""
        with self._db.read():
            return tuple(self._rows.open(SHOWN))

    def answer(self, author: Learner, learner: LearnerId, id: str, words: str) -> None:
        """An author has seen to a report, and may say so in words. Repeatable; raises Invalid."""
        said = _checked(words, "answer")
        with self._db.write():
            self._rows.answer(learner, checked_uuid(id), said, author.id, self._clock())


def _checked(text: str, field: str) -> str:
    words = " ".join(text.split())
    if len(words) > LONGEST:
        raise Invalid(f"This is {len(words):,} characters long; at most {LONGEST:,} are kept.", field=field)
    return words
