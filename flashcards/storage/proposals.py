"""What learners report of notes: reads and writes of proposals that are a remark alone.

Every method runs within the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from peewee import SQL, fn

from flashcards.domain.ids import LearnerId, NoteId
from flashcards.storage.database import Database
from flashcards.storage.models import Deck, Learner, Note, Proposal
from flashcards.storage.prepared import Query, inserting, prepared

_COLUMNS = (
    Proposal.learner, Proposal.id, Learner.name, Proposal.note, Note.title, Deck.path, Note.line, Proposal.remark,
    Proposal.at, Proposal.state, Proposal.answer,
)  # fmt: skip
_insert = inserting(
    Proposal, Proposal.learner, Proposal.id, Proposal.origin, Proposal.note, Proposal.base_revision, Proposal.remark,
    Proposal.state, Proposal.at, ignore=True,
)  # fmt: skip


def _remarks() -> Query:
    return (
        Proposal.select(*_COLUMNS)
        .join(Note, on=(Note.id == Proposal.note))
        .join(Deck, on=(Deck.id == Note.deck))
        .join(Learner, on=(Learner.id == Proposal.learner))
        .where(Proposal.text.is_null())
        .order_by(Proposal.at, Proposal.id)
    )


@prepared
def _open(most: int) -> Query:
    return _remarks().where(Proposal.state == "open").limit(most)


@prepared
def _open_of(learner: LearnerId) -> Query:
    return Proposal.select(fn.count(SQL("*"))).where(Proposal.learner == learner, Proposal.state == "open")


@prepared
def _of_note(learner: LearnerId, note: NoteId) -> Query:
    return _remarks().where(Proposal.learner == learner, Proposal.note == note)


@prepared
def _answer(learner: LearnerId, id_: str, words: str, author: LearnerId, at: int) -> Query:
    return Proposal.update(state="answered", answer=words, answered_by=author, answered_at=at).where(
        Proposal.learner == learner, Proposal.id == id_, Proposal.state == "open"
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """A remark on a note: whose, what it says, where the note stands, and what an author answered ("" for nothing)."""

    learner: LearnerId
    id: str
    name: str
    note: NoteId
    title: str
    path: str
    line: int
    remark: str
    at: int
    state: str
    answer: str | None


class ProposalRows:
    """Reads and writes of proposals."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add_remark(self, learner: LearnerId, id_: str, note: NoteId, revision: int, remark: str, at: int) -> None:
        """Stores a remark; one with the same id stays as it is."""
        _insert.run(self._db, learner, id_, "review", note, revision, remark, "open", at)

    def open(self, most: int) -> list[Fault]:
        """The remarks that nobody has answered, the oldest first."""
        return [Fault(*row) for row in _open.all(self._db, most)]

    def open_of(self, learner: LearnerId) -> int:
        """How many of a learner's remarks nobody has answered."""
        row = _open_of.one(self._db, learner)
        return int(row[0]) if row else 0

    def of_note(self, learner: LearnerId, note: NoteId) -> list[Fault]:
        """A learner's remarks on a note, the oldest first."""
        return [Fault(*row) for row in _of_note.all(self._db, learner, note)]

    def answer(self, learner: LearnerId, id_: str, words: str, author: LearnerId, at: int) -> None:
        """An author has seen to a remark."""
        _answer.run(self._db, learner, id_, words, author, at)
