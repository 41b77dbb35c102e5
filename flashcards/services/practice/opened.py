"""A stored round put together with its texts, answers, ticks and grades."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flashcards.clock import Clock
from flashcards.domain.card import card_key
from flashcards.domain.ids import CardId
from flashcards.domain.practice.rounds import Given, Question, Round, current, standing
from flashcards.domain.practice.rubric_ticks import proposed_grade, tally
from flashcards.domain.study_day import Day
from flashcards.errors import NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.practice.choosing import Choosing
from flashcards.services.practice.contract import Asked, OpenRound
from flashcards.services.review.facade import ReviewService
from flashcards.services.review.incoming import checked_uuid
from flashcards.storage.cards import CardRecord, CardRows
from flashcards.storage.database import Database
from flashcards.storage.practice import LinkedCard, MarkRow, PracticeRows

if TYPE_CHECKING:
    from flashcards.services.practice.model import Model

SELF, PARTNER, MODEL = "self", "partner", "model"


class OpenedRounds:
    """The stores of the practice service, and reads of single rounds."""

    def __init__(self, database: Database, clock: Clock, review: ReviewService, model: Model | None = None) -> None:
        self.model = model
        self._db = database
        self._clock = clock
        self._review = review
        self._rows = PracticeRows(database)
        self._cards = CardRows(database)
        self._choosing = Choosing(database, clock)

    def open(self, learner: Learner, round_id: str) -> OpenRound:
        """The round as it stands; raises NotFound."""
        with self._db.read():
            return self._opened(learner, self._round(learner, round_id), created=False)

    def linked(self, asked: Asked) -> dict[str, LinkedCard]:
        """The cards that teach the points of a question and answer its follow-ups, by id."""
        points = (*asked.question.points, *asked.question.follow_ups)
        found = self._rows.linked(CardId(int(point.card)) for point in points if point.card is not None)
        return {str(card): linked for card, linked in found.items()}

    def _today(self, learner: Learner) -> Day:
        return self._review.study_day(learner)

    def _round(self, learner: Learner, round_id: str) -> Round:
        found = self._rows.round(learner.id, checked_uuid(round_id))
        if found is None:
            raise NotFound("There is no such round.")
        return found

    def _opened(self, learner: Learner, round_: Round, *, created: bool) -> OpenRound:
        answers = self._rows.answers(learner.id, round_.id)
        last = standing(answers)
        ticks = self._rows.marks(learner.id, round_.id)
        marks = by_position(ticks)
        proofs = {(row.position, row.point): row.evidence for row in ticks if row.who == MODEL and row.evidence}
        grades = self._rows.grades(learner.id, [one.review_seq for one in answers if one.review_seq is not None])
        cards = [CardId(int(question.card)) for question in round_.questions]
        texts = self._cards.cards(learner.id, cards)
        records = self._rows.card_marks(learner.id, cards)
        questions = tuple(
            _asked(
                position,
                question,
                texts.get(CardId(int(question.card))),
                last.get(position),
                tuple(one for one in answers if one.position == position and one is not last.get(position)),
                marks.get(position, {}),
                grades,
                records.get(CardId(int(question.card)), {}),
                {
                    point.key: proofs[position, point.key]
                    for point in question.points
                    if (position, point.key) in proofs
                },
            )
            for position, question in enumerate(round_.questions)
        )
        return OpenRound(round_, created, questions, current(round_, answers))


def by_position(rows: Iterable[MarkRow]) -> dict[int, dict[str, dict[str, str]]]:
    """Marks by position, who, and point."""
    found: dict[int, dict[str, dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row.position, {}).setdefault(row.who, {})[row.point] = row.mark
    return found


def _asked(
    position: int,
    question: Question,
    card: CardRecord | None,
    given: Given | None,
    others: tuple[Given, ...],
    marks: dict[str, dict[str, str]],
    grades: dict[int, int],
    records: dict[str, list[str]],
    proofs: dict[str, str],
) -> Asked:
    of = tally(question.keys, marks.get(SELF, {}))
    seq = None if given is None else given.review_seq
    return Asked(
        position=position,
        question=question,
        card=question.card,
        key="" if card is None else card_key(card.deck_key, card.note_key, card.which),
        question_html="" if card is None else card.question_html,
        answer_html="" if card is None else card.answer_html,
        in_full_html="" if card is None else card.in_full_html,
        clarify_html=() if card is None else card.clarify_html,
        language="" if card is None else card.language,
        section=None if card is None else card.section,
        path="" if card is None else card.path,
        line=0 if card is None else card.line,
        removed=card is None or card.removed or card.draft,
        edited=card is not None and card.revision != question.revision,
        given=given,
        others=others,
        marks=marks,
        tally=of,
        grade=None if seq is None else grades.get(seq),
        proposed=proposed_grade(of),
        flag=0 if card is None else card.flag,
        proofs=proofs,
        records={point: tuple(found) for point, found in records.items()},
    )
