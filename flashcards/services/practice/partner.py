"""Somebody who listens: a link to one round, for one browser, until the round ends.

The link holds a secret of which we keep only the hash. Opening it changes nothing (chat programs look at links to show
a preview); joining is a press of a button, and the first browser that joins is the only one that may go on.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flashcards.domain.ids import CardId
from flashcards.domain.practice.rounds import Question, standing
from flashcards.domain.practice.rubric_ticks import MARKS
from flashcards.errors import Forbidden, Invalid, NotFound
from flashcards.services.accounts.hashed_secrets import secret_hash
from flashcards.services.accounts.people import Learner
from flashcards.services.practice.opened import PARTNER, OpenedRounds
from flashcards.storage.practice import Link, MarkRow

LASTS_MS = 4 * 3_600_000
_BYTES = 18
_DEAD = "This link leads nowhere any more: the round is over, or the link was taken back. Ask for a new one."


@dataclass(frozen=True, slots=True)
class LinkState:
    """A round's link as its learner sees it."""

    joined: bool
    expires_at: int


@dataclass(frozen=True, slots=True)
class Listening:
    """What the partner sees: the question that is on, its points, and the partner's own ticks on them.

    `answered` is whether the learner has said that they are done with it; `since` is when the question began.
    """

    kind: str
    position: int
    questions: int
    question: Question
    question_html: str
    language: str
    answered: bool
    since: int
    marks: dict[str, str]


class Partners(OpenedRounds):
    """Links, and what those who come by them may do."""

    def make_link(self, learner: Learner, round_id: str) -> str:
        """A new link's secret; an earlier link of the round is dead. Raises NotFound, and Invalid after the end."""
        secret = secrets.token_urlsafe(_BYTES)
        with self._db.write():
            round_ = self._round(learner, round_id)
            if round_.finished_at is not None:
                raise Invalid("This round is over: a partner can join the next one.")
            now = self._clock()
            self._rows.save_link(learner.id, round_.id, secret_hash(secret), now, now + LASTS_MS)
        return secret

    def revoke_link(self, learner: Learner, round_id: str) -> None:
        """Takes the link back. Repeatable; raises NotFound where there is no such round."""
        with self._db.write():
            self._rows.end_link(learner.id, self._round(learner, round_id).id, self._clock())

    def link(self, learner: Learner, round_id: str) -> LinkState | None:
        """The round's link, while it leads somewhere."""
        found = self._rows.link_of(learner.id, round_id)
        if found is None or not self._lives(found):
            return None
        return LinkState(found.joined_at is not None, found.expires_at)

    def may_join(self, secret: str) -> None:
        """Raises NotFound for a link that leads nowhere, Forbidden where somebody has joined by it."""
        link = self._link(secret)
        if link.joined_at is not None:
            raise Forbidden("Somebody has joined by this link already. Ask for a new one.")

    def join(self, secret: str) -> str:
        """Joins; gives the secret for the browser's cookie. Raises as `may_join`."""
        session = secrets.token_urlsafe(_BYTES)
        with self._db.write():
            self.may_join(secret)
            self._rows.join(self._link(secret), secret_hash(session), self._clock())
        return session

    def has_joined(self, secret: str, session: str | None) -> bool:
        """Whether this is the browser that joined by the link; raises NotFound where the link leads nowhere."""
        link = self._link(secret)
        return session is not None and link.session_hash == secret_hash(session)

    def listening(self, secret: str, session: str | None) -> Listening:
        """What is on now; raises NotFound and Forbidden."""
        with self._db.read():
            link = self._joined(secret, session)
            return self._listening(link)

    def partner_marks(self, secret: str, session: str | None, position: int, marks: dict[str, str]) -> Listening:
        """Stores the partner's ticks on a question. Raises Invalid, NotFound, Forbidden."""
        if any(mark not in MARKS for mark in marks.values()):
            raise Invalid(f"Give one of {', '.join(MARKS)}.", field="mark")
        with self._db.write():
            link = self._joined(secret, session)
            round_ = self._rows.round(link.learner, link.round)
            if round_ is None or not 0 <= position < len(round_.questions):
                raise NotFound("This round has no such question.")
            question = round_.questions[position]
            for point in question.keys:
                if point in marks:
                    row = MarkRow(round_.id, position, PARTNER, point, marks[point], self._clock(), None)
                    self._rows.save_mark(link.learner, question, row)
            return self._listening(link)

    def _link(self, secret: str) -> Link:
        link = self._rows.link(secret_hash(secret))
        if link is None or not self._lives(link):
            raise NotFound(_DEAD)
        return link

    def _joined(self, secret: str, session: str | None) -> Link:
        link = self._link(secret)
        if session is None or link.session_hash != secret_hash(session):
            raise Forbidden("Open the link and join first; it is for one browser alone.")
        return link

    def _lives(self, link: Link) -> bool:
        return link.ended_at is None and link.created_at - LASTS_MS <= self._clock() < link.expires_at

    def _listening(self, link: Link) -> Listening:
        round_ = self._rows.round(link.learner, link.round)
        if round_ is None:
            raise NotFound(_DEAD)
        answers = self._rows.answers(link.learner, link.round)
        last = standing(answers)
        open_ = [place for place in range(len(round_.questions)) if place not in last or last[place].closed_at is None]
        if not open_:
            raise NotFound(_DEAD)
        position = open_[0]
        question = round_.questions[position]
        card = self._cards.cards(link.learner, [CardId(int(question.card))]).get(CardId(int(question.card)))
        marks = {
            row.point: row.mark
            for row in self._rows.marks(link.learner, link.round)
            if row.who == PARTNER and row.position == position
        }
        return Listening(
            kind=round_.kind,
            position=position,
            questions=len(round_.questions),
            question=question,
            question_html="" if card is None else card.question_html,
            language="" if card is None else card.language,
            answered=position in last,
            since=max([round_.started_at, *(one.closed_at for one in answers if one.closed_at is not None)]),
            marks=marks,
        )
